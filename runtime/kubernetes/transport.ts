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

/** A watch that was opened: what came, until its end. With another status than 200 it has no events. */
export type Watch = { readonly status: number; readonly events: AsyncIterable<unknown> }

/** Sends one call and returns whatever the API server answered. */
export type Transport = {
  send(call: Call): Promise<Answer>
  /** Opens a watch. Throws `UnreachableError` where no answer begins within 10 s; `events` throws where it breaks off. */
  watch(path: string, signal: AbortSignal): Promise<Watch>
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

  const open = async (
    call: Call,
    renew: boolean,
  ): Promise<{ outgoing: ClientRequest; payload: string | undefined }> => {
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
    return { outgoing: isTls ? httpsRequest(options) : httpRequest(options), payload }
  }

  const once = async (call: Call, renew: boolean): Promise<Answer> => {
    const { outgoing, payload } = await open(call, renew)
    return new Promise((resolve, reject) => {
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

  const watchOnce = async (path: string, signal: AbortSignal, renew: boolean): Promise<IncomingMessage> => {
    const { outgoing } = await open({ method: 'GET', path }, renew)
    const limit = setTimeout(() => outgoing.destroy(new Error(`no answer within ${REQUEST_MS / 1000} s`)), REQUEST_MS)
    const abort = () => outgoing.destroy(new Error('aborted'))
    signal.addEventListener('abort', abort, { once: true })
    outgoing.once('close', () => signal.removeEventListener('abort', abort))
    if (signal.aborted) abort()
    try {
      return await new Promise((resolve, reject) => {
        outgoing.on('error', reject)
        outgoing.on('response', resolve)
        outgoing.end()
      })
    } finally {
      clearTimeout(limit)
    }
  }

  const watch: Transport['watch'] = async (path, signal) => {
    try {
      let incoming = await watchOnce(path, signal, false)
      if (incoming.statusCode === 401) {
        incoming.resume()
        incoming = await watchOnce(path, signal, true)
      }
      const { statusCode: status = 0 } = incoming
      if (status === 200) return { status, events: linesOf(incoming) }
      incoming.resume()
      return { status, events: linesOf([]) }
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause)
      throw new UnreachableError(`watch ${path}: no answer from ${connection.server.host}: ${why}`, { cause })
    }
  }

  return { send, watch, close: () => agent.destroy() }
}

/** JSON objects that are divided by line feeds, read no faster than they are taken. */
async function* linesOf(chunks: AsyncIterable<Buffer> | readonly Buffer[]): AsyncGenerator<unknown> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (line !== '') yield JSON.parse(line)
  }
}

const read = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
