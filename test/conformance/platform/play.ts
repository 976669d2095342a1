import { phaseIs } from '../../scenarios/world.ts'
import { type DeliveryRecord, recordOf } from './record.ts'
import type { Stage } from './stage.ts'
import { answers, GIVEN_UP, triggersFor, UNSTARTABLE } from './subscribers.ts'

const stop = { 'ambient-code.io/desired-phase': 'Stopped' }

/** Sessions that end in all ways, one after the other, and who hears of them: what was delivered to whom. */
export async function play(stage: Stage): Promise<DeliveryRecord> {
  const { world } = stage
  await stage.addUnstartable(UNSTARTABLE.name, UNSTARTABLE.timeoutSeconds)
  await stage.listen(triggersFor('completes'), answers)
  // Long enough for functions that start from zero, on a machine that others need too, to see every phase.
  await world.create('completes', { runner: { seconds: 30 } })
  await phaseIs(world, 'completes', 'Running', 60)
  await phaseIs(world, 'completes', 'Completed', 90)
  await world.create('fails', { runner: { seconds: 20, exitCode: 3 } })
  await phaseIs(world, 'fails', 'Running', 60)
  await phaseIs(world, 'fails', 'Failed', 90)
  for (const name of ['deleted', 'stopped']) {
    await world.create(name, { runner: { seconds: 600 } })
    await phaseIs(world, name, 'Running', 90)
  }
  await world.delete('deleted')
  await world.annotate('stopped', stop)
  await phaseIs(world, 'stopped', 'Stopped', 90)
  await world.eventually(
    'the Jobs of both are gone',
    async () => ((await world.jobs()).length === 2 ? true : undefined),
    90,
  )
  const came = () => stage.deliveries().map(({ to }) => to)
  const missing = () => GIVEN_UP.filter((name) => !came().includes(`letters/${name}`))
  await world
    .eventually('the broker has given up', async () => (missing().length === 0 ? true : undefined), 60)
    .catch((cause) => {
      throw new Error(`no letter of ${missing().join(', ')}; there came ${came().join(', ')}`, { cause })
    })
  await world.wait(2)
  return recordOf(stage.deliveries(), world.namespace)
}
