import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { brokerCases } from '#test/conformance/eventing/broker-cases.ts'
import { emulatedBroker } from '#test/conformance/eventing/broker-emulated.ts'
import { liveBroker } from '#test/conformance/eventing/broker-live.ts'
import { type BrokerRecord, playBroker } from '#test/conformance/eventing/broker-play.ts'
import type { BrokerStage } from '#test/conformance/eventing/broker-stage.ts'
import { ensureComponents } from './binaries.ts'
import { broker } from './components.ts'
import { type ControlPlane, startControlPlane } from './control-plane.ts'

const { RECORD } = process.env

let plane: ControlPlane
let stage: BrokerStage
const recorded = new Map<string, BrokerRecord>()

beforeAll(async () => {
  plane = await startControlPlane()
  const paths = await ensureComponents(Object.values(broker))
  const path = ({ name }: { name: string }): string => paths.get(name) ?? ''
  const { ingress, filter, dispatcher } = broker
  stage = await liveBroker(plane, { dispatcher: path(dispatcher), filter: path(filter), ingress: path(ingress) })
})

afterAll(async () => {
  await plane?.stop()
  if (RECORD !== '1' || recorded.size !== brokerCases.length) return
  const lines = [...recorded].map(([name, record]) => `${JSON.stringify(name)}: ${JSON.stringify(record)}`)
  writeFileSync(
    join(import.meta.dirname, '../conformance/eventing/broker-recorded.json'),
    `{\n${lines.join(',\n')}\n}\n`,
  )
})

test.each(brokerCases.map((each, index) => [`${index + 1} ${each.name}`, each, `case-${index + 1}`] as const))(
  'our broker does what the real one does: %s',
  async (name, each, id) => {
    const theirs = await playBroker(each, id, stage)
    recorded.set(name, theirs)
    expect(await playBroker(each, id, emulatedBroker())).toEqual(theirs)
  },
)
