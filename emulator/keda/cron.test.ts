import { describe, expect, test } from 'vitest'
import { cronTriggerOf } from './cron.ts'
import cases from './cron-cases.json' with { type: 'json' }
import { plainCron } from './cron-fields.ts'

const at = (text: string): number => Date.parse(`${text}Z`)
const isActive = (start: string, end: string, time: string, timezone = 'UTC'): boolean =>
  cronTriggerOf({ start, end, timezone, desiredReplicas: '1' }).isActive(at(time))

describe('a cron trigger is active', () => {
  test.each([
    ['0 8 * * *', '0 18 * * *', '2026-01-05T07:59:59', false],
    ['0 8 * * *', '0 18 * * *', '2026-01-05T08:00:00', true],
    ['0 8 * * *', '0 18 * * *', '2026-01-05T17:59:59.900', true],
    ['0 8 * * *', '0 18 * * *', '2026-01-05T18:00:00', false],
    ['0 20 * * *', '0 4 * * *', '2026-01-05T02:00:00', true],
    ['0 20 * * *', '0 4 * * *', '2026-01-05T05:00:00', false],
    ['*/5 * * * *', '1-59/5 * * * *', '2026-01-05T10:05:30', true],
    ['*/5 * * * *', '1-59/5 * * * *', '2026-01-05T10:06:00', false],
    // Both next on the same minute.
    ['0 8 * * *', '0 8 * * *  ', '2026-01-05T07:00:00', true],
    // "Which comes next" and nothing else: from Friday 08:00 until Saturday 02:00, but of Monday it is the end that is far.
    ['0 8 * * 1-5', '0 2 * * 6', '2026-01-05T12:00:00', false],
    ['0 8 * * 1-5', '0 2 * * 6', '2026-01-09T12:00:00', true],
    // Of the day of the month and that of the week, either will do.
    ['0 8 13 * 5', '0 9 13 * 5', '2026-01-13T08:30:00', true],
    ['0 8 13 * 5', '0 9 13 * 5', '2026-01-09T08:30:00', true],
    ['0 8 30 2 *', '0 9 1 1 *', '2026-01-09T08:30:00', true],
    ['0 9 1 1 *', '0 8 30 2 *', '2026-01-09T08:30:00', false],
  ])('from %s until %s: at %s %s', (start, end, time, expected) => {
    expect(isActive(start, end, time)).toBe(expected)
  })

  test('by the clock of its timezone', () => {
    expect(isActive('0 8 * * *', '0 18 * * *', '2026-01-05T23:30:00', 'Asia/Tokyo')).toBe(true)
    expect(isActive('0 8 * * *', '0 18 * * *', '2026-01-05T23:30:00', 'Europe/Berlin')).toBe(false)
  })
})

test.each([
  ['*/15 * * * *', '0,15,30,45 * * * *'],
  ['5/20 ? * jan-Mar sun', '5,25,45 * * 1,2,3 0'],
  ['1-3,2,9 */1 1-31/10 12 MON-fri', '1,2,3,9 * 1,11,21,31 12 1,2,3,4,5'],
])('writes %s out', (expression, plain) => {
  expect(plainCron(expression)).toBe(plain)
})

test.each([
  ['', 'empty spec string'],
  ['@daily', 'parser does not accept descriptors: @daily'],
  ['* * * *', 'expected exactly 5 fields, found 4: [* * * *]'],
  ['* * * * 7', 'end of range (7) above maximum (6): 7'],
  ['* * 0 * *', 'beginning of range (0) below minimum (1): 0'],
  ['9-3 * * * *', 'beginning of range (9) beyond end of range (3): 9-3'],
  ['1-2-3 * * * *', 'too many hyphens: 1-2-3'],
  ['*/0 * * * *', 'step of range should be a positive number: */0'],
  ['1/2/3 * * * *', 'too many slashes: 1/2/3'],
  ['L * * * *', 'failed to parse int from L'],
])('refuses %s', (expression, message) => {
  expect(() => plainCron(expression)).toThrow(message)
})

// Answers of robfig/cron v3.0.1 with the comparison of KEDA 2.21 around it: start, end, timezone, time, active or error.
test('decides and refuses as the real one did', () => {
  const different = (cases as unknown as readonly [string, string, string, number, boolean | string][]).filter(
    ([start, end, timezone, time, real]) => {
      try {
        return cronTriggerOf({ start, end, timezone, desiredReplicas: '1' }).isActive(time) !== real
      } catch (error) {
        return (error as Error).message !== String(real).replace(/^(start|end):/, 'error parsing $1 schedule:')
      }
    },
  )
  expect(cases.length).toBeGreaterThan(100)
  expect(different).toEqual([])
})
