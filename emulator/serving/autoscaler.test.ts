import { expect, test } from 'vitest'
import { scalingOf } from './annotations.ts'
import { createAutoscaler } from './autoscaler.ts'
import { createConcurrency } from './concurrency.ts'

const scaling = (annotations: Record<string, string>, containerConcurrency = 0) =>
  scalingOf(
    Object.fromEntries(Object.entries(annotations).map(([key, value]) => [`autoscaling.knative.dev/${key}`, value])),
    containerConcurrency,
  )

/** Times are seconds. `load` sets how many requests there are at once. */
function anAutoscaler(annotations: Record<string, string>, containerConcurrency = 0) {
  const settings = scaling(annotations, containerConcurrency)
  const concurrency = createConcurrency(settings.windowMs, 0)
  const autoscaler = createAutoscaler(settings, concurrency)
  const ends: ((now: number) => void)[] = []
  return {
    load: (at: number, count: number) => {
      while (ends.length < count) ends.push(concurrency.begin(at * 1000))
      while (ends.length > count) ends.pop()?.(at * 1000)
    },
    pods: (at: number, ready: number, isReachable = true) => autoscaler.decide(at * 1000, ready, 0, isReachable).pods,
    spare: (at: number, ready: number) => autoscaler.decide(at * 1000, ready, 0, true).spare,
  }
}

test('the average is over the window, or what there is of it', () => {
  const concurrency = createConcurrency(10_000, 0)
  const [first, second] = [concurrency.begin(2000), concurrency.begin(4000)]
  first(6000)
  second(8000)
  expect(concurrency.average(10_000, 8000, 0)).toBe(1)
  expect(concurrency.average(10_000, 10_000, 0)).toBe(0.8)
  expect(concurrency.average(10_000, 15_000, 0)).toBe(0.4)
  expect(concurrency.average(10_000, 10_000, 6000)).toBe(0.5)
  expect(concurrency.average(10_000, 18_001, 0)).toBe(0)
})

test('a pod is wanted for each 70 % of the target', () => {
  const { load, pods } = anAutoscaler({ target: '10', window: '10s' })
  load(0, 14)
  expect(pods(20, 2)).toBe(2)
  load(20, 15)
  expect(pods(40, 2)).toBe(3)
})

test.each([
  [{}, 0, 70],
  [{}, 20, 14],
  [{ target: '50' }, 20, 14],
  [{ target: '10' }, 20, 7],
  [{ target: '10', 'target-utilization-percentage': '100' }, 0, 10],
] as const)('annotations %j with containerConcurrency %d aim at %d', (annotations, limit, target) => {
  expect(scaling(annotations, limit).target).toBeCloseTo(target)
})

test('a single short request in the window keeps one pod wanted', () => {
  const { load, pods } = anAutoscaler({ window: '10s' })
  load(100, 1)
  load(100, 0)
  expect(pods(104, 1)).toBe(1)
  expect(pods(110, 1)).toBe(1)
  expect(pods(111, 1)).toBe(0)
})

test('twice the ready pods over the panic window is a panic, in which pods are only added', () => {
  const { load, pods } = anAutoscaler({ target: '10', window: '60s' })
  load(60, 0)
  expect(pods(60, 1)).toBe(0)
  load(60, 28)
  expect(pods(66, 1)).toBe(4)
  load(66, 0)
  expect(pods(90, 4)).toBe(4)
  expect(pods(126, 4)).toBe(4)
  expect(pods(128, 4)).toBe(2)
})

test('no more than half the ready pods go at once, unless no request can come', () => {
  const { pods } = anAutoscaler({ window: '10s' })
  expect(pods(20, 9)).toBe(4)
  expect(pods(20, 9, false)).toBe(0)
})

test('a delay keeps the most that was wanted in it', () => {
  const { load, pods } = anAutoscaler({
    target: '1',
    window: '6s',
    'scale-down-delay': '30s',
    'panic-threshold-percentage': '1000',
  })
  load(0, 2)
  expect(pods(10, 3)).toBe(3)
  load(10, 0)
  expect(pods(20, 3)).toBe(3)
  expect(pods(39, 3)).toBe(3)
  expect(pods(41, 3)).toBe(1)
})

test('leaving zero begins with activation-scale', () => {
  const { load, pods } = anAutoscaler({ 'activation-scale': '3', window: '10s' })
  load(0, 1)
  expect(pods(1, 0)).toBe(3)
  load(1, 0)
  expect(pods(20, 0)).toBe(0)
})

test('spare capacity is what the pods can take beyond their requests and the burst', () => {
  const burst = (annotations: Record<string, string>, ready: number): number => {
    const { load, spare } = anAutoscaler({ window: '10s', ...annotations })
    load(0, 30)
    return spare(10, ready)
  }
  expect(burst({}, 2)).toBe(-41)
  expect(burst({}, 3)).toBe(59)
  expect(burst({ 'target-burst-capacity': '0' }, 1)).toBe(0)
  expect(burst({ 'target-burst-capacity': '-1' }, 9)).toBe(-1)
})
