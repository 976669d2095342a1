import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Figure } from './report.ts'

const root = fileURLToPath(new URL('../', import.meta.url))

export type PlatformOptions = {
  /** How many sessions from zero, and how many with warm functions; as many of the bare function. */
  readonly rounds: number
  readonly idleMinutes: number
}

/** What an event's way takes and costs on a real node with Knative and KEDA, which this brings up; needs root. */
export const platform = async ({ rounds, idleMinutes }: PlatformOptions): Promise<readonly Figure[]> => {
  const directory = mkdtempSync(join(tmpdir(), 'dormouse-bench-'))
  try {
    const out = join(directory, 'figures.json')
    const inside = [
      'bench/platform/inside.ts',
      '--rounds',
      `${rounds}`,
      '--idle-minutes',
      `${idleMinutes}`,
      '--out',
      out,
    ]
    const code = await exitCodeOf(['test/platform/main.ts', 'with', process.execPath, ...inside])
    if (code !== 0) throw new Error(`the platform ended with code ${code}`)
    return (JSON.parse(readFileSync(out, 'utf8')) as { figures: readonly Figure[] }).figures // inside.ts wrote it
  } finally {
    rmSync(directory, { recursive: true })
  }
}

const exitCodeOf = (args: readonly string[]): Promise<number> =>
  new Promise((resolve, reject) => {
    // Standard output is for the figures alone.
    const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 2, 2] })
    child.once('error', reject)
    child.once('exit', (code) => resolve(code ?? 1))
  })
