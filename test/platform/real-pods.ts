import { expect } from 'vitest'
import { conditionOf, phaseIs, type Scenario } from '../scenarios/world.ts'
import { NO_COMMAND } from './runner-pods.ts'

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
]
