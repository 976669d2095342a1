import { describe, expect, test } from 'vitest'
import { conditionOf, phaseIs, type World } from '../scenarios/world.ts'
import { createEmulatorWorld } from './world.ts'

/** Longer than a broker tries, and delivers the letter then. */
const UNTIL_GIVEN_UP_SECONDS = 15 * 60

const told = async (world: World, name: string) => {
  const session = await world.session(name)
  const { deadLetters, phase } = session?.status ?? {}
  const warnings = (await world.events()).filter(({ reason }) => reason === 'DeadLettered')
  return {
    phase,
    count: deadLetters?.count,
    condition: session && conditionOf(session, 'EventsDelivered'),
    warnings: warnings.map(({ count }) => count),
  }
}

describe('while on-session-event cannot start', () => {
  test('a lost event is recorded once, though recording it is a change that is lost as well', async () => {
    const world = await createEmulatorWorld('recorded')
    await world.breakFunction('on-session-event')
    await world.create('unheard')
    await world.wait(UNTIL_GIVEN_UP_SECONDS)
    const first = await told(world, 'unheard')
    const before = await world.versions()
    await world.wait(4 * UNTIL_GIVEN_UP_SECONDS)
    expect(await told(world, 'unheard')).toEqual(first)
    expect(first).toMatchObject({ count: 1, warnings: [1] })
    expect(await world.versions()).toEqual(before)
  })

  test('what a sweep repaired stays repaired: its own writes are no news to anybody', async () => {
    const world = await createEmulatorWorld('repaired')
    await world.breakFunction('on-session-event')
    await world.create('unheard', { runner: { seconds: 5 } })
    await world.wait(UNTIL_GIVEN_UP_SECONDS)
    await world.sweep()
    await phaseIs(world, 'unheard', 'Completed', 120)
    await world.wait(2 * UNTIL_GIVEN_UP_SECONDS)
    expect(await told(world, 'unheard')).toEqual({ phase: 'Completed', warnings: [1] })
  })

  test('a letter that comes after the sweep is taken off by the next one, from a session that has ended too', async () => {
    const world = await createEmulatorWorld('late')
    await world.breakFunction('on-session-event')
    await world.create('unheard')
    await world.sweep()
    await phaseIs(world, 'unheard', 'Completed')
    await world.wait(UNTIL_GIVEN_UP_SECONDS)
    expect(await told(world, 'unheard')).toMatchObject({ phase: 'Completed', count: 1 })
    await world.sweep()
    expect(await told(world, 'unheard')).toEqual({ phase: 'Completed', warnings: [1] })
  })

  test('an event about a session that was made again under its name is not held against the new one', async () => {
    const world = await createEmulatorWorld('remade')
    await world.breakFunction('on-session-event')
    await world.create('twin')
    await world.wait(60)
    await world.loseEvents()
    await world.delete('twin')
    await world.create('twin')
    await world.wait(UNTIL_GIVEN_UP_SECONDS)
    expect(await told(world, 'twin')).toMatchObject({ count: undefined, warnings: [] })
  })

  test('and on-dead-letter neither, the event is lost without a word, and a sweep repairs it all the same', async () => {
    const world = await createEmulatorWorld('silent')
    await world.breakFunction('on-session-event')
    await world.breakFunction('on-dead-letter')
    await world.create('unheard')
    await world.wait(3 * UNTIL_GIVEN_UP_SECONDS)
    expect(await told(world, 'unheard')).toMatchObject({ count: undefined, warnings: [] })
    await world.sweep()
    await phaseIs(world, 'unheard', 'Completed')
  })
})

test('while on-job-event cannot start, the record of a lost event wakes on-session-event, which makes up for it', async () => {
  const world = await createEmulatorWorld('rung')
  await world.breakFunction('on-job-event')
  await world.create('unheard', { runner: { seconds: 2 } })
  await phaseIs(world, 'unheard', 'Completed', UNTIL_GIVEN_UP_SECONDS)
  await world.wait(2 * UNTIL_GIVEN_UP_SECONDS)
  const { phase, count, condition } = await told(world, 'unheard')
  expect({ phase, count, condition }).toEqual({ phase: 'Completed' })
})
