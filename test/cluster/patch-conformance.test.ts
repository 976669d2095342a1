import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Recorded } from '#test/conformance/patch/case.ts'
import { cases } from '#test/conformance/patch/cases.ts'
import { comparisons } from '#test/conformance/patch/check.ts'
import { connect, install, type Live, record } from '#test/conformance/patch/live.ts'
import { randomCases } from '#test/conformance/patch/random-cases.ts'
import { type ControlPlane, startControlPlane } from './control-plane.ts'

const { RECORD, SEED, SEQUENCES } = process.env
const seed = Number(SEED ?? 1)

let plane: ControlPlane
let live: Live
const recorded = new Map<string, readonly Recorded[]>()

beforeAll(async () => {
  plane = await startControlPlane({ hasControllers: false })
  live = connect(plane.adminKubeconfig)
  await install(live)
})

afterAll(async () => {
  await plane?.stop()
  if (RECORD !== '1' || recorded.size !== cases.length) return
  const lines = [...recorded].map(
    ([name, steps]) => `${JSON.stringify(name)}: [\n${steps.map((step) => JSON.stringify(step)).join(',\n')}\n]`,
  )
  writeFileSync(join(import.meta.dirname, '../conformance/patch/recorded.json'), `{\n${lines.join(',\n')}\n}\n`)
})

test.each(cases.map((each) => [each.name, each] as const))(
  'the emulator patches as the server: %s',
  async (name, each) => {
    const steps = await record(live, each)
    recorded.set(name, steps)
    for (const { step, ours, theirs } of comparisons(each, steps)) expect(ours, JSON.stringify(step)).toEqual(theirs)
  },
)

test.each(randomCases(seed, Number(SEQUENCES ?? 50)).map((each) => [each.name, each] as const))(
  `the emulator patches as the server, seed ${seed}: %s`,
  async (_, each) => {
    for (const { step, ours, theirs } of comparisons(each, await record(live, each))) {
      expect(ours, JSON.stringify({ seed, step, steps: each.steps })).toEqual(theirs)
    }
  },
)
