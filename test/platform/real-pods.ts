import { expect } from 'vitest'
import { conditionOf, phaseIs, type Scenario } from '../scenarios/world.ts'
import { NO_COMMAND, NO_IMAGE } from './runner-pods.ts'

/** What only a kubelet and a container runtime can say. */
export const realPods: readonly Scenario[] = [
  {
    name: 'has an image without its command fails at once, and says which command',
    run: async (world) => {
      await world.create('no-command', { spec: { environmentVariables: { RUNNER_FAULT: 'NoCommand' } } })
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
    name: 'has an image that does not exist is Failed by the first sweep after a minute, with the name of the image, and its Job goes',
    run: async (world) => {
      await world.create('no-image', { runner: { fault: 'ImagePullBackOff' } })
      await phaseIs(world, 'no-image', 'Creating')
      await world.sweep()
      expect((await world.session('no-image'))?.status?.phase).toBe('Creating')
      await world.wait(60)
      await world.sweep()
      const session = await phaseIs(world, 'no-image', 'Failed')
      expect(conditionOf(session, 'Ready')).toMatchObject({
        reason: 'ImageNotPulled',
        message: expect.stringMatching(
          new RegExp(`^the image ${NO_IMAGE} cannot be pulled \\(.*(ErrImagePull|ImagePullBackOff)\\): `),
        ),
      })
      expect(await world.jobs()).toEqual([])
    },
  },
]
