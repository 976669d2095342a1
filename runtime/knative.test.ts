import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { type CloudEvent, HTTP } from 'cloudevents'
import type { FastifyInstance } from 'fastify'
import { afterEach, describe, expect, it } from 'vitest'
import { PermanentError, UnreachableError } from '#sdk/errors.ts'
import type { FunctionDefinition, Log } from '#sdk/index.ts'
import { type Outcome, outcomeOf, settled } from '#sdk/outcome.ts'
import { createMemoryCluster } from '#test/memory-cluster.ts'
import { portsOn } from '#test/ports.ts'
import { buildKnativeHost } from './knative.ts'
import type { Metrics } from './metrics.ts'

const hosts: FastifyInstance[] = []
afterEach(async () => {
  for (const host of hosts.splice(0)) await host.close()
})

/** A host that listens, and what its function and its metrics got. */
const aHost = async (handle: FunctionDefinition['handle'] = async () => settled('Done'), log?: Log) => {
  const events: CloudEvent<unknown>[] = []
  const counted: string[] = []
  const fn: FunctionDefinition = {
    name: 'on-test',
    on: [],
    access: [],
    handle: (event, ports) => {
      events.push(event)
      return handle(event, ports)
    },
  }
  const metrics: Pick<Metrics, 'observe' | 'malformed'> = {
    observe: ({ state }) => void counted.push(state),
    malformed: () => void counted.push('malformed'),
  }
  const host = buildKnativeHost(fn, portsOn(createMemoryCluster(), log && { log }), metrics)
  hosts.push(host)
  const url = await host.listen({ host: '127.0.0.1', port: 0 })
  return { url, events, counted }
}

const attributes = {
  'ce-id': '1',
  'ce-source': 'https://10.0.0.1:443',
  'ce-type': 'dev.knative.apiserver.resource.update',
  'ce-specversion': '1.0',
}
const binary = { ...attributes, 'content-type': 'application/json' }

const post = async (url: string, headers: Record<string, string> = binary, body = '{"kind":"Job"}') => {
  const response = await fetch(url, { method: 'POST', headers, body })
  return { status: response.status, headers: response.headers, body: await response.text() }
}

describe('an event', () => {
  it('in binary mode reaches the function', async () => {
    const { url, events } = await aHost()
    expect(await post(url)).toMatchObject({ status: 204, body: '' })
    expect(events).toEqual([expect.objectContaining({ id: '1', data: { kind: 'Job' } })])
  })

  it('in structured mode reaches the function', async () => {
    const { url, events } = await aHost()
    const event = { id: '2', source: '/a', type: 'b', specversion: '1.0', data: { kind: 'Job' } }
    const headers = { 'content-type': 'application/cloudevents+json; charset=utf-8' }
    expect(await post(url, headers, JSON.stringify(event))).toMatchObject({ status: 204, body: '' })
    expect(events).toEqual([expect.objectContaining({ id: '2', data: { kind: 'Job' } })])
  })

  it('without data reaches the function', async () => {
    const { url, events } = await aHost()
    const response = await fetch(url, { method: 'POST', headers: attributes })
    expect(response.status).toBe(204)
    expect(events).toHaveLength(1)
  })

  it('comes over a connection that stays open for longer than a Go client keeps it without a request', async () => {
    const { headers } = await post((await aHost()).url)
    const [, seconds] = /timeout=(\d+)/.exec(headers.get('keep-alive') ?? '') ?? []
    expect(Number(seconds)).toBeGreaterThan(90)
  })

  it('may come to any path', async () => {
    const { url, events } = await aHost()
    expect((await post(`${url}/some/where?x=1`)).status).toBe(204)
    expect(events).toHaveLength(1)
  })

  it('of a megabyte is taken', async () => {
    const { url } = await aHost()
    expect((await post(url, binary, JSON.stringify({ text: 'x'.repeat(1_500_000) }))).status).toBe(204)
  })
})

describe('an outcome becomes an answer', () => {
  it.each<[Outcome, number]>([
    [settled('Done'), 204],
    [{ state: 'waiting', reason: 'Running', until: new Date(0) }, 204],
    [outcomeOf(new PermanentError('MalformedEvent', 'no')), 422],
    [outcomeOf(new UnreachableError('no answer')), 503],
  ])('$state: %#', async (outcome, status) => {
    const { url, counted } = await aHost(async () => outcome)
    expect(await post(url)).toMatchObject({ status, body: '' })
    expect(counted).toEqual([outcome.state])
  })

  it('and the announcement of one a CloudEvent of its own type', async () => {
    const announce = { type: 'dev.dormouse.test', subject: 'team-a/tidy-up', data: { phase: 'Completed' } }
    const { url } = await aHost(async () => ({ state: 'settled', reason: 'Completed', announce }))
    const { status, headers, body } = await post(url)
    expect(status).toBe(200)
    expect(headers.get('ce-id')).not.toBe('1')
    const reply = HTTP.toEvent({ headers: Object.fromEntries(headers), body })
    expect(reply).toMatchObject({ ...announce, source: '/dormouse/on-test', specversion: '1.0' })
  })

  it('of a function that throws, though it must not, that asks for another try', async () => {
    const errors: object[] = []
    const log = {
      debug: () => undefined,
      info: () => undefined,
      warn: () => undefined,
      error: (fields: object) => void errors.push(fields),
    }
    const { url } = await aHost(() => Promise.reject(new TypeError('a mistake of ours')), log)
    expect(await post(url)).toMatchObject({ status: 503, body: '' })
    expect(errors).toEqual([{ cause: 'a mistake of ours' }])
  })
})

describe('what is no event', () => {
  const { 'ce-id': _id, ...withoutId } = binary
  const { 'ce-source': _source, ...withoutSource } = binary
  const { 'ce-type': _type, ...withoutType } = binary
  const { 'ce-specversion': _version, ...withoutVersion } = binary

  it.each<[string, Record<string, string>, string?]>([
    ['lacks its id', withoutId],
    ['lacks its source', withoutSource],
    ['lacks its type', withoutType],
    ['lacks its version', withoutVersion],
    ['is of another version', { ...binary, 'ce-specversion': '0.3' }],
    ['is not the JSON that it says', binary, '{"kind":'],
    ['is a batch', { 'content-type': 'application/cloudevents-batch+json' }, '[]'],
    ['is a form', { 'content-type': 'application/x-www-form-urlencoded' }, 'a=b'],
  ])('because it %s is refused, and the function left alone', async (_, headers, body) => {
    const { url, events, counted } = await aHost()
    expect(await post(url, headers, body)).toMatchObject({ status: 400, body: '' })
    expect(events).toEqual([])
    expect(counted).toEqual(['malformed'])
  })

  it.each([{ 'content-length': 10_000_000 }, { 'transfer-encoding': 'chunked' }])(
    'because it is too large is refused once it is sent, not while it is (%o)',
    async (framing) => {
      const { url, events, counted } = await aHost()
      for (let attempt = 0; attempt < 5; attempt++) {
        const outgoing = request(url, { method: 'POST', headers: { ...binary, ...framing } })
        outgoing.end(Buffer.alloc(10_000_000))
        const [response] = (await once(outgoing, 'response')) as [IncomingMessage]
        expect(response.statusCode).toBe(413)
        expect(await text(response)).toBe('')
      }
      expect(events).toEqual([])
      expect(counted).toEqual(Array(5).fill('malformed'))
    },
  )

  it.each([
    [
      'a body that ends early',
      'POST / HTTP/1.1\r\nhost: x\r\nce-id: 1\r\ncontent-type: application/json\r\ncontent-length: 50\r\n\r\n{"kind":',
    ],
    ['a request that is no HTTP', 'POST / HTTP/9\r\n\r\n'],
    ['a path that is no path', 'POST /%zz HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n'],
  ])('because it is %s gets no body either', async (_, sent) => {
    const { url, events } = await aHost()
    const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1' })
    socket.end(sent)
    const [head = '', body] = (await text(socket)).split('\r\n\r\n')
    expect(head).toMatch(/^HTTP\/1\.1 400 /)
    expect(body ?? '').toBe('')
    expect(events).toEqual([])
  })

  it.each(['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])('but a %s is not found', async (method) => {
    const { url, events } = await aHost()
    const response = await fetch(url, { method })
    expect([response.status, await response.text()]).toEqual([404, ''])
    expect(events).toEqual([])
  })
})

describe('health', () => {
  it.each(['liveness', 'readiness'])('of the %s kind is answered without touching anything', async (kind) => {
    const { url, events, counted } = await aHost()
    const response = await fetch(`${url}/health/${kind}`)
    expect([response.status, await response.text()]).toEqual([200, ''])
    expect([...events, ...counted]).toEqual([])
  })

  it('is answered while the function is busy', async () => {
    const { promise: busy, resolve } = Promise.withResolvers<void>()
    const { url } = await aHost(async () => {
      await busy
      return settled('Done')
    })
    const slow = post(url)
    expect((await fetch(`${url}/health/readiness`)).status).toBe(200)
    resolve()
    expect((await slow).status).toBe(204)
  })
})
