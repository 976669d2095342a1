import { describe, expect, test } from 'vitest'
import { asked as askedInSecond } from './fixtures.ts'
import { covers, useOf, windowsIn } from './windows.ts'

const second = 1000
const minute = 60 * second
const who = { namespace: 'dormouse', name: 'sweeper' }

const asked = (at: number) => askedInSecond(at / second, 'sweeper')
const aLife = (from: number, to: number) => ({ name: 'sweeper-1', from, asked: undefined, to })

describe('the windows of a span', () => {
  test('are the ninety seconds from each full five minutes on', () => {
    expect(windowsIn({ from: minute * 4, to: minute * 14 }, 5)).toEqual([
      { from: minute * 5, to: minute * 6.5 },
      { from: minute * 10, to: minute * 11.5 },
    ])
  })

  test('are cut at its ends', () => {
    expect(windowsIn({ from: minute * 6, to: minute * 10 + 5 }, 5)).toEqual([
      { from: minute * 6, to: minute * 6.5 },
      { from: minute * 10, to: minute * 10 + 5 },
    ])
    expect(windowsIn({ from: minute * 6.5, to: minute * 10 }, 5)).toEqual([])
  })
})

describe('what a sweeper used', () => {
  const span = { from: minute * 4, to: minute * 9 }
  const windows = windowsIn(span, 5)
  const used = (audit: ReturnType<typeof asked>[], ...lives: ReturnType<typeof aLife>[]) =>
    useOf({ audit, lives }, who, { span, windows })

  test('is within its windows where it comes and goes in time', () => {
    expect(used([asked(minute * 5)], aLife(minute * 5, minute * 6.5))).toEqual({
      podSeconds: 90,
      requests: 1,
      outside: { podSeconds: 0, requests: 0 },
    })
  })

  test('is outside of them where it stays, or comes early', () => {
    const audit = [asked(minute * 5 - 1), asked(minute * 5), asked(minute * 6.5)]
    const early = aLife(minute * 5 - 10 * second, minute * 5)
    expect(used(audit, early, aLife(minute * 5, minute * 6.5 + 20 * second)).outside).toEqual({
      podSeconds: 30,
      requests: 2,
    })
  })

  test('is not to be known where a whole window passes without a request', () => {
    expect(() => used([asked(minute * 7)])).toThrow(
      'sweeper made no request in the window that began at 1970-01-01T00:05:00.000Z',
    )
  })

  test('may be nothing in a part of a window', () => {
    const part = { from: minute * 6, to: minute * 9 }
    expect(useOf({ audit: [], lives: [] }, who, { span: part, windows: windowsIn(part, 5) }).requests).toBe(0)
  })
})

test('nothing is counted from an audit log that begins too late, ends too early, or is empty', () => {
  const span = { from: minute, to: minute * 2 }
  expect(covers([asked(minute), asked(minute * 1.5)], span)).toBeUndefined()
  expect(() => covers([asked(minute + 1), asked(minute * 2)], span)).toThrow('begins after')
  expect(() => covers([asked(0), asked(minute * 1.5 - 1)], span)).toThrow('ends before')
  expect(() => covers([], span)).toThrow('begins after')
})
