import { join } from 'node:path'
import { expect } from 'vitest'
import { conditionOf, phaseIs, type Scenario } from '../scenarios/world.ts'
import { SECOND_NODE_NAME } from './node-files.ts'
import { thePlatform } from './platform.ts'
import { bent } from './real-pods.ts'
import { startSecondNode } from './second-node.ts'

/** How long a Pod may take that is to end: the grace of the runner, and what a kubelet takes to report. */
const FORCED_AFTER_MS = 120_000
const RUNNERS = [
  ['tainted', 'SecondNodeBriefly'],
  ['stopped', 'SecondNode'],
  ['orphaned', 'SecondNode'],
] as const

/**
 * A real kubelet dies under three runners. The node's controller finds out, and has the first deleted for its taint; its owner stops the second;
 * then the Node is deleted, and the collector of Pods takes the third.
 */
export const lostNode: Scenario = {
  name: 'is on a node that falls silent, or is no more, says so and ends; what ran there ends when the node comes back',
  run: async (world) => {
    const platform = thePlatform()
    const node = await startSecondNode(platform, [join(platform.dir, 'own-images/sample-runner.tar')])
    try {
      for (const [name, fault] of RUNNERS) await bent(world, name, fault, { timeout: 0 }, { RUNNER_SECONDS: '900' })
      for (const [name] of RUNNERS) await phaseIs(world, name, 'Running')
      const before = await node.containers()
      expect(before).toHaveLength(2 * RUNNERS.length)

      await node.fallSilent()
      const from = world.now()
      await world.annotate('stopped', { 'ambient-code.io/desired-phase': 'Stopped' })
      await phaseIs(world, 'stopped', 'Stopping')
      await world.eventually(
        'what nobody answers for is ended by force',
        async () => {
          await world.wait(10)
          await world.sweep()
          const phases = await Promise.all(['tainted', 'stopped'].map((name) => world.session(name)))
          return phases.map((session) => session?.status?.phase).join() === 'Failed,Stopped' ? true : undefined
        },
        60,
      )
      const stopped = await world.session('stopped')
      expect(Date.parse(stopped?.status?.completionTime ?? '') - from).toBeGreaterThanOrEqual(FORCED_AFTER_MS - 1000)
      expect(stopped?.status?.stoppedReason).toBe('user')
      expect(conditionOf(await phaseIs(world, 'tainted', 'Failed'), 'Ready')).toMatchObject({
        reason: 'NodeLost',
        message: expect.stringContaining(`node ${SECOND_NODE_NAME} does not answer`),
      })
      expect((await world.session('orphaned'))?.status?.phase).toBe('Running')

      await platform.api.delete(`/api/v1/nodes/${SECOND_NODE_NAME}`)
      const orphaned = conditionOf(await phaseIs(world, 'orphaned', 'Failed', 60), 'Ready')
      expect(['Disrupted', 'NodeLost']).toContain(orphaned?.reason)
      expect(orphaned?.message).toContain('node')
      await world.eventually('no Pod is left', async () => ((await world.pods()).length === 0 ? true : undefined))

      // They know nothing of all that.
      expect((await node.containers()).toSorted()).toEqual(before.toSorted())
      await node.comeBack()
      await world.eventually('nothing runs there', async () =>
        (await node.containers()).length === 0 ? true : undefined,
      )
    } finally {
      await node.remove()
    }
  },
}
