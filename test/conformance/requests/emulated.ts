import { createServer } from 'node:http'
import { setImmediate } from 'node:timers/promises'
import { type ApiServer, createApiServer } from '#emulator/api-server/server.ts'
import type { Request, Response, User } from '#emulator/api-server/types.ts'
import { requestListener } from '#emulator/host/http.ts'
import { serviceAccountTokens } from '#emulator/host/tokens.ts'
import { createVirtualWorld } from '#emulator/host/virtual-world.ts'
import type { Port, Reply, Sent, Stream, WatchEvent } from './port.ts'

const admin: User = { name: 'admin', groups: ['system:masters', 'system:authenticated'], uid: 'admin' }

export const userOf = (as: string | undefined): User => {
  if (as === undefined) return admin
  const [name = '', ...groups] = as.split(',')
  return { name, groups: [...groups, 'system:authenticated'] }
}

/** Breaks a server on purpose; `seen` is what the broken one shows of itself. */
export type Fault = (handle: ApiServer['handle'], api: ApiServer) => ApiServer['handle']

/** The embedded API server, asked directly; over HTTP where the text of a body or a token is what matters. */
export function emulatedPort(fault: Fault = (handle) => handle): Port {
  const world = createVirtualWorld(1)
  const tokens = serviceAccountTokens('secret')
  const api = createApiServer({ world, signToken: tokens.sign })
  const handle = fault(api.handle, api)
  const edge = createServer(
    requestListener({ ...api, handle }, (token) =>
      token === undefined ? admin : tokens.userOf(token, api.store, world.now()),
    ),
  )
  let address: Promise<string> | undefined
  const listen = (): Promise<string> =>
    new Promise((resolve) => {
      edge.listen(0, '127.0.0.1', () => {
        const at = edge.address()
        resolve(typeof at === 'object' && at ? `http://127.0.0.1:${at.port}` : '')
      })
    })

  const overHttp = async ({ method, path, headers, body, raw = JSON.stringify(body) }: Sent): Promise<Reply> => {
    address ??= listen()
    const response = await fetch((await address) + path, { method, headers, ...(raw && { body: raw }) })
    const text = await response.text()
    return replyOf(
      response.status,
      Object.fromEntries(response.headers),
      text.startsWith('{') ? JSON.parse(text) : text,
    )
  }
  const ask = ({ method, path, headers, body, as }: Sent): Response => {
    const request: Request = {
      method: method as Request['method'], // as the cases have them
      path,
      headers,
      user: userOf(as),
      ...(body !== undefined && { body: JSON.parse(JSON.stringify(body)) as unknown }),
    }
    try {
      return handle(request)
    } catch (error) {
      return { status: 500, headers: {}, body: `it threw ${String(error)}` }
    }
  }
  const refuseStream = (response: Response): Reply => {
    if ('watch' in response) return replyOf(response.status, response.headers, 'a watch')
    return replyOf(response.status, response.headers, structuredClone(response.body))
  }

  return {
    send: async (sent) => {
      const isForEdge = sent.raw !== undefined || sent.headers['authorization'] !== undefined
      return isForEdge ? overHttp(sent) : refuseStream(ask(sent))
    },
    watch: async (sent) => {
      const response = ask(sent)
      if (!('watch' in response)) return refuseStream(response)
      const events: WatchEvent[] = []
      let isOver = false
      const { watch } = response
      watch.start(
        (event) => void events.push(structuredClone(event)),
        () => {
          isOver = true
        },
      )
      const end = (): void => {
        watch.close()
        isOver = true
      }
      if (watch.timeoutSeconds !== undefined) world.after(watch.timeoutSeconds * 1000, end)
      const stream: Stream = { events, hasEnded: () => isOver, close: watch.close }
      return { ...replyOf(200, response.headers, undefined), stream }
    },
    heard: async () => {
      await setImmediate()
    },
    wait: (seconds) => world.advance(seconds * 1000),
    compact: async () => api.store.compact(),
    close: async () => {
      if (edge.listening) await new Promise((resolve) => edge.close(resolve))
    },
  }
}

const replyOf = (status: number, headers: Readonly<Record<string, string>>, body: unknown): Reply => ({
  status,
  headers: {
    ...(headers['content-type'] !== undefined && { type: headers['content-type'] }),
    ...(headers['retry-after'] !== undefined && { retryAfter: headers['retry-after'] }),
    warnings: headers['warning']?.split(/, (?=299 - )/) ?? [],
  },
  body,
})
