import { expect } from 'vitest'
import { sessionKind } from '#reconcilers/agentic-session/schema.ts'
import type { KubernetesObject, Live } from '#sdk/index.ts'
import { conditionOf, phaseIs, type Scenario, type World } from './world.ts'

const a = { url: 'https://git.example/a.git' }
const b = { url: 'https://git.example/b' }
const environmentVariables = { RUNNER_TYPE: 'upstream' }

/** `Reconciled` with this status, about the spec as it is. */
const reconciledIs = (world: World, name: string, status: string): Promise<Live<KubernetesObject>> =>
  world.eventually(`${name} is reconciled: ${status}`, async () => {
    const session = await world.session(name)
    const condition = session && conditionOf(session, 'Reconciled')
    const isOfNow = condition?.observedGeneration === session?.metadata.generation
    return session && isOfNow && condition?.status === status ? session : undefined
  })

const runnersOf = ({ runners }: World) => {
  if (!runners) throw new Error('this world has no runners that answer')
  return runners
}

/** What a runner is told of its session while it runs, where functions can reach it. */
export const hotChanges: readonly Scenario[] = [
  {
    name: 'has other repositories and another workflow while it runs tells its runner, and goes on with the same Job',
    needs: ['runner answers'],
    run: async (world) => {
      const { heardBy } = runnersOf(world)
      await world.create('hot', { runner: { seconds: 600 }, spec: { repos: [a], environmentVariables } })
      const { status } = await phaseIs(world, 'hot', 'Running')
      expect(status?.reconciledRepos).toMatchObject([{ ...a, name: 'a', branch: 'main', status: 'Ready' }])
      const activeWorkflow = { gitUrl: 'https://git.example/flows', path: 'review' }
      await world.change(sessionKind, 'hot', { spec: { repos: [b], activeWorkflow } })
      const told = await reconciledIs(world, 'hot', 'True')
      expect(told).toMatchObject({
        status: {
          jobName: status?.jobName,
          reconciledRepos: [{ ...b, name: 'b', branch: 'main', status: 'Ready' }],
          reconciledWorkflow: { ...activeWorkflow, branch: 'main', status: 'Active' },
        },
      })
      expect(heardBy('hot').toSorted()).toEqual([
        'repos/add https://git.example/b main b',
        'repos/remove a',
        'workflow https://git.example/flows main review',
      ])
      const before = await world.versions()
      await world.sweep()
      expect(await world.versions()).toEqual(before)
      expect(heardBy('hot')).toHaveLength(3)
    },
  },
  {
    name: 'has a runner that takes nothing says so, has no event redelivered for it, and is told by a sweep once it does',
    // A world whose functions can be down has a broker that would deliver again.
    needs: ['runner answers', 'function down'],
    run: async (world) => {
      const runners = runnersOf(world)
      await world.create('deaf', { runner: { seconds: 1200 }, spec: { environmentVariables } })
      await phaseIs(world, 'deaf', 'Running')
      runners.break()
      await world.change(sessionKind, 'deaf', { spec: { repos: [b] } })
      const failed = await reconciledIs(world, 'deaf', 'False')
      expect(failed).toMatchObject({
        status: { phase: 'Running', reconciledRepos: [{ ...b, status: 'Failed' }] },
      })
      expect(conditionOf(failed, 'Reconciled')).toMatchObject({
        reason: 'RepoReconciliationFailed',
        message: expect.stringContaining('the runner answered 503'),
      })
      runners.mend()
      // Longer than a broker tries what was not taken.
      await world.wait(180)
      expect((await world.session('deaf'))?.metadata.resourceVersion).toBe(failed.metadata.resourceVersion)
      await world.sweep()
      const told = await reconciledIs(world, 'deaf', 'True')
      expect(told).toMatchObject({ status: { reconciledRepos: [{ ...b, status: 'Ready' }] } })
      expect(runners.heardBy('deaf')).toEqual(['repos/add https://git.example/b main b'])
    },
  },
]
