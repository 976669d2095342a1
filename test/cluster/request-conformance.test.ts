import { writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Case } from '../conformance/requests/case.ts'
import { cases } from '../conformance/requests/cases.ts'
import { differenceIn } from '../conformance/requests/compare.ts'
import { emulatedPort } from '../conformance/requests/emulated.ts'
import { install } from '../conformance/requests/fixtures.ts'
import { divergences, recorded, recordedFile } from '../conformance/requests/known.ts'
import { livePort } from '../conformance/requests/live.ts'
import type { Port } from '../conformance/requests/port.ts'
import { randomCases } from '../conformance/requests/random-cases.ts'
import { shrink } from '../conformance/requests/shrink.ts'
import { type Result, runAll } from '../conformance/requests/suite.ts'
import { type ControlPlane, startControlPlane } from './control-plane.ts'

const { RECORD, SEED, SEQUENCES } = process.env
const seed = Number(SEED ?? 1)
const sequences = Number(SEQUENCES ?? 200)

let plane: ControlPlane
let live: Port
let emulated: Port
let ours: ReadonlyMap<string, Result>
let theirs: ReadonlyMap<string, Result>

beforeAll(async () => {
  plane = await startControlPlane({ hasControllers: false })
  live = livePort(plane)
  emulated = emulatedPort()
  await Promise.all([install(live), install(emulated)])
  ours = await runAll(emulated, cases)
  theirs = await runAll(live, cases, { width: 8, before: ours })
  if (RECORD !== '1') return
  const lines = cases.map(({ name }) => `${JSON.stringify(name)}: ${JSON.stringify(theirs.get(name)?.masked)}`)
  writeFileSync(recordedFile, `{\n${lines.join(',\n')}\n}\n`)
})

afterAll(async () => {
  await live?.close()
  await emulated?.close()
  await plane?.stop()
})

describe('a running kube-apiserver answers as recorded', () => {
  test.each(cases.map(({ name }) => [name] as const))('%s', (name) => {
    expect(JSON.parse(JSON.stringify(theirs.get(name)?.masked))).toEqual(recorded()[name])
  })
})

test('the embedded server answers as the running one', () => {
  const known = new Set(divergences().map((each) => each.case))
  const found = cases.flatMap((each) => {
    const [mine, real] = [ours.get(each.name)?.masked, theirs.get(each.name)?.masked]
    return known.has(each.name) || !mine || !real ? [] : (differenceIn(each, mine, real) ?? [])
  })
  expect(found).toEqual([])
})

describe('random sequences', () => {
  let runs = 0
  const differ = async (all: readonly Case[]): Promise<readonly Case[]> => {
    runs += 1
    const mine = await runAll(emulated, all, { prefix: `q${runs}` })
    const real = await runAll(live, all, { prefix: `q${runs}`, width: 16, before: mine })
    return all.filter((each) => {
      const [a, b] = [mine.get(each.name)?.masked, real.get(each.name)?.masked]
      return a && b && differenceIn(each, a, b) !== undefined
    })
  }

  test(`${sequences} of them from seed ${seed} are answered alike`, { timeout: 1_800_000 }, async () => {
    const failing = await differ(randomCases(seed, sequences))
    const shrunk: string[] = []
    for (const each of failing.slice(0, 3)) {
      const { name, steps } = await shrink(each, async (fewer) => (await differ([fewer])).length > 0)
      shrunk.push(`${name}: ${JSON.stringify(steps)}`)
    }
    expect(shrunk, `SEED=${seed} SEQUENCES=${sequences}, ${failing.length} differ`).toEqual([])
  })
})
