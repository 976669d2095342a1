import { expect, test } from 'vitest'
import { anEvent, asked } from './fixtures.ts'
import { podLives, podSeconds, requestsOf, usefulLives } from './usage.ts'

const aPod = { resource: 'pods', namespace: 'dormouse' }
const bound = (second: number, name: string) =>
  anEvent(second, { verb: 'create', objectRef: { ...aPod, name, subresource: 'binding' } })
const cleared = (second: number, name: string) => anEvent(second, { verb: 'delete', objectRef: { ...aPod, name } })

test('a Pod lives from its binding until the kubelet has cleared it away', () => {
  const asksToDelete = anEvent(20, {
    verb: 'delete',
    user: { username: 'system:replicaset-controller' },
    objectRef: { ...aPod, name: 'f-1' },
  })
  const lives = podLives([bound(10, 'f-1'), bound(15, 'f-2'), asksToDelete, cleared(50, 'f-1')], 'dormouse')
  expect(lives).toEqual([
    { name: 'f-1', from: 10_000, asked: 20_000, to: 50_000 },
    { name: 'f-2', from: 15_000, asked: undefined, to: undefined },
  ])
  expect(usefulLives(lives).map(({ to }) => to)).toEqual([20_000, undefined])
})

test('Pod seconds are those within the span, of the workload alone', () => {
  const lives = podLives(
    [bound(0, 'f-1'), bound(5, 'f-2'), bound(5, 'g-1'), cleared(12, 'f-1'), bound(30, 'f-3')],
    'dormouse',
  )
  expect(podSeconds(lives, 'f', { from: 10_000, to: 20_000 })).toBe(2 + 10)
})

test('requests are those that a ServiceAccount made in the span, each once', () => {
  const audit = [
    asked(9, 'f'),
    asked(10, 'f', { stage: 'ResponseStarted' }),
    asked(10, 'f'),
    asked(11, 'g'),
    asked(19, 'f'),
    asked(20, 'f'),
  ]
  expect(requestsOf(audit, { namespace: 'dormouse', name: 'f' }, { from: 10_000, to: 20_000 })).toBe(2)
})
