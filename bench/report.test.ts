import { describe, expect, it, test } from 'vitest'
import { medianOf, ninthDecileOf, reportOf } from './report.ts'

const figure = { name: 'cold-start/f/time', value: 90, unit: 'ms', baseline: 30 }

describe('a report', () => {
  it('ends with code 0 where a ratio is exactly at its goal', () => {
    expect(reportOf([{ ...figure, goal: 3 }], 'table').exitCode).toBe(0)
  })

  it('ends with code 1 where one goal of several is missed, and says which', () => {
    const { text, missed, exitCode } = reportOf(
      [
        { ...figure, goal: 4 },
        { ...figure, name: 'cold-start/g/time', goal: 2.9 },
      ],
      'table',
    )
    expect(exitCode).toBe(1)
    expect(text.split('\n').filter((line) => line.endsWith('MISSED'))).toEqual([
      expect.stringContaining('cold-start/g/time'),
    ])
    expect(missed).toEqual(['missed: cold-start/g/time: 3.00 times its baseline, at most 2.90'])
  })

  it('counts a goal without a baseline as missed', () => {
    expect(reportOf([{ name: 'a', value: 1, unit: 'ms', goal: 2 }], 'table').exitCode).toBe(1)
  })

  it('holds a value to its own limit, with or without a baseline', () => {
    const exitCodeWith = (limit: number) => reportOf([{ ...figure, goal: 3, limit }], 'table').exitCode
    expect([exitCodeWith(90), exitCodeWith(89.9)]).toEqual([0, 1])
    expect(reportOf([{ name: 'a', value: 0.1, unit: 'requests', limit: 0 }], 'table').exitCode).toBe(1)
  })

  it('asks nothing of figures without a goal', () => {
    expect(reportOf([figure], 'table').exitCode).toBe(0)
  })

  it('is one JSON object a line, all with the same fields', () => {
    const { text } = reportOf(
      [
        { ...figure, goal: 2 },
        { name: 'a', value: 1, unit: 'MiB' },
      ],
      'json',
    )
    expect(text.split('\n').map((line) => JSON.parse(line))).toEqual([
      { name: 'cold-start/f/time', value: 90, unit: 'ms', baseline: 30, ratio: 3, goal: 2, limit: null, met: false },
      { name: 'a', value: 1, unit: 'MiB', baseline: null, ratio: null, goal: null, limit: null, met: null },
    ])
  })

  it('misses goals in JSON as in a table', () => {
    expect(reportOf([{ ...figure, goal: 2 }], 'json').exitCode).toBe(1)
  })
})

describe('the median', () => {
  it('compares as numbers', () => expect(medianOf([100, 9, 20])).toBe(20))
  it('of an even number of values is the mean of the two in the middle', () => {
    expect([medianOf([94, 34]), medianOf([1, 100, 9, 20])]).toEqual([64, 14.5])
  })
  it('is not of nothing', () => expect(() => medianOf([])).toThrow('no median'))
})

test('the ninth decile is the least value that nine tenths of all do not exceed', () => {
  const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1)
  expect([ninthDecileOf(upTo(20)), ninthDecileOf(upTo(19)), ninthDecileOf([5])]).toEqual([18, 18, 5])
})
