import { describe, expect, test } from 'vitest'
import type { HttpResponse } from '../network.ts'
import { aBroker, anEvent, anEventing, aTrigger, status, toService } from './fixtures.ts'

const delivery = { retry: 2, backoffPolicy: 'exponential', backoffDelay: 'PT1S' }
const withLetters = { ...delivery, deadLetterSink: toService('letters') }
const TTL = 'knativebrokerttl'

/** A broker with a Trigger to `subscriber`, both ready, and a sink for dead letters. */
const aBrokerFor = async (
  answer: (count: number) => HttpResponse | Promise<HttpResponse>,
  {
    spec,
    annotations = {},
    options = {},
  }: { spec?: object; annotations?: Record<string, string>; options?: object } = {},
) => {
  const stage = anEventing(options)
  for (const name of ['subscriber', 'letters']) stage.service(name)
  const received = stage.listen('subscriber.default.svc.cluster.local', (_, count) => answer(count))
  const letters = stage.listen('letters.default.svc.cluster.local')
  stage.apply(aBroker({ delivery }, annotations), aTrigger('subscriber', spec ?? { delivery: withLetters }))
  await stage.world.advance(10)
  return { ...stage, received, letters, startedAt: stage.world.now() }
}
type Stage = Awaited<ReturnType<typeof aBrokerFor>>

const published = async (stage: Stage, ms = 60_000): Promise<number> => {
  let code = 0
  void stage.publish().then((response) => {
    code = response.status
  })
  await stage.world.advance(ms)
  return code
}
const timesOf = ({ received, startedAt }: Stage): readonly number[] => received.map(({ at }) => at - startedAt)

describe('a delivery', () => {
  test.each([404, 408, 409, 429, 500, 501, 502, 503, 504])(
    'that is answered %i is tried again, then a dead letter',
    async (code) => {
      const stage = await aBrokerFor(() => status(code))
      expect(await published(stage)).toBe(202)
      expect(timesOf(stage)).toEqual([0, 1000, 3000])
      expect(stage.letters).toHaveLength(1)
    },
  )

  test.each([301, 400, 401, 403, 405, 410, 413, 422, 425])(
    'that is answered %i is a dead letter at once',
    async (code) => {
      const stage = await aBrokerFor(() => status(code))
      expect(await published(stage)).toBe(202)
      expect(timesOf(stage)).toEqual([0])
      expect(stage.letters[0]?.headers).toMatchObject({
        'ce-knativeerrorcode': String(code),
        'ce-knativeerrordest': 'http://subscriber.default.svc.cluster.local',
        'ce-knativeerrordata': '',
        [`ce-${TTL}`]: '255',
        'ce-id': 'id-1',
        'kn-namespace': 'default',
      })
      expect(stage.letters[0]?.headers).not.toHaveProperty('prefer')
    },
  )

  test('that is refused is tried again until it succeeds', async () => {
    const stage = await aBrokerFor((count) => {
      if (count < 3) throw new Error('connect: connection refused')
      return status(204)
    })
    expect(await published(stage)).toBe(202)
    expect(timesOf(stage)).toEqual([0, 1000, 3000])
    expect(stage.letters).toEqual([])
    expect(stage.happenings).toMatchObject([
      { what: 'delivery', attempt: 1, status: 0, error: 'connect: connection refused' },
      { what: 'delivery', attempt: 2, status: 0 },
      { what: 'delivery', attempt: 3, status: 204, trigger: 'default/subscriber', event: 'id-1' },
    ])
  })

  test('with linear waits has none before the first retry', async () => {
    const stage = await aBrokerFor(() => status(500), {
      spec: { delivery: { retry: 3, backoffPolicy: 'linear', backoffDelay: 'PT1S' } },
    })
    expect(await published(stage)).toBe(500)
    expect(timesOf(stage)).toEqual([0, 0, 1000, 3000])
  })

  test('that takes longer than its timeout is tried again; its dead letter does not say why', async () => {
    const spec = { delivery: { ...withLetters, retry: 1, timeout: 'PT5S' } }
    const stage = await aBrokerFor(() => new Promise(() => undefined), { spec })
    expect(await published(stage)).toBe(202)
    expect(timesOf(stage)).toEqual([0, 6000])
    expect(stage.letters).toHaveLength(1)
    expect(Object.keys(stage.letters[0]?.headers ?? {}).filter((name) => name.includes('error'))).toEqual([])
  })

  test('that is answered with a body that is no event counts as 502', async () => {
    const stage = await aBrokerFor(() => status(200, '{"ok":true}'))
    expect(await published(stage)).toBe(202)
    expect(timesOf(stage)).toEqual([0, 1000, 3000])
    expect(stage.happenings.at(-1)).toMatchObject({ what: 'dead letter', code: 502, status: 204 })
  })

  test('takes the retries of its Trigger as a whole, and of its Broker the sink for dead letters', async () => {
    const stage = await aBrokerFor(() => status(500), { spec: { delivery: { timeout: 'PT1S' } } })
    stage.client.patch(
      { apiVersion: 'eventing.knative.dev/v1', plural: 'brokers' },
      { namespace: 'default', name: 'broker' },
      { spec: { delivery: { deadLetterSink: toService('letters') } } },
    )
    await stage.world.advance(10)
    expect(await published(stage)).toBe(202)
    expect(stage.received).toHaveLength(1)
    expect(stage.letters).toHaveLength(1)
  })

  test('takes the retries of its Broker when its Trigger says nothing', async () => {
    const stage = await aBrokerFor(() => status(500), { spec: {} })
    expect(await published(stage)).toBe(500)
    expect(timesOf(stage)).toEqual([0, 1000, 3000])
    expect(stage.happenings.at(-1)).toMatchObject({
      what: 'lost event',
      source: 'default/subscriber',
      why: 'answered 500',
    })
  })

  test('in the format json is a structured event', async () => {
    const stage = await aBrokerFor(() => status(204), { spec: { delivery: { format: 'json' } } })
    await stage.publish({}, '/default/broker', '{"a":[1]}')
    expect(stage.received[0]?.headers['content-type']).toBe('application/cloudevents+json')
    expect(JSON.parse(stage.received[0]?.body ?? '')).toMatchObject({
      id: 'id-1',
      specversion: '1.0',
      data: { a: [1] },
    })
  })
})

describe('a dead letter', () => {
  test('that its sink refuses is tried as often as the delivery, and fails the publisher', async () => {
    const stage = await aBrokerFor(() => status(422))
    const letters = stage.listen('letters.default.svc.cluster.local', () => status(503))
    expect(await published(stage)).toBe(500)
    expect(letters).toHaveLength(3)
  })

  test('has the answer as its error data, up to 768 bytes', async () => {
    const body = 'x'.repeat(768)
    const stage = await aBrokerFor(() => status(422, body))
    await published(stage)
    const data = stage.letters[0]?.headers['ce-knativeerrordata'] ?? ''
    expect(data).toHaveLength(1024)
    expect(Buffer.from(data, 'base64').toString()).toBe(body)
  })

  test('with a longer answer ends the dispatcher, with all that it holds, until it is back', async () => {
    const stage = await aBrokerFor(() => status(422, 'x'.repeat(769)))
    stage.service('other')
    const other = stage.listen('other.default.svc.cluster.local', () => new Promise(() => undefined))
    stage.apply(aTrigger('other'))
    await stage.world.advance(10)
    expect(await published(stage, 0)).toBe(500)
    expect(stage.letters).toEqual([])
    expect(other).toHaveLength(1)
    expect(stage.happenings.filter(({ what }) => what === 'lost event')).toHaveLength(2)
    expect((await stage.publish()).status).toBe(500)
    expect(stage.received).toHaveLength(1)
    await stage.world.advance(1000)
    await published(stage, 0)
    expect(stage.received).toHaveLength(2)
  })
})

describe('a reply', () => {
  const reply = { ...anEvent, 'ce-id': 'reply-1', 'ce-type': 'reply.type' }

  test('is published, with a lower time to live', async () => {
    const filters = [{ exact: { type: 'test.type' } }]
    const stage = await aBrokerFor(() => status(200, '{"answer":1}', reply), { spec: { filters, delivery } })
    stage.service('second')
    const second = stage.listen('second.default.svc.cluster.local')
    stage.apply(aTrigger('second', { filters: [{ exact: { type: 'reply.type' } }], delivery: withLetters }))
    await stage.world.advance(10)
    expect(await published(stage)).toBe(202)
    expect(second).toMatchObject([{ body: '{"answer":1}', headers: { 'ce-id': 'reply-1' } }])
    expect(stage.happenings).toMatchObject([{ trigger: 'default/subscriber' }, { trigger: 'default/second' }])
    expect(stage.received).toHaveLength(1)
  })

  test('that comes back to its Trigger goes round until its time to live is spent', async () => {
    const stage = await aBrokerFor(() => status(200, '{}', reply))
    void stage.publish({ [`ce-${TTL}`]: '4' })
    await stage.world.advance(60_000)
    expect(stage.received).toHaveLength(3)
    expect(stage.letters[0]?.headers).toMatchObject({
      [`ce-${TTL}`]: '1',
      'ce-knativeerrorcode': '400',
      'ce-knativeerrordest': 'http://broker-ingress.knative-eventing.svc.cluster.local/default/broker',
    })
  })
})

test('a publisher waits for the deliveries, unless the Broker is async', async () => {
  const annotations = { 'messaging.knative.dev/async-handler': 'true' }
  const slow = () => new Promise<HttpResponse>(() => undefined)
  expect(await published(await aBrokerFor(slow), 14 * 60_000)).toBe(0)
  expect(await published(await aBrokerFor(slow), 16 * 60_000)).toBe(500)
  expect(await published(await aBrokerFor(slow, { annotations }), 0)).toBe(202)
})

test('faults lose deliveries, and let later ones overtake', async () => {
  const annotations = { 'messaging.knative.dev/async-handler': 'true' }
  const lossy = await aBrokerFor(() => status(204), { options: { faults: { loseDeliveries: 1 } } })
  expect(await published(lossy)).toBe(202)
  expect(lossy.received).toEqual([])
  expect(lossy.happenings).toMatchObject([{ what: 'lost event', source: 'default/subscriber' }])

  const mixed = await aBrokerFor(() => status(204), { annotations, options: { faults: { reorder: 1 } } })
  const ids = Array.from({ length: 20 }, (_, index) => String(index))
  for (const id of ids) await mixed.publish({ 'ce-id': id })
  await mixed.world.advance(1000)
  const seen = mixed.received.map(({ headers }) => headers['ce-id'])
  expect(seen).not.toEqual(ids)
  expect(seen.toSorted()).toEqual(ids.toSorted())
})
