import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { DeliveryRecord } from './record.ts'

export const RECORD_FILE = join(import.meta.dirname, 'recorded.json')

/** Tests that what was played now is what was recorded on the platform. `played` is asked when they run. */
export const testSameDeliveries = (played: () => DeliveryRecord): void => {
  const recorded = JSON.parse(readFileSync(RECORD_FILE, 'utf8')) as DeliveryRecord // as test/platform/deliveries.test.ts wrote it

  test('events about the same objects to the same subscribers', () => {
    expect(Object.keys(played().heard)).toEqual(Object.keys(recorded.heard))
    expect(Object.keys(played().attempts)).toEqual(Object.keys(recorded.attempts))
  })

  test.each(Object.keys(recorded.heard))('what there is to hear of %s', (subject) => {
    expect(played().heard[subject]).toEqual(recorded.heard[subject])
  })

  test.each(Object.keys(recorded.attempts))('what comes to %s', (to) => {
    expect(played().attempts[to]).toEqual(recorded.attempts[to])
  })
}
