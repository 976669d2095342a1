import { expect } from 'vitest'
import { runnerJobFor } from '#reconcilers/agentic-session/runner-job.ts'
import { settings } from '#test/ports.ts'
import { conditionOf, gone, phaseIs, type Scenario, type World } from './world.ts'

const stop = { 'ambient-code.io/desired-phase': 'Stopped', 'ambient-code.io/stop-requested-at': '2026-01-01T00:00:00Z' }
const start = {
  'ambient-code.io/desired-phase': 'Running',
  'ambient-code.io/start-requested-at': '2026-01-01T00:00:00Z',
}

const requestTaken = (world: World, name: string) =>
  world.eventually(`the request on ${name} is taken off`, async () => {
    const session = await world.session(name)
    return Object.keys(session?.metadata.annotations ?? {}).some((key) => key.startsWith('ambient-code.io/'))
      ? undefined
      : session
  })

const jobNames = async (world: World) => (await world.jobs()).map(({ metadata }) => metadata.name)

/** What users ask of a session. */
export const stopAndStart: readonly Scenario[] = [
  {
    name: 'is stopped while Pending never gets a Job',
    run: async (world) => {
      await world.create('never', { annotations: stop })
      const session = await phaseIs(world, 'never', 'Stopped')
      expect(session.status?.stoppedReason).toBe('user')
      await requestTaken(world, 'never')
      expect(await world.jobs()).toEqual([])
    },
  },
  {
    name: 'is stopped while Creating or Running loses its Job and its Pod, and restarts with a new attempt that does not adopt the old',
    run: async (world) => {
      await world.create('creating', { runner: { fault: 'Unschedulable' } })
      await world.create('running', { runner: { seconds: 600 } })
      await phaseIs(world, 'creating', 'Creating')
      await phaseIs(world, 'running', 'Running')
      for (const name of ['creating', 'running']) {
        const before = await world.session(name)
        await world.annotate(name, stop)
        const stopped = await phaseIs(world, name, 'Stopped')
        expect(conditionOf(stopped, 'Ready')).toMatchObject({ status: 'False', reason: 'UserStopped' })
        expect(await jobNames(world)).not.toContain(before?.status?.jobName)
        expect((await world.pods()).filter((pod) => pod.startsWith(`${before?.status?.jobName}-`))).toEqual([])
        await requestTaken(world, name)

        await world.annotate(name, start)
        const again = await world.eventually(`${name} has a second attempt`, async () => {
          const session = await world.session(name)
          return session?.status?.phase !== 'Pending' && session?.status?.attempt === 2 ? session : undefined
        })
        expect(again.status?.jobName).toMatch(/-2$/)
        expect(again.status?.completionTime).toBeUndefined()
        expect(again.status?.stoppedReason).toBeUndefined()
        expect(await jobNames(world)).toContain(again.status?.jobName)
        await requestTaken(world, name)
      }
    },
  },
  {
    name: 'is asked to start while it is Stopping starts once it has stopped',
    run: async (world) => {
      await world.create('hasty', { runner: { seconds: 600 } })
      await phaseIs(world, 'hasty', 'Running')
      await world.loseEvents()
      await world.annotate('hasty', stop)
      await world.sweep()
      await phaseIs(world, 'hasty', 'Stopping')
      await world.annotate('hasty', start)
      await world.eventually('the old Job is gone', async () => ((await world.jobs()).length === 0 ? true : undefined))
      await world.sweep()
      const session = await phaseIs(world, 'hasty', 'Creating')
      expect(session.status?.attempt).toBe(2)
      expect(await jobNames(world)).toEqual([session.status?.jobName])
    },
    needs: ['events lost'],
  },
  {
    name: 'ended can be started again, and a stop that comes too late is taken off',
    run: async (world) => {
      await world.create('late')
      await phaseIs(world, 'late', 'Completed')
      await world.annotate('late', stop)
      expect((await requestTaken(world, 'late'))?.status?.phase).toBe('Completed')
      await world.annotate('late', start)
      const session = await world.eventually('attempt 2 is Completed', async () => {
        const session = await world.session('late')
        return session?.status?.attempt === 2 && session.status.phase === 'Completed' ? session : undefined
      })
      expect((await jobNames(world)).sort()).toEqual([
        session.status?.jobName?.replace(/2$/, '1'),
        session.status?.jobName,
      ])
    },
  },
  {
    name: 'is deleted leaves nothing behind',
    run: async (world) => {
      await world.create('running', { runner: { seconds: 600 } })
      await world.create('ended')
      await phaseIs(world, 'running', 'Running')
      await phaseIs(world, 'ended', 'Completed')
      await world.delete('running')
      await world.delete('ended')
      await world.eventually(
        'nothing is left',
        async () => ((await world.leftovers()).length === 0 ? true : undefined),
        30,
      )
    },
  },
  {
    name: 'is deleted and made again at once has nothing to do with the old one',
    run: async (world) => {
      await world.create('twin', { runner: { seconds: 600 } })
      const old = await phaseIs(world, 'twin', 'Running')
      await world.delete('twin')
      await gone(world, 'twin')
      await world.create('twin', { runner: { seconds: 600 } })
      const young = await phaseIs(world, 'twin', 'Running')
      expect(young.metadata.uid).not.toBe(old.metadata.uid)
      expect(young.status?.jobName).not.toBe(old.status?.jobName)
      await world.eventually('only the new Job is left', async () => {
        const names = await jobNames(world)
        return names.length === 1 && names[0] === young.status?.jobName ? true : undefined
      })
      expect((await world.session('twin'))?.status?.phase).toBe('Running')
    },
  },
  {
    name: 'has stopped does not keep a Job that a slow instance made for it',
    run: async (world) => {
      await world.create('stopped', { annotations: stop, runner: { seconds: 600 } })
      const session = await phaseIs(world, 'stopped', 'Stopped')
      await requestTaken(world, 'stopped')
      await world.apply(runnerJobFor(session, 1, settings))
      await world.eventually('the Job is gone', async () => ((await world.jobs()).length === 0 ? true : undefined))
      expect((await world.session('stopped'))?.status?.phase).toBe('Stopped')
    },
  },
]
