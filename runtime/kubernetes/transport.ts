import { type ClientRequest, Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { setTimeout as pause } from 'node:timers/promises'
import { ThrottledError, UnreachableError } from '#sdk/errors.ts'
import type { Connection } from './connection.ts'

export type Call = {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly body?: object
  readonly contentType?: string
  readonly accept?: string
  /** An answer that is longer is not read to its end: `TooLongError`. */
  readonly mostCharacters?: number
}

export type Answer = {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  /** What the JSON says; the text where it is none, as from a proxy. */
  readonly body: unknown
}

/** Sends one call and returns whatever the API server answered. */
export type Transport = {
  send(call: Call): Promise<Answer>
  close(): void
}

const REQUEST_MS = 10_000
const USER_AGENT = 'dormouse'

/** A pause that an event can wait for; a longer one is left to the broker's retries, which cost no running process. */
const LONGEST_PAUSE_SECONDS = 5
const MOST_PAUSES = 3

/** The answer is longer than the call allows. */
export class TooLongError extends Error {}

/** The server closed a kept-alive connection, which says nothing about the server. Every call is safe to repeat. */
class StaleSocketError extends Error {}

/**
 * One pool of kept-alive connections. Obeys 429: waits as long as the server says, up to three times, then throws `ThrottledError`.
 * A 401 is tried once more with credentials read anew. Throws `UnreachableError` where no whole answer came within 10 s; a
 * write may have been carried out then. Throws `TooLongError` for an answer that is longer than its call allows.
 */
export const createTransport = (connection: Connection, maxSockets: number): Transport => {
  const isTls = connection.server.protocol === 'https:'
  const agent = isTls
    ? new HttpsAgent({ keepAlive: true, maxSockets, ...connection.tls })
    : new HttpAgent({ keepAlive: true, maxSockets })
  const base = connection.server.pathname.replace(/\/$/, '')

  const once = async (call: Call, renew: boolean): Promise<Answer> => {
    const payload = call.body === undefined ? undefined : JSON.stringify(call.body)
    const headers = {
      ...(await connection.headers(renew)),
      accept: call.accept ?? 'application/json',
      'user-agent': USER_AGENT,
      ...(payload !== undefined && {
        'content-type': call.contentType ?? 'application/json',
        'content-length': Buffer.byteLength(payload),
      }),
    }
    const { hostname, port } = connection.server
    const options = {
      agent,
      hostname: hostname.replace(/^\[|\]$/g, ''),
      port,
      method: call.method,
      path: base + call.path,
      headers,
    }
    return new Promise((resolve, reject) => {
      const outgoing: ClientRequest = isTls ? httpsRequest(options) : httpRequest(options)
      const limit = setTimeout(() => outgoing.destroy(new Error(`no answer within ${REQUEST_MS / 1000} s`)), REQUEST_MS)
      const fail = (cause: NodeJS.ErrnoException) => {
        clearTimeout(limit)
        const isStale = outgoing.reusedSocket && (cause.code === 'ECONNRESET' || cause.code === 'EPIPE')
        reject(isStale ? new StaleSocketError(cause.message, { cause }) : cause)
      }
      outgoing.on('error', fail)
      outgoing.on('response', (incoming) => {
        let text = ''
        incoming.setEncoding('utf8')
        incoming.on('data', (chunk: string) => {
          text += chunk
          if (text.length <= (call.mostCharacters ?? Number.POSITIVE_INFINITY)) return
          fail(new TooLongError(`${call.method} ${call.path}: more than ${call.mostCharacters} characters`))
          outgoing.destroy()
        })
        incoming.on('error', fail)
        incoming.on('end', () => {
          clearTimeout(limit)
          resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: read(text) })
        })
      })
      outgoing.end(payload)
    })
  }

  const onceOnLiveSocket = async (call: Call, renew = false): Promise<Answer> => {
    try {
      return await once(call, renew)
    } catch (error) {
      if (!(error instanceof StaleSocketError)) throw error
      return once(call, renew)
    }
  }

  const send = async (call: Call): Promise<Answer> => {
    try {
      for (let pauses = 0; ; pauses++) {
        let answer = await onceOnLiveSocket(call)
        if (answer.status === 401) answer = await onceOnLiveSocket(call, true)
        if (answer.status !== 429) return answer
        const seconds = Number.parseInt(answer.headers['retry-after'] ?? '1', 10) || 1
        if (pauses === MOST_PAUSES || seconds > LONGEST_PAUSE_SECONDS) {
          throw new ThrottledError(`${call.method} ${call.path}: API server asks for a pause of ${seconds} s`, seconds)
        }
        await pause(seconds * 1000)
      }
    } catch (cause) {
      if (cause instanceof ThrottledError || cause instanceof TooLongError) throw cause
      const why = cause instanceof Error ? cause.message : String(cause)
      throw new UnreachableError(`${call.method} ${call.path}: no answer from ${connection.server.host}: ${why}`, {
        cause,
      })
    }
  }

  return { send, close: () => agent.destroy() }
}

const read = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
