import { parseArgs } from 'node:util'
import { coldStart } from './cold-start.ts'
import { emulator } from './emulator.ts'
import { type Figure, reportOf } from './report.ts'
import { manySessions } from './sessions.ts'

/** `npm run bench -- [<benchmark> ...] [--json]`: all of them, if none is named. Ends with code 1 where a goal is missed. */
const benchmarks: Readonly<Record<string, () => Promise<readonly Figure[]>>> = {
  'cold-start': coldStart,
  emulator,
  sessions: manySessions,
}

const usage = (message: string): never => {
  process.stderr.write(`${message}\n`)
  process.exit(2)
}
const readArguments = () => {
  try {
    return parseArgs({ options: { json: { type: 'boolean' } }, allowPositionals: true })
  } catch (error) {
    return usage((error as Error).message)
  }
}

const { values, positionals } = readArguments()
const names = positionals.length > 0 ? positionals : Object.keys(benchmarks)
const unknown = names.filter((name) => !Object.hasOwn(benchmarks, name))
if (unknown.length > 0)
  usage(`no benchmark is named ${unknown.join(', ')}; there are ${Object.keys(benchmarks).join(', ')}`)
for (const name of names) {
  const { text, exitCode } = reportOf((await benchmarks[name]?.()) ?? [], values.json ? 'json' : 'table')
  process.stdout.write(`${text}\n`)
  process.exitCode ||= exitCode
}
