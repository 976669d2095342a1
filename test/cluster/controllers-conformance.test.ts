import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { cases } from '#test/conformance/controllers/cases.ts'
import { compared } from '#test/conformance/controllers/compared.ts'
import type { Recorded } from '#test/conformance/controllers/record.ts'
import { replay } from '#test/conformance/controllers/replay.ts'
import { type ControlPlane, startControlPlane } from './control-plane.ts'
import { recordControllers } from './controllers-record.ts'
import { startNodeStandIn } from './node-stand-in.ts'

const { RECORD } = process.env

let plane: ControlPlane
let live: ReadonlyMap<string, Recorded>

beforeAll(async () => {
  plane = await startControlPlane()
  await startNodeStandIn(plane)
  live = await recordControllers(plane, cases)
  if (RECORD !== '1') return
  const entries = [...live].map(([name, { job, pods, events }]) => {
    const lines = (items: readonly unknown[]): string =>
      `[${items.map((each) => `\n    ${JSON.stringify(each)}`).join(',')}\n  ]`
    return `${JSON.stringify(name)}: {\n  "job": ${lines(job)},\n  "pods": ${lines(pods)},\n  "events": ${lines(events)}\n}`
  })
  writeFileSync(join(import.meta.dirname, '../conformance/controllers/recorded.json'), `{\n${entries.join(',\n')}\n}\n`)
})

afterAll(() => plane?.stop())

test.each(cases.map((each) => [each.name, each] as const))(
  'the emulator takes a Job the way of kube-controller-manager: %s',
  async (name, each) => {
    const seen = live.get(name)
    expect(compared(each, await replay(each))).toEqual(seen && compared(each, seen))
  },
)
