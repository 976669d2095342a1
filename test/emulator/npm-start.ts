import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const ROOT = join(import.meta.dirname, '../..')

/** A line of `npm start -- --json`. */
export type Told = { readonly what: string; readonly at: string } & Readonly<Record<string, unknown>>

export type Started = {
  readonly told: readonly Told[]
  /** The kubeconfig's path, once the control plane is up. */
  readonly ready: Promise<string>
  /** What it ended with; its error output where that was not 0. */
  readonly ended: Promise<{ readonly code: number | null; readonly stderr: string }>
  /** As Ctrl-C. */
  readonly stop: () => Promise<{ readonly code: number | null; readonly stderr: string }>
  readonly kill: (signal: NodeJS.Signals) => void
}

/** Starts what `npm start` starts, with `--json`. */
export const npmStart = (...args: readonly string[]): Started =>
  follow(
    spawn(process.execPath, [join(ROOT, 'cli/start.ts'), '--json', ...args], { stdio: ['ignore', 'pipe', 'pipe'] }),
  )

/** The same by npm itself. */
export const npmStartByNpm = (...args: readonly string[]): Started =>
  follow(spawn('npm', ['start', '-s', '--', '--json', ...args], { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] }))

const follow = (child: ChildProcess): Started => {
  const told: Told[] = []
  const ready = Promise.withResolvers<string>()
  let stderr = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk.toString()
  })
  if (child.stdout)
    createInterface({ input: child.stdout }).on('line', (line) => {
      const one = JSON.parse(line) as Told
      told.push(one)
      if (one.what === 'ready') ready.resolve(String(one['kubeconfig']))
    })
  const ended = once(child, 'exit').then(([code]) => {
    ready.reject(new Error(`it ended with ${code}: ${stderr}`))
    return { code: code as number | null, stderr }
  })
  ready.promise.catch(() => undefined)
  return {
    told,
    ready: ready.promise,
    ended,
    stop: () => {
      child.kill('SIGINT')
      return ended
    },
    kill: (signal) => void child.kill(signal),
  }
}
