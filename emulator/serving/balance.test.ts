import { expect, test } from 'vitest'
import { createBalance } from './balance.ts'

const backends = (...inFlight: number[]) => inFlight.map((count, index) => ({ name: `p${index}`, inFlight: count }))
const names = (limit: number, pods: { name: string; inFlight: number }[], count: number): string[] => {
  const choose = createBalance(limit, () => 0)
  return Array.from({ length: count }, () => {
    const pod = choose(pods)
    if (pod) pod.inFlight += 1
    return pod?.name ?? 'none'
  })
}

test('with a small limit pods are filled one after the other', () => {
  expect(names(2, backends(0, 0), 5)).toEqual(['p0', 'p0', 'p1', 'p1', 'none'])
})

test('with a larger limit they take turns, full ones left out', () => {
  expect(names(4, backends(0, 3, 0), 6)).toEqual(['p0', 'p1', 'p2', 'p0', 'p2', 'p0'])
})

test('without a limit the less busy of two random ones is taken', () => {
  expect(names(0, backends(5, 1), 3)).toEqual(['p1', 'p1', 'p1'])
  expect(names(0, backends(9), 1)).toEqual(['p0'])
  expect(names(0, [], 1)).toEqual(['none'])
})
