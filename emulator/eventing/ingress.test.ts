import { beforeAll, describe, expect, test } from 'vitest'
import { aBroker, anEvent, anEventing, aTrigger } from './fixtures.ts'
import { INGRESS_HOST } from './ingress.ts'

const stage = anEventing()
const received = stage.listen('subscriber.default.svc.cluster.local')

beforeAll(async () => {
  stage.service('subscriber')
  stage.apply(aBroker(), aTrigger('subscriber'))
  await stage.world.advance(10)
})

const post = async (headers: Record<string, string>, body = '{}', path = '/default/broker', method = 'POST') => {
  const before = received.length
  const { status } = await stage.network.send(`http://${INGRESS_HOST}${path}`, { method, headers, body })
  return { status, shown: received.slice(before) }
}
const without = (name: keyof typeof anEvent): Record<string, string> => {
  const { [name]: _, ...rest } = anEvent
  return rest
}
const structured = { 'content-type': 'application/cloudevents+json; charset=utf-8' }
const attributes = { id: 's-1', source: '/s', specversion: '1.0', type: 'structured' }

describe('the ingress answers', () => {
  test.each([
    ['202 to an event', 202, anEvent, '/default/broker', 'POST'],
    ['202 with a slash at the end', 202, anEvent, '/default/broker/', 'POST'],
    ['404 for a Broker that does not exist', 404, anEvent, '/default/other', 'POST'],
    ['404 at the root', 404, anEvent, '/', 'POST'],
    ['400 for another path', 400, anEvent, '/default/broker/more', 'POST'],
    ['405 to GET', 405, anEvent, '/default/broker', 'GET'],
    ['200 to OPTIONS', 200, anEvent, '/default/broker', 'OPTIONS'],
    ['400 without an id', 400, without('ce-id'), '/default/broker', 'POST'],
    ['400 without a source', 400, without('ce-source'), '/default/broker', 'POST'],
    ['400 without a type', 400, without('ce-type'), '/default/broker', 'POST'],
    ['400 without a version', 400, without('ce-specversion'), '/default/broker', 'POST'],
    ['400 for a name in capitals', 400, { ...anEvent, 'ce-Wrong_name': 'a' }, '/default/broker', 'POST'],
    ['400 for a time that is none', 400, { ...anEvent, 'ce-time': 'noon' }, '/default/broker', 'POST'],
    ['400 when the time to live is spent', 400, { ...anEvent, 'ce-knativebrokerttl': '1' }, '/default/broker', 'POST'],
    ['400 for a batch', 400, { 'content-type': 'application/cloudevents-batch+json' }, '/default/broker', 'POST'],
  ])('%s', async (_, status, headers, path, method) => {
    expect((await post(headers, '{}', path, method)).status).toBe(status)
  })
})

test('data goes through as the bytes that came', async () => {
  const body = '{"big": 12345678901234567890,  "a":1}'
  expect((await post(anEvent, body)).shown).toMatchObject([{ body, headers: { 'content-type': 'application/json' } }])
})

test('a structured event arrives as a binary one', async () => {
  const { shown } = await post(structured, JSON.stringify({ ...attributes, count: 3, data: { a: 1 } }))
  expect(shown).toMatchObject([{ body: '{"a":1}', headers: { 'ce-id': 's-1', 'ce-count': '3' } }])
})

test('a structured event may have its data as base64', async () => {
  const data = { datacontenttype: 'text/plain', data_base64: Buffer.from('hello').toString('base64') }
  const { shown } = await post(structured, JSON.stringify({ ...attributes, ...data }))
  expect(shown).toMatchObject([{ body: 'hello', headers: { 'content-type': 'text/plain' } }])
})

test.each([
  ['text that is no JSON', 'nonsense'],
  ['an event without a type', JSON.stringify({ ...attributes, type: undefined })],
])('a structured request is refused: %s', async (_, body) => {
  expect((await post(structured, body)).status).toBe(400)
})

test('of the headers of a publisher only some are handed on', async () => {
  const { shown } = await post({
    ...anEvent,
    'x-request-id': '1',
    'knative-hint': '2',
    'x-b3-traceid': '3',
    authorization: 'secret',
    'kn-namespace': 'elsewhere',
  })
  expect(shown[0]?.headers).toMatchObject({
    ...{ 'x-request-id': '1', 'knative-hint': '2', 'x-b3-traceid': '3', 'kn-namespace': 'default' },
  })
  expect(shown[0]?.headers).not.toHaveProperty('authorization')
})

test('a Broker without its channel answers 500, and so does one whose dispatcher is away', async () => {
  const early = anEventing()
  early.apply(aBroker())
  expect((await early.publish()).status).toBe(500)
  await early.world.advance(10)
  expect((await early.publish()).status).toBe(202)
  early.eventing.faults.set({ isDispatcherDown: true })
  expect((await early.publish()).status).toBe(500)
})
