import { parseArgs } from 'node:util'
import { coldStart } from './cold-start.ts'
import { type Figure, reportOf } from './report.ts'

/** `npm run bench -- [<benchmark> ...] [--json]`: all of them, if none is named. Ends with code 1 where a goal is missed. */
const benchmarks: Readonly<Record<string, () => Promise<readonly Figure[]>>> = { 'cold-start': coldStart }

const { values, positionals } = parseArgs({ options: { json: { type: 'boolean' } }, allowPositionals: true })
const names = positionals.length > 0 ? positionals : Object.keys(benchmarks)
const unknown = names.filter((name) => !Object.hasOwn(benchmarks, name))
if (unknown.length > 0) {
  process.stderr.write(`no benchmark is named ${unknown.join(', ')}; there are ${Object.keys(benchmarks).join(', ')}\n`)
  process.exit(2)
}
for (const name of names) {
  const { text, exitCode } = reportOf((await benchmarks[name]?.()) ?? [], values.json ? 'json' : 'table')
  process.stdout.write(`${text}\n`)
  process.exitCode ||= exitCode
}
