import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { DeliveryRecord } from './record.ts'

export const RECORD_FILE = join(import.meta.dirname, 'recorded.json')

type Attempt = { readonly afterSeconds?: number }

/**
 * Tests that what was played now is what was recorded on the platform. `played` is asked when they run. An attempt never comes early; on a machine
 * that has other things to do it may come so many seconds late.
 */
export const testSameDeliveries = (played: () => DeliveryRecord, lateSeconds: number): void => {
  const recorded = JSON.parse(readFileSync(RECORD_FILE, 'utf8')) as DeliveryRecord // as test/platform/deliveries.test.ts wrote it

  test('events about the same objects to the same subscribers', () => {
    expect(Object.keys(played().heard)).toEqual(Object.keys(recorded.heard))
    expect(Object.keys(played().attempts)).toEqual(Object.keys(recorded.attempts))
  })

  test.each(Object.keys(recorded.heard))('what there is to hear of %s', (subject) => {
    expect(played().heard[subject]).toEqual(recorded.heard[subject])
  })

  test.each(Object.keys(recorded.attempts))('what comes to %s', (to) => {
    const expected = recorded.attempts[to] ?? []
    const got = played().attempts[to] ?? []
    expect(got.map(withoutDelay)).toEqual(expected.map(withoutDelay))
    for (const [i, late] of got.map((attempt, i) => delayOf(attempt) - delayOf(expected[i] ?? {})).entries()) {
      expect(late, `attempt ${i + 1}`).toBeGreaterThanOrEqual(0)
      expect(late, `attempt ${i + 1}`).toBeLessThanOrEqual(lateSeconds)
    }
  })
}

const delayOf = ({ afterSeconds = 0 }: Attempt): number => afterSeconds

const withoutDelay = ({ afterSeconds: _, ...rest }: Attempt): object => rest
