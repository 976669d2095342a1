import { expect } from 'vitest'
import { runnerJobFor } from '#reconcilers/agentic-session/runner-job.ts'
import type { KubernetesObject } from '#sdk/index.ts'
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
    name: 'is on a node that hangs is ended by force once it should have answered, whether stopped or evicted',
    run: async (world) => {
      for (const name of ['lost', 'stuck']) {
        await world.create(name, { runner: { seconds: 600, fault: 'Unresponsive' }, spec: { timeout: 0 } })
        await phaseIs(world, name, 'Running')
      }
      const [pod = ''] = (await world.pods()).filter((name) => name.startsWith('lost-'))
      await world.evict(pod)
      await world.annotate('stuck', { ...stop, 'ambient-code.io/stop-reason': 'run-finished' })
      await phaseIs(world, 'stuck', 'Stopping')
      await world.sweep()
      expect(await world.pods()).toHaveLength(2)
      expect((await world.session('lost'))?.status?.phase).toBe('Running')
      await world.wait(125)
      await world.sweep()
      const session = await phaseIs(world, 'stuck', 'Stopped')
      expect(session.status?.stoppedReason).toBe('run-finished')
      const lost = await phaseIs(world, 'lost', 'Failed')
      expect(conditionOf(lost, 'Ready')).toMatchObject({
        reason: 'NodeLost',
        message: expect.stringContaining('does not answer'),
      })
      expect(await world.pods()).toEqual([])
      expect(await world.jobs()).toEqual([])
    },
    needs: ['node hangs'],
  },
  {
    name: 'nobody uses is stopped by the sweep, by its own word or that of its project',
    run: async (world) => {
      await world.apply({
        apiVersion: 'vteam.ambient-code/v1alpha1',
        kind: 'ProjectSettings',
        metadata: { name: 'projectsettings', namespace: world.namespace },
        spec: { groupAccess: [], inactivityTimeoutSeconds: 2 },
      } as KubernetesObject)
      const runner = { seconds: 600 }
      await world.create('own-word', { runner, spec: { timeout: 0, inactivityTimeout: 3 } })
      await world.create('of-project', { runner, spec: { timeout: 0 } })
      await world.create('never', { runner, spec: { timeout: 0, inactivityTimeout: 0 } })
      await phaseIs(world, 'never', 'Running')
      for (const name of ['own-word', 'of-project']) {
        const session = await world.eventually(`${name} has stopped`, async () => {
          await world.wait(2)
          await world.sweep()
          const session = await world.session(name)
          return session?.status?.phase === 'Stopped' ? session : undefined
        })
        expect(session.status?.stoppedReason).toBe('inactivity')
        expect(conditionOf(session, 'Ready')).toMatchObject({ status: 'False', reason: 'InactivityTimeout' })
      }
      expect((await world.session('never'))?.status?.phase).toBe('Running')
    },
  },
  {
    name: 'fails is tried again as often as its owner wants, and resumes what it had begun',
    run: async (world) => {
      await world.create('unlucky', { runner: { exitCode: 3 }, spec: { backoffLimit: 2 } })
      const session = await phaseIs(world, 'unlucky', 'Failed')
      expect(session.status).toMatchObject({ attempt: 3, retries: 2, hasRun: true })
      expect(conditionOf(session, 'Ready')).toMatchObject({ reason: 'RunnerExit' })
      const jobs = await world.jobs()
      const isResume = (name: string) =>
        jobs
          .find(({ metadata }) => metadata.name.endsWith(name))
          ?.spec?.template.spec?.containers[0]?.env?.some((variable) => variable.name === 'IS_RESUME')
      expect([isResume('-1'), isResume('-2'), isResume('-3')]).toEqual([false, true, true])
    },
  },
  {
    name: 'is given another repository while it runs says that it must start again for that',
    run: async (world) => {
      const repos = [{ url: 'https://git.example/a' }]
      await world.create('hot', { runner: { seconds: 600 }, spec: { repos } })
      const { apiVersion, kind, metadata, spec } = await phaseIs(world, 'hot', 'Running')
      const more = { ...spec, repos: [...repos, { url: 'https://git.example/b' }] }
      await world.apply({
        apiVersion,
        kind,
        metadata: { name: metadata.name, namespace: world.namespace },
        spec: more,
      } as KubernetesObject)
      const told = await world.eventually('the change is told of', async () => {
        const session = await world.session('hot')
        return session && conditionOf(session, 'Reconciled')
      })
      expect(told).toMatchObject({ status: 'False', reason: 'RestartNeeded' })
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
