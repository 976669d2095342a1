import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { brokerCases } from './broker-cases.ts'
import { emulatedBroker } from './broker-emulated.ts'
import { type BrokerRecord, playBroker } from './broker-play.ts'

const recorded = JSON.parse(readFileSync(join(import.meta.dirname, 'broker-recorded.json'), 'utf8')) as Record<
  string,
  BrokerRecord
>

test.each(brokerCases.map((each, index) => [`${index + 1} ${each.name}`, each, `case-${index + 1}`] as const))(
  'our broker does what the real one did: %s',
  async (name, each, id) => {
    expect(await playBroker(each, id, emulatedBroker())).toEqual(recorded[name])
  },
)
