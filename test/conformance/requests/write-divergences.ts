import { readFileSync, writeFileSync } from 'node:fs'
import { cases } from './cases.ts'
import { differenceIn } from './compare.ts'
import { emulatedPort } from './emulated.ts'
import { install } from './fixtures.ts'
import { type Divergence, divergences, divergencesFile, page, recorded, withList } from './known.ts'
import { runAll } from './suite.ts'

// Writes down where the embedded server differs from the record, and the page that lists it. Why it does is for a person to write.
const port = emulatedPort()
await install(port)
const results = await runAll(port, cases)
await port.close()
const real = recorded()
const known = new Map(divergences().map((each) => [each.case, each.why]))
const found = cases.flatMap((each): Divergence[] => {
  const [ours, theirs] = [results.get(each.name)?.masked, real[each.name]]
  const difference = ours && theirs && differenceIn(each, ours, theirs)
  return difference ? [{ ...difference, why: known.get(each.name) ?? '' }] : []
})
writeFileSync(divergencesFile, `${JSON.stringify(found, null, 2)}\n`)
writeFileSync(page, withList(readFileSync(page, 'utf8'), found))
const unexplained = found.filter(({ why }) => why === '')
process.stdout.write(`${found.length} divergences\n${unexplained.map((each) => `no why: ${each.case}\n`).join('')}`)
