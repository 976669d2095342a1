import { expect, test } from 'vitest'
import { createVirtualWorld } from './host/virtual-world.ts'
import type { ContainerReport } from './pod-runner.ts'
import { withPreStop } from './pre-stop.ts'

/** A container with a hook that sleeps, and the graces it was stopped with, by the second. */
function aContainer(seconds: number) {
  const world = createVirtualWorld()
  const begin = world.now()
  const stops: string[] = []
  let report = (_: ContainerReport): void => {}
  const runner = withPreStop(world, {
    start: (_, tell) => {
      report = tell
      return {
        stop: (grace) => void stops.push(`at ${(world.now() - begin) / 1000} with ${grace}`),
        send: () => Promise.reject(new Error('nobody')),
        logs: () => [],
        onLog: () => () => undefined,
      }
    },
  })
  const lifecycle = { preStop: { sleep: { seconds } } }
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: {}, spec: { containers: [{ name: 'a', lifecycle }] } }
  const container = runner.start({ pod, name: 'a', image: 'a', command: [], args: [], env: {} }, () => undefined)
  return { world, stops, container, report: (news: ContainerReport) => report(news) }
}

test.each([
  [30, 60, 'at 30 with 30'],
  [30, 30, 'at 30 with 2'],
  [30, 0, 'at 0 with 0'],
  [0, 60, 'at 0 with 60'],
])('a hook that sleeps %d s in a grace of %d s stops %s', async (seconds, grace, expected) => {
  const { world, stops, container, report } = aContainer(seconds)
  report({ state: 'running' })
  container.stop(grace)
  await world.advance(100_000)
  expect(stops).toEqual([expected])
})

test('no hook is run for a container that does not run, nor on after its end', async () => {
  const waiting = aContainer(30)
  waiting.container.stop(60)
  expect(waiting.stops).toEqual(['at 0 with 60'])
  const ending = aContainer(30)
  ending.report({ state: 'running' })
  ending.container.stop(60)
  ending.report({ state: 'terminated', exitCode: 0, reason: 'Completed' })
  await ending.world.advance(100_000)
  expect(ending.stops).toEqual([])
  expect(ending.world.pending()).toBe(0)
})
