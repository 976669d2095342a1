import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import { impersonated } from '../api-server/impersonate.ts'
import { requestInfoOf } from '../api-server/request-info.ts'
import type { ApiServer } from '../api-server/server.ts'
import { methodNotAllowed, StatusError, statusBody } from '../api-server/status.ts'
import type { Request, Response, TextStream, User, WatchStream } from '../api-server/types.ts'
import { parsedBody } from './request-body.ts'

/** `undefined` for a token that is nobody's: 401. Who sends none is asked for too. */
export type Authenticate = (token: string | undefined) => User | undefined

const methods: readonly string[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']
const longestBody = 3 * 1024 * 1024

/** The API server over HTTP: JSON out, watches as lines, logs as text. Streams end when their connection does. */
export function requestListener(api: ApiServer, authenticate: Authenticate): RequestListener {
  return (incoming, outgoing) => {
    answer(api, authenticate, incoming)
      .catch(answerTo)
      .then((response) => write(outgoing, response))
      .catch(() => outgoing.destroy())
  }
}

/** The same over plain HTTP. The caller listens and closes. */
export const httpEdge = (api: ApiServer, authenticate: Authenticate): Server =>
  createServer(requestListener(api, authenticate))

function answerTo(error: unknown): Response {
  const status = error instanceof StatusError ? error : new StatusError(500, 'InternalError', String(error))
  return { status: status.code, headers: {}, body: statusBody(status) }
}

/** As Go's HTTP server answers what it takes for no request. */
const badPath: Response = {
  status: 400,
  headers: { 'content-type': 'text/plain; charset=utf-8', connection: 'close' },
  body: '400 Bad Request',
}

async function answer(api: ApiServer, authenticate: Authenticate, incoming: IncomingMessage): Promise<Response> {
  const { headers: given, headersDistinct, method = '', url: path = '/' } = incoming
  if (/%(?![0-9a-f]{2})/i.test(path.split('?')[0] ?? '')) return badPath
  const token = /^Bearer +(\S+)$/i.exec(given.authorization ?? '')?.[1]
  const authenticated = authenticate(token)
  if (!authenticated) throw new StatusError(401, 'Unauthorized', 'Unauthorized')
  const isHead = method === 'HEAD'
  // `methods` has it, or it is refused below
  const asked = (isHead ? 'GET' : method) as Request['method']
  const info = requestInfoOf({ method: asked, path })
  const user = impersonated(api.store, authenticated, headersDistinct, info)
  if (!methods.includes(asked) || (isHead && info.isResource)) throw methodNotAllowed()
  const bytes = await bytesOf(incoming)
  if (!bytes) throw new StatusError(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${longestBody}`)
  const headers = Object.fromEntries(Object.entries(given).map(([key, value]) => [key, String(value)]))
  const body = parsedBody(bytes, headers['content-type'] ?? '')
  return api.handle({ method: asked, path, headers, user, ...body })
}

async function bytesOf(incoming: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of incoming) {
    size += (chunk as Buffer).length // no encoding is set
    // Read to its end all the same: a client that still sends does not hear the answer.
    if (size <= longestBody) chunks.push(chunk as Buffer)
  }
  return size > longestBody ? undefined : Buffer.concat(chunks)
}

function write(outgoing: ServerResponse, response: Response): void {
  if ('watch' in response) {
    streamWatch(outgoing, response.watch)
    return
  }
  const { status, headers, body, more } = response
  const { warning, ...others } = headers
  if (warning !== undefined) outgoing.setHeader('warning', warning.split(/, (?=299 - )/))
  const text = typeof body === 'string' || body instanceof Uint8Array ? body : `${JSON.stringify(body)}\n`
  const common = {
    'cache-control': 'no-cache, private',
    ...(status !== 204 && { 'content-type': 'application/json' }),
    ...others,
  }
  if (more) {
    outgoing.writeHead(status, common)
    outgoing.flushHeaders()
    if (text.length > 0) outgoing.write(text)
    streamText(outgoing, more)
    return
  }
  outgoing.writeHead(status, { ...common, ...(status !== 204 && { 'content-length': Buffer.byteLength(text) }) })
  outgoing.end(text)
}

function streamText(outgoing: ServerResponse, more: TextStream): void {
  outgoing.on('close', more.close)
  more.start(
    (text) => void outgoing.write(text),
    () => void outgoing.end(),
  )
}

function streamWatch(outgoing: ServerResponse, watch: WatchStream): void {
  outgoing.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-cache, private' })
  outgoing.flushHeaders()
  const timer =
    watch.timeoutSeconds === undefined ? undefined : setTimeout(() => outgoing.end(), watch.timeoutSeconds * 1000)
  outgoing.on('close', () => {
    clearTimeout(timer)
    watch.close()
  })
  watch.start(
    (event) => void outgoing.write(`${JSON.stringify(event)}\n`),
    () => void outgoing.end(),
  )
}
