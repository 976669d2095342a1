import { expect } from 'vitest'
import { conditionOf, phaseIs, quota, type Scenario } from './world.ts'

/** What goes wrong with the operator whose sessions we take over, where no other scenario has it. */
export const upstreamDefects: readonly Scenario[] = [
  {
    name: 'has a runner that dies while it is Running is told of that at once, not when it is idle',
    run: async (world) => {
      await world.create('dies', { runner: { seconds: 8, exitCode: 9 }, spec: { timeout: 0, inactivityTimeout: 0 } })
      await phaseIs(world, 'dies', 'Running')
      expect(conditionOf(await phaseIs(world, 'dies', 'Failed'), 'Ready')).toMatchObject({
        reason: 'RunnerExit',
        message: expect.stringContaining('exit code 9'),
      })
    },
  },
  {
    name: 'has a runner that is evicted says so, though its Pod may be gone when its Job has failed',
    run: async (world) => {
      await world.create('evicted', { runner: { seconds: 600 }, spec: { timeout: 0 } })
      await phaseIs(world, 'evicted', 'Running')
      const [pod = ''] = await world.pods()
      await world.evict(pod)
      const session = await phaseIs(world, 'evicted', 'Failed')
      expect(['Disrupted', 'Evicted']).toContain(conditionOf(session, 'Ready')?.reason)
      expect(conditionOf(session, 'Ready')?.message).toContain('evicted')
    },
  },
  {
    name: 'had to wait before it ran runs its prompt when it does, and does not take that for a resumption',
    run: async (world) => {
      await world.apply(quota(world, 'count/jobs.batch', '0'))
      await world.create('waits', { spec: { initialPrompt: 'Hello' } })
      await phaseIs(world, 'waits', 'Pending')
      await world.sweep()
      await world.apply(quota(world, 'count/jobs.batch', '5'))
      await world.eventually('it has a Job', async () => {
        await world.sweep()
        return (await world.jobs()).length > 0 ? true : undefined
      })
      const [job] = await world.jobs()
      const names = job?.spec?.template.spec?.containers[0]?.env?.map(({ name }) => name)
      expect(names).toContain('INITIAL_PROMPT')
      expect(names).not.toContain('IS_RESUME')
      await phaseIs(world, 'waits', 'Completed')
    },
  },
  {
    name: 'is asked to stop while we write to it loses neither that request nor what others wrote',
    run: async (world) => {
      const names = Array.from({ length: 10 }, (_, i) => `torn-${i}`)
      await Promise.all(
        names.map(async (name) => {
          await world.create(name, {
            annotations: { 'ambient-code.io/desired-phase': 'Running' },
            runner: { seconds: 600 },
          })
          await world.annotate(name, { 'ambient-code.io/desired-phase': 'Stopped', 'example.com/mine': name })
        }),
      )
      for (const name of names) {
        const session = await phaseIs(world, name, 'Stopped')
        expect(session.metadata.annotations).toMatchObject({ 'example.com/mine': name })
      }
      await world.eventually('no Job is left', async () => ((await world.jobs()).length === 0 ? true : undefined))
    },
  },
]
