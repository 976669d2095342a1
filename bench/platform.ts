import { spawn } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Figure } from './report.ts'

const root = fileURLToPath(new URL('../', import.meta.url))

/** What the figures were made of is kept here, of the last run. */
const RAW = join(root, 'build/bench-platform.json')

export type PlatformOptions = {
  /** How many objects from zero, and how many for warm functions; as many for the bare function. */
  readonly rounds: number
  /** How many at once, for the figures of memory. */
  readonly sessions: number
  readonly idleMinutes: number
}

/** What an event's way takes and costs on a real node with Knative and KEDA, which this brings up; needs root. */
export const platform = async ({ rounds, sessions, idleMinutes }: PlatformOptions): Promise<readonly Figure[]> => {
  const options = { rounds, sessions, 'idle-minutes': idleMinutes, out: RAW }
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, `${value}`])
  rmSync(RAW, { force: true })
  const code = await exitCodeOf([
    'test/platform/main.ts',
    'with',
    process.execPath,
    'bench/platform/inside.ts',
    ...args,
  ])
  if (existsSync(RAW)) process.stderr.write(`raw figures and samples: ${RAW}\n`)
  if (code !== 0) throw new Error(`the benchmark on the platform ended with code ${code}, before it had measured all`)
  return (JSON.parse(readFileSync(RAW, 'utf8')) as { figures: readonly Figure[] }).figures // inside.ts wrote it
}

const exitCodeOf = (args: readonly string[]): Promise<number> =>
  new Promise((resolve, reject) => {
    // Standard output is for the figures alone.
    const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 2, 2] })
    child.once('error', reject)
    child.once('exit', (code) => resolve(code ?? 1))
  })
