import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { cases } from '#test/conformance/eventing/cases.ts'
import { emulatedStage } from '#test/conformance/eventing/emulated.ts'
import { liveStage } from '#test/conformance/eventing/live.ts'
import type { Recorded } from '#test/conformance/eventing/mask.ts'
import { play } from '#test/conformance/eventing/play.ts'
import type { Stage } from '#test/conformance/eventing/stage.ts'
import { type ControlPlane, startControlPlane } from './control-plane.ts'

const { RECORD } = process.env

let plane: ControlPlane
let stage: Stage
const recorded = new Map<string, readonly Recorded[]>()

beforeAll(async () => {
  // The garbage collector would delete, sooner or later, what an owner is made up for.
  plane = await startControlPlane({ hasControllers: false })
  stage = await liveStage(plane)
})

afterAll(async () => {
  await plane?.stop()
  if (RECORD !== '1' || recorded.size !== cases.length) return
  const lines = [...recorded].map(
    ([name, requests]) => `${JSON.stringify(name)}: [\n${requests.map((each) => JSON.stringify(each)).join(',\n')}\n]`,
  )
  writeFileSync(join(import.meta.dirname, '../conformance/eventing/recorded.json'), `{\n${lines.join(',\n')}\n}\n`)
})

test.each(cases.map((each, index) => [`${index + 1} ${each.name}`, each] as const))(
  'our adapter sends what the real one sends: %s',
  async (name, each) => {
    const theirs = await play(each, stage)
    recorded.set(name, theirs)
    expect(await play(each, emulatedStage())).toEqual(theirs)
  },
)
