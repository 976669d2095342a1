import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { DeliveryRecord } from './record.ts'
import { TIE } from './subscribers.ts'

export const RECORD_FILE = join(import.meta.dirname, 'recorded.json')

type Attempt = { readonly afterSeconds?: number; readonly headers?: object }

/**
 * Where others need the machine as well: how many seconds an attempt may seem to come too early or too late after the one before, and that a tie may
 * end either way.
 */
type Tolerance = { readonly early: () => number; readonly late: number; readonly isTieOpen: boolean }

/** Tests that what was played now is what was recorded on the platform. `played` is asked when they run. */
export const testSameDeliveries = (
  played: () => DeliveryRecord,
  { early, late, isTieOpen }: Tolerance = { early: () => 0, late: 0, isTieOpen: false },
): void => {
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
    const shown = isTieOpen && to === TIE ? withoutError : withoutDelay
    expect(got.map(shown)).toEqual(expected.map(shown))
    for (const [i, attempt] of got.entries()) {
      const difference = delayOf(attempt) - delayOf(expected[i] ?? {})
      expect(difference, `attempt ${i + 1}`).toBeGreaterThanOrEqual(-early())
      expect(difference, `attempt ${i + 1}`).toBeLessThanOrEqual(late)
    }
  })
}

const delayOf = ({ afterSeconds = 0 }: Attempt): number => afterSeconds

const withoutDelay = ({ afterSeconds: _, ...rest }: Attempt): object => rest

/** Nor what the broker says of why it gave up. */
const withoutError = ({ headers = {} }: Attempt): object =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith('ce-knativeerror')))
