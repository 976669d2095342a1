import type { IncomingMessage } from 'node:http'
import { Agent, request } from 'node:https'

/** An answer of the API server with a status of 400 or more. */
export class ApiError extends Error {
  readonly code: number
  readonly reason: string

  constructor(message: string, code: number, reason: string) {
    super(message)
    this.name = 'ApiError'
    this.code = code
    this.reason = reason
  }
}

export type PatchType = 'merge' | 'strategic-merge' | 'json'

/** One line of a watch. `object` is a `Status` when `type` is `ERROR`. */
export type WatchEvent<T> = {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'
  readonly object: T
}

/**
 * Plain JSON over HTTPS with one identity. No retries: every call throws `ApiError` for an answer of 400 or more, and
 * the connection's own error when there is no answer. The caller says what type an answer has; nothing checks it.
 */
export type ApiClient = {
  readonly get: <T>(path: string) => Promise<T>
  readonly post: <T>(path: string, body: unknown) => Promise<T>
  readonly put: <T>(path: string, body: unknown) => Promise<T>
  readonly patch: <T>(path: string, type: PatchType, body: unknown) => Promise<T>
  readonly delete: <T>(path: string, options?: unknown) => Promise<T>
  /** Ends when the server ends the watch; throws when the connection breaks or `signal` is aborted. */
  readonly watch: <T>(path: string, signal: AbortSignal) => AsyncGenerator<WatchEvent<T>>
  readonly close: () => void
}

export type ApiAccess = { readonly server: string; readonly ca: string; readonly token: string }

type Call = { readonly body?: unknown; readonly contentType?: string; readonly signal?: AbortSignal }

/** A connection without a request goes before the API server closes it, which it does after 90 s: it may just then be taken for a request. */
const UNUSED_MS = 60_000

export function connectApi({ server, ca, token }: ApiAccess): ApiClient {
  const agent = new Agent({ keepAlive: true, ca, maxSockets: 64, timeout: UNUSED_MS })

  const send = (method: string, path: string, call: Call): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const payload = call.body === undefined ? undefined : JSON.stringify(call.body)
      const headers = { authorization: `Bearer ${token}`, accept: 'application/json' }
      // Node leaves the length of a DELETE's body out by itself.
      const length = payload === undefined ? {} : { 'content-length': Buffer.byteLength(payload) }
      const outgoing = request(new URL(path, server), {
        agent,
        method,
        headers: { ...headers, ...length, ...(call.contentType && { 'content-type': call.contentType }) },
        ...(call.signal && { signal: call.signal }),
      })
      outgoing.on('response', resolve).on('error', reject)
      outgoing.end(payload)
    })

  const call = async <T>(method: string, path: string, what: Call = {}): Promise<T> => {
    const response = await send(method, path, { contentType: 'application/json', ...what })
    const text = await textOf(response)
    refuse(method, path, response, text)
    return (text.startsWith('{') ? JSON.parse(text) : text) as T // as the caller says
  }

  return {
    get: (path) => call('GET', path),
    post: (path, body) => call('POST', path, { body }),
    put: (path, body) => call('PUT', path, { body }),
    patch: (path, type, body) => call('PATCH', path, { body, contentType: `application/${type}-patch+json` }),
    delete: (path, options) => call('DELETE', path, { body: options }),
    watch: async function* <T>(path: string, signal: AbortSignal) {
      const response = await send('GET', path, { signal })
      if (isRefusal(response)) refuse('GET', path, response, await textOf(response))
      for await (const line of linesOf(response)) yield JSON.parse(line) as WatchEvent<T>
    },
    close: () => agent.destroy(),
  }
}

async function* linesOf(response: IncomingMessage): AsyncGenerator<string> {
  response.setEncoding('utf8')
  let rest = ''
  for await (const chunk of response) {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
}

async function textOf(response: IncomingMessage): Promise<string> {
  response.setEncoding('utf8')
  let text = ''
  for await (const chunk of response) text += chunk
  return text
}

function isRefusal(response: IncomingMessage): boolean {
  return (response.statusCode ?? 0) >= 400
}

function refuse(method: string, path: string, response: IncomingMessage, text: string): void {
  if (!isRefusal(response)) return
  const code = response.statusCode ?? 0
  const status = (text.startsWith('{') ? JSON.parse(text) : { message: text }) as { message?: string; reason?: string }
  throw new ApiError(
    `${method} ${path}: API server answered ${code}: ${status.message ?? ''}`,
    code,
    status.reason ?? '',
  )
}
