import type { ServerResponse } from 'node:http'
import { expect, onTestFinished, test } from 'vitest'
import { type StubAnswer, startStubServer } from '#test/stub-server.ts'
import { createTransport } from './transport.ts'

const path = '/api/v1/pods?watch=true'

const toServer = async (...answers: readonly StubAnswer[]) => {
  const server = await startStubServer(answers)
  const headers = async (renew = false) => ({ authorization: renew ? 'Bearer renewed' : 'Bearer remembered' })
  const transport = createTransport({ server: server.url, tls: {}, headers }, 10)
  onTestFinished(() => transport.close())
  const stop = new AbortController()
  return { server, stop, watch: () => transport.watch(path, stop.signal) }
}

const all = async (events: AsyncIterable<unknown>) => {
  const found: unknown[] = []
  for await (const event of events) found.push(event)
  return found
}

/** Writes the chunks one after the other, each in a packet of its own, then does `end`. */
const inChunks =
  (
    chunks: readonly (string | Buffer)[],
    end: (response: ServerResponse) => void = (response) => response.end(),
  ): StubAnswer =>
  async (_request, response) => {
    for (const chunk of chunks) {
      await new Promise<void>((resolve) => response.write(chunk, () => resolve()))
      await new Promise(setImmediate)
    }
    end(response)
  }

test('a watch gives one object a line, wherever the packets are cut', async () => {
  const text = Buffer.from('{"type":"ADDED","name":"läuft"}\n{"type":"BOOKMARK"}\n{"type":"DELETED"}\n')
  const at = text.indexOf('ä') + 1
  const { watch, server } = await toServer(inChunks([text.subarray(0, at), text.subarray(at, 60), text.subarray(60)]))
  const { status, events } = await watch()
  expect(status).toBe(200)
  expect(await all(events)).toEqual([{ type: 'ADDED', name: 'läuft' }, { type: 'BOOKMARK' }, { type: 'DELETED' }])
  expect(server.requests[0]).toMatchObject({ method: 'GET', url: path })
})

test('a watch that is refused says how, and has no events', async () => {
  const { watch } = await toServer({ status: 410, body: { kind: 'Status', code: 410 } })
  const { status, events } = await watch()
  expect([status, await all(events)]).toEqual([410, []])
})

test('a watch is asked for once more with credentials read anew', async () => {
  const { watch, server } = await toServer({ status: 401 }, inChunks(['{}\n']))
  expect(await all((await watch()).events)).toEqual([{}])
  expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer remembered', 'Bearer renewed'])
})

test('a watch that breaks off throws after what came', async () => {
  const { watch } = await toServer(inChunks(['{"a":1}\n'], (response) => response.destroy()))
  const { events } = await watch()
  const found: unknown[] = []
  await expect(async () => {
    for await (const event of events) found.push(event)
  }).rejects.toThrow()
  expect(found).toEqual([{ a: 1 }])
})

test('a watch ends with its signal, and its connection with it', async () => {
  const closed = Promise.withResolvers<void>()
  const { watch, stop } = await toServer((request, response) => {
    request.socket.once('close', () => closed.resolve())
    response.write('{"a":1}\n')
  })
  const { events } = await watch()
  const reading = all(events)
  stop.abort()
  await expect(reading).rejects.toThrow()
  await closed.promise
})

test('a watch that nobody answers is unreachable', async () => {
  const { watch } = await toServer((request) => void request.socket.destroy())
  await expect(watch()).rejects.toMatchObject({ name: 'UnreachableError', message: expect.stringContaining(path) })
})
