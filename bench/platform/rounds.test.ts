import { expect, test } from 'vitest'
import { isOursFirst } from './rounds.ts'

const first = (rounds: number) => Array.from({ length: rounds }, (_, round) => isOursFirst(round))

test('of twenty rounds each subject is first in ten', () => {
  expect(first(20).filter(Boolean)).toHaveLength(10)
})

test.each([1, 2, 3])('who is first does not tell who is %i rounds later', (later) => {
  const order = first(20)
  const same = order.slice(later).filter((isFirst, round) => isFirst === order[round]).length
  expect(same).toBeGreaterThan(3)
  expect(same).toBeLessThan(20 - later - 3)
})
