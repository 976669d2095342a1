import { accessSync, constants, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { withLock } from './lock.ts'

/** Where what is made once on a machine is kept: `$DORMOUSE_CACHE`, or ~/.cache/dormouse. */
export function cacheDirectory(): string {
  const { DORMOUSE_CACHE, XDG_CACHE_HOME } = process.env
  return DORMOUSE_CACHE ?? join(XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'dormouse')
}

export type Making = {
  /** `kubelet (3 of 7)`, as it is told to whoever waits. */
  readonly what: string
  /** `up to 120 s on 2 cores`. */
  readonly expectation: string
  /** Writes the file whole. */
  readonly make: (unfinished: string, onProgress: (seconds: number) => void) => Promise<void>
}

/** Makes `file` unless it is there, while no other process does, and tells how it goes on standard error. */
export async function makeOnce(file: string, { what, expectation, make }: Making): Promise<string> {
  if (existsSync(file)) return file
  mkdirSync(dirname(file), { recursive: true })
  return withLock(
    `${file}.lock`,
    () => say(`waiting for another process that makes ${what}`),
    async () => {
      if (existsSync(file)) return file
      const started = Date.now()
      say(`making ${what}, once on this machine: ${expectation}`)
      const unfinished = `${file}.${process.pid}`
      try {
        await make(unfinished, (seconds) => say(`still making ${what}, ${seconds} s so far`))
        renameSync(unfinished, file)
      } finally {
        rmSync(unfinished, { force: true })
      }
      say(`made ${what} in ${Math.round((Date.now() - started) / 1000)} s: ${file}`)
      return file
    },
  )
}

export function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

export function say(line: string): void {
  process.stderr.write(`real parts: ${line}\n`)
}
