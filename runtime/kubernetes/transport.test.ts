import { syncBuiltinESMExports } from 'node:module'
import timers from 'node:timers/promises'
import { TLSSocket } from 'node:tls'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { type StubAnswer, startStubServer, stubCertificate, stubKey } from '#test/stub-server.ts'
import type { Connection } from './connection.ts'
import { type Call, createTransport } from './transport.ts'

const call: Call = { method: 'GET', path: '/api/v1/pods' }

const aTransport = (connection: Partial<Connection> & Pick<Connection, 'server'>, maxSockets = 10) => {
  const headers = async (renew = false) => ({ authorization: renew ? 'Bearer renewed' : 'Bearer remembered' })
  const transport = createTransport({ tls: {}, headers, ...connection }, maxSockets)
  onTestFinished(() => transport.close())
  return transport
}

/** A transport to a server that gives these answers. */
const toServer = async (...answers: readonly StubAnswer[]) => {
  const server = await startStubServer(answers)
  return { ...aTransport({ server: server.url }), ...server }
}

const reset: StubAnswer = (request) => void request.socket.destroy()
const silence: StubAnswer = () => undefined

describe('a call', () => {
  it('brings the answer back as it is', async () => {
    const { send } = await toServer({ status: 418, headers: { 'x-a': 'b' }, body: 'läuft' })
    expect(await send(call)).toMatchObject({ status: 418, headers: { 'x-a': 'b' }, body: 'läuft' })
  })

  it('reads what is JSON', async () => {
    const { send } = await toServer({ body: { items: ['läuft'] } })
    expect((await send(call)).body).toEqual({ items: ['läuft'] })
  })

  it('says who we are and what we take', async () => {
    const { send, requests } = await toServer({})
    await send(call)
    await send({ ...call, accept: 'application/json;as=Table' })
    expect(requests[0]).toMatchObject({
      method: 'GET',
      url: '/api/v1/pods',
      body: '',
      headers: { accept: 'application/json', authorization: 'Bearer remembered', 'user-agent': 'dormouse' },
    })
    expect(requests[0]?.headers).not.toHaveProperty('content-type')
    expect(requests[1]?.headers.accept).toBe('application/json;as=Table')
  })

  it('carries its body, counted in bytes', async () => {
    const { send, requests } = await toServer({})
    await send({ method: 'PATCH', path: '/', body: { text: 'läuft' }, contentType: 'application/merge-patch+json' })
    expect(requests[0]).toMatchObject({
      method: 'PATCH',
      body: '{"text":"läuft"}',
      headers: { 'content-type': 'application/merge-patch+json', 'content-length': '17' },
    })
  })

  it('goes below the path of the server, where it has one', async () => {
    const server = await startStubServer([{}])
    await aTransport({ server: new URL('/k8s/clusters/c-1/', server.url) }).send(call)
    expect(server.requests[0]?.url).toBe('/k8s/clusters/c-1/api/v1/pods')
  })
})

describe('connections', () => {
  it('are kept: calls one after the other share one', async () => {
    const { send, requests } = await toServer({})
    for (let i = 0; i < 5; i++) await send(call)
    expect(requests.map(({ connection }) => connection)).toEqual([1, 1, 1, 1, 1])
  })

  it('are no more than the bound', async () => {
    const server = await startStubServer([(_, response) => void setImmediate(() => response.end('{}'))])
    const { send } = aTransport({ server: server.url }, 2)
    await Promise.all(Array.from({ length: 8 }, () => send(call)))
    expect(new Set(server.requests.map(({ connection }) => connection)).size).toBe(2)
  })

  it('that the server has closed meanwhile cost one repetition', async () => {
    const { send, requests } = await toServer({}, reset, { body: 'there' })
    await send(call)
    expect((await send(call)).body).toBe('there')
    expect(requests.map(({ connection }) => connection)).toEqual([1, 1, 2])
  })

  it('that the server closes again are not tried a third time', async () => {
    const { send, requests } = await toServer({}, reset, reset, {})
    await send(call)
    await expect(send(call)).rejects.toMatchObject({ name: 'UnreachableError' })
    expect(requests).toHaveLength(3)
  })

  it('that are new and reset are not repeated', async () => {
    const { send, requests, url } = await toServer(reset)
    await expect(send(call)).rejects.toMatchObject({
      name: 'UnreachableError',
      message: `GET /api/v1/pods: no answer from ${url.host}: socket hang up`,
    })
    expect(requests).toHaveLength(1)
  })

  it('are none where nobody listens', async () => {
    const nobody = aTransport({ server: new URL('http://127.0.0.1:1') })
    await expect(nobody.send(call)).rejects.toMatchObject({ name: 'UnreachableError' })
  })
})

describe('an answer that does not come', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
  afterEach(() => void vi.useRealTimers())

  it.each([
    ['at all', silence],
    ['to its end', ((_, response) => void response.writeHead(200).write('{"half":')) satisfies StubAnswer],
  ])('%s is waited for ten seconds, and not asked for again', async (_, answer) => {
    const { send, received, requests } = await toServer(answer)
    const states: string[] = []
    const sent = send(call).then(
      () => states.push('answered'),
      (error: Error) => states.push(error.name),
    )
    await received(1)
    await vi.advanceTimersByTimeAsync(9_999)
    expect(states).toEqual([])
    await vi.advanceTimersByTimeAsync(1)
    await sent
    expect(states).toEqual(['UnreachableError'])
    expect(requests).toHaveLength(1)
  })

  it('leaves no timer behind where it does come', async () => {
    const { send } = await toServer({})
    await send(call)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('because it breaks off is no answer', async () => {
    const { send } = await toServer((request, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('{"half":')
      setImmediate(() => request.socket.destroy())
    })
    await expect(send(call)).rejects.toMatchObject({ name: 'UnreachableError' })
  })
})

describe('a 429', () => {
  /** Pauses take no time here; how long they were to be is written down. */
  const pauses: unknown[] = []
  const { setTimeout: realPause } = timers
  beforeEach(() => {
    pauses.length = 0
    timers.setTimeout = async <T>(delay?: number, value?: T) => {
      pauses.push(delay)
      return value as T
    }
    syncBuiltinESMExports()
  })
  afterEach(() => {
    timers.setTimeout = realPause
    syncBuiltinESMExports()
  })
  const throttled = (seconds?: string): StubAnswer => ({
    status: 429,
    ...(seconds !== undefined && { headers: { 'retry-after': seconds } }),
  })

  it('is obeyed for as long as it says', async () => {
    const { send, requests } = await toServer(throttled('3'), throttled('5'), { body: 'there' })
    expect((await send(call)).body).toBe('there')
    expect(pauses).toEqual([3000, 5000])
    expect(requests).toHaveLength(3)
  })

  it.each([undefined, '0', 'soon', 'Wed, 21 Oct 2026 07:28:00 GMT'])(
    'that says %j is obeyed for a second',
    async (seconds) => {
      const { send } = await toServer(throttled(seconds), {})
      await send(call)
      expect(pauses).toEqual([1000])
    },
  )

  it('that asks for more than an event can wait is passed on at once', async () => {
    const { send, requests } = await toServer(throttled('6'))
    await expect(send(call)).rejects.toMatchObject({ name: 'ThrottledError', retryAfterSeconds: 6 })
    expect(pauses).toEqual([])
    expect(requests).toHaveLength(1)
  })

  it('that comes a fourth time is passed on', async () => {
    const { send, requests } = await toServer(throttled('1'))
    await expect(send(call)).rejects.toMatchObject({ name: 'ThrottledError', retryAfterSeconds: 1 })
    expect(pauses).toEqual([1000, 1000, 1000])
    expect(requests).toHaveLength(4)
  })
})

describe('a 401', () => {
  it('is tried once more with credentials read anew', async () => {
    const { send, requests } = await toServer({ status: 401 }, { body: 'there' })
    expect((await send(call)).body).toBe('there')
    expect(requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer remembered', 'Bearer renewed'])
  })

  it('that comes again is the answer', async () => {
    const { send, requests } = await toServer({ status: 401 })
    expect((await send(call)).status).toBe(401)
    expect(requests).toHaveLength(2)
  })
})

describe('credentials that cannot be read', () => {
  it('are as good as no answer', async () => {
    const server = await startStubServer([{}])
    const headers = () => Promise.reject(new Error('ENOENT: token'))
    const { send } = aTransport({ server: server.url, headers })
    await expect(send(call)).rejects.toMatchObject({
      name: 'UnreachableError',
      message: expect.stringContaining('ENOENT'),
    })
    expect(server.requests).toEqual([])
  })
})

describe('TLS', () => {
  it('trusts the authority of the connection and shows its certificate', async () => {
    const seen: unknown[] = []
    const answer: StubAnswer = ({ socket }, response) => {
      seen.push(socket instanceof TLSSocket && socket.getPeerCertificate().subject)
      response.end('{}')
    }
    const server = await startStubServer([answer], { isTls: true })
    const tls = { ca: stubCertificate, cert: stubCertificate, key: stubKey }
    expect((await aTransport({ server: server.url, tls }).send(call)).status).toBe(200)
    expect(seen).toEqual([expect.objectContaining({ CN: 'dormouse-test' })])
  })

  it('does not talk to a server of an unknown authority', async () => {
    const server = await startStubServer([{}], { isTls: true })
    const { send } = aTransport({ server: server.url })
    await expect(send(call)).rejects.toMatchObject({
      name: 'UnreachableError',
      message: expect.stringMatching(/self.signed/),
    })
    expect(server.requests).toEqual([])
  })
})
