import { expect } from 'vitest'
import { REPORT_SECONDS } from '#reconcilers/agentic-session/job.ts'
import { podKind } from '#reconcilers/agentic-session/pods.ts'
import { conditionOf, phaseIs, type Scenario, type World } from '../scenarios/world.ts'
import { CRASHING } from './installation.ts'
import { NO_COMMAND, NO_SECRET } from './runner-pods.ts'

/** What keeps a runner from starting, or ends it, and only a kubelet and a container runtime can do. */
export const realPods: readonly Scenario[] = [
  {
    name: 'has an image without its command fails at once, and says which command',
    run: async (world) => {
      await bent(world, 'no-command', 'NoCommand')
      const session = await phaseIs(world, 'no-command', 'Failed')
      expect(conditionOf(session, 'Ready')).toMatchObject({
        reason: 'RunnerNotStarted',
        message: expect.stringMatching(
          new RegExp(`^the runner could not be started \\(exit code 128\\): .*${NO_COMMAND}`),
        ),
      })
      expect(conditionOf(session, 'RunnerStarted')?.status).toBe('False')
    },
  },
  {
    name: 'lacks what its container asks for, or waits for one beside it that crashes, is failed for it by a sweep after a minute',
    run: async (world) => {
      await bent(world, 'no-config', 'NoConfig')
      await world.create('crashes', { spec: { environmentVariables: { RUNNER_TYPE: CRASHING } } })
      await phaseIs(world, 'no-config', 'Creating')
      await phaseIs(world, 'crashes', 'Creating')
      await world.wait(65)
      const failed = async (name: string) =>
        conditionOf(
          await world.eventually(`${name} is failed`, async () => {
            await world.sweep()
            const session = await world.session(name)
            return session?.status?.phase === 'Failed' ? session : undefined
          }),
          'Ready',
        )
      expect(await failed('no-config')).toMatchObject({
        reason: 'RunnerNotStarted',
        message: expect.stringMatching(new RegExp(`\\(CreateContainerConfigError\\): .*${NO_SECRET}`)),
      })
      expect(await failed('crashes')).toMatchObject({
        reason: 'RunnerNotStarted',
        message: expect.stringMatching(/^the container beside cannot be started \(CrashLoopBackOff\): back-off/),
      })
      expect(await world.jobs()).toEqual([])
    },
  },
  {
    name: 'fills the disk beyond its limit is evicted by the node, and says so',
    run: async (world) => {
      await bent(world, 'full', 'FullDisk', { timeout: 0 })
      expect(conditionOf(await phaseIs(world, 'full', 'Failed', 60), 'Ready')).toMatchObject({
        reason: 'Evicted',
        message: expect.stringMatching(/^the runner was evicted from its node: .*ephemeral/),
      })
    },
  },
  {
    name: 'is deaf to being asked to stop is Stopping for the grace of a minute, and no longer',
    run: async (world) => {
      const environmentVariables = { RUNNER_SECONDS: '900', RUNNER_IGNORES_SIGTERM: 'true' }
      await world.create('deaf', { spec: { timeout: 0, environmentVariables } })
      await phaseIs(world, 'deaf', 'Running')
      const [pod = ''] = await world.pods()
      await world.annotate('deaf', { 'ambient-code.io/desired-phase': 'Stopped' })
      await phaseIs(world, 'deaf', 'Stopping')
      const { metadata } = await world.eventually('its Pod is told to end', async () => {
        const seen = await world.read(podKind, pod)
        return seen?.metadata.deletionTimestamp ? seen : undefined
      })
      expect(metadata).toMatchObject({ deletionGracePeriodSeconds: 60 })
      const due = Date.parse(metadata.deletionTimestamp ?? '') // it is set
      await world.sweep()
      while (await world.read(podKind, pod)) {
        const { status } = (await world.session('deaf')) ?? {}
        if (Date.now() < due - 2000) expect(status?.phase).toBe('Stopping')
        await world.wait(0.5)
      }
      expect(Date.now()).toBeGreaterThanOrEqual(due - 1000)
      expect(Date.now()).toBeLessThan(due + REPORT_SECONDS * 1000)
      await phaseIs(world, 'deaf', 'Stopped')
      expect(await world.pods()).toEqual([])
    },
  },
]

/** A session whose Pod `runner-pods.ts` bends. */
export const bent = (world: World, name: string, fault: string, spec: object = {}, more: object = {}) =>
  world.create(name, { spec: { ...spec, environmentVariables: { RUNNER_FAULT: fault, RUNNER_SECONDS: '1', ...more } } })
