import { expect } from 'vitest'
import { conditionOf, type World } from '../scenarios/world.ts'

const SINK = 'http://on-dead-letter.dormouse.svc.cluster.local/'

/** What the broker posts once it has given up, posted at once: the function starts for it and tells the session and its Events. */
export const aDeadLetterAbout = async (world: World): Promise<void> => {
  await world.loseEvents() // or on-session-event would take off at once what is recorded
  await world.create('unheard')
  const session = await world.session('unheard')
  for (const id of ['a', 'b']) {
    const { status } = await fetch(SINK, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'ce-specversion': '1.0',
        'ce-id': id,
        'ce-source': 'https://10.96.0.1:443',
        'ce-type': 'dev.knative.apiserver.resource.add',
        'ce-knativeerrordest': 'http://on-session-event.dormouse.svc.cluster.local/',
        'ce-knativeerrorcode': '503',
      },
      body: JSON.stringify(session),
    })
    expect(status).toBe(204)
  }
  const told = await world.session('unheard')
  expect(told && conditionOf(told, 'EventsDelivered')).toMatchObject({ status: 'False', reason: 'DeadLettered' })
  expect((await world.events()).filter(({ reason }) => reason === 'DeadLettered')).toMatchObject([{ count: 2 }])
  await world.sweep()
  const repaired = await world.session('unheard')
  expect(repaired && conditionOf(repaired, 'EventsDelivered')).toBeUndefined()
}
