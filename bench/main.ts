import { parseArgs } from 'node:util'
import { coldStart } from './cold-start.ts'
import { emulator } from './emulator.ts'
import { platform } from './platform.ts'
import { type Figure, reportOf } from './report.ts'
import { manySessions } from './sessions.ts'

/**
 * `npm run bench -- [<benchmark> ...] [--json]`: all but `platform`, which needs root, if none is named. Ends with code 1 where a goal is
 * missed. `platform` takes `--rounds N`, `--sessions N` and `--idle-minutes N`.
 */
const benchmarks: Readonly<Record<string, (options: Options) => Promise<readonly Figure[]>>> = {
  'cold-start': coldStart,
  emulator,
  sessions: manySessions,
  platform: ({ rounds, sessions, 'idle-minutes': minutes }) =>
    platform({ rounds: Number(rounds), sessions: Number(sessions), idleMinutes: Number(minutes) }),
}
const byDefault = ['cold-start', 'emulator', 'sessions']

const options = {
  json: { type: 'boolean' },
  rounds: { type: 'string', default: '20' },
  sessions: { type: 'string', default: '100' },
  // Two windows of the sweeper, whenever it starts.
  'idle-minutes': { type: 'string', default: '10' },
} as const
const numbers = ['rounds', 'sessions', 'idle-minutes'] as const
type Options = Readonly<Record<(typeof numbers)[number], string>>

const usage = (message: string): never => {
  process.stderr.write(`${message}\n`)
  process.exit(2)
}
const readArguments = () => {
  try {
    return parseArgs({ options, allowPositionals: true })
  } catch (error) {
    return usage((error as Error).message)
  }
}

const { values, positionals } = readArguments()
for (const name of numbers)
  if (!/^[1-9]\d{0,3}$/.test(values[name])) usage(`--${name} is "${values[name]}", must be a whole number from 1 on`)
const names = positionals.length > 0 ? positionals : byDefault
const unknown = names.filter((name) => !Object.hasOwn(benchmarks, name))
if (unknown.length > 0)
  usage(`no benchmark is named ${unknown.join(', ')}; there are ${Object.keys(benchmarks).join(', ')}`)
for (const name of names) {
  const { text, missed, exitCode } = reportOf((await benchmarks[name]?.(values)) ?? [], values.json ? 'json' : 'table')
  process.stdout.write(`${text}\n`)
  for (const line of missed) process.stderr.write(`${line}\n`)
  process.exitCode ||= exitCode
}
