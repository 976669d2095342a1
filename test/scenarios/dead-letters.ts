import { expect } from 'vitest'
import { conditionOf, phaseIs, type Scenario, type World } from './world.ts'

/** What one world waits for, in seconds. */
type Patience = {
  /** From an event to its dead letter. */
  readonly letter: number
  /** From when a function can start again to when it has, which takes as long as it could not. */
  readonly start: number
}

/** Nine attempts, each of which may wait a minute for a Pod that does not come, and the pauses between them. */
const AS_INSTALLED: Patience = { letter: 9 * 60 + 128 + 120, start: 300 }

const deadLettered = (world: World, name: string, seconds: number) =>
  world.eventually(
    `an event about ${name} is recorded as undeliverable`,
    async () => {
      const session = await world.session(name)
      return session && conditionOf(session, 'EventsDelivered') ? session : undefined
    },
    seconds,
  )

/** What the broker gives up. */
export const deadLetters = ({ letter, start }: Patience = AS_INSTALLED): readonly Scenario[] => [
  {
    name: 'is made while its function cannot start says so once the broker gives up, until a sweep has repaired it',
    needs: ['function down'],
    run: async (world) => {
      await world.breakFunction('on-session-event')
      await world.create('unheard', { runner: { seconds: 2 } })
      const session = await deadLettered(world, 'unheard', letter)
      expect(session.status?.deadLetters?.count).toBe(1)
      expect(conditionOf(session, 'EventsDelivered')).toMatchObject({
        status: 'False',
        reason: 'DeadLettered',
        message: expect.stringMatching(/^1 event about this AgenticSession could not be delivered; the last: add of /),
      })
      const { uid } = session.metadata
      // The Event comes behind the status.
      const warnings = await world.eventually('there is an Event of it', async () => {
        const told = (await world.events()).filter(({ reason }) => reason === 'DeadLettered')
        return told.length > 0 ? told : undefined
      })
      expect(warnings).toHaveLength(1)
      expect(warnings[0]).toMatchObject({ type: 'Warning', count: 1, involvedObject: { kind: 'AgenticSession', uid } })

      await world.sweep()
      const repaired = await world.session('unheard')
      expect(repaired?.status?.jobName).toBeDefined()
      expect(repaired?.status).not.toHaveProperty('deadLetters')
      expect(repaired && conditionOf(repaired, 'EventsDelivered')).toBeUndefined()
      await phaseIs(world, 'unheard', 'Completed', 60)

      await world.mendFunction('on-session-event')
      await world.create('heard')
      await phaseIs(world, 'heard', 'Completed', start)
    },
  },
]
