import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { ApiServer } from '../api-server/server.ts'
import { badRequest, StatusError, statusBody } from '../api-server/status.ts'
import type { Request, User, WatchStream } from '../api-server/types.ts'

/**
 * `undefined` for a token that is nobody's: 401. Who sends none is asked for too, since kubectl keeps its token to itself
 * over plain HTTP; the real server's answer to that is 401.
 */
export type Authenticate = (token: string | undefined) => User | undefined

const methods: readonly string[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']
const longestBody = 3 * 1024 * 1024

/** The API server over plain HTTP: JSON in and out, watches as lines. The caller listens and closes. */
export function httpEdge(api: ApiServer, authenticate: Authenticate): Server {
  return createServer((incoming, outgoing) => {
    answer(api, authenticate, incoming, outgoing).catch((error: unknown) => {
      if (!outgoing.headersSent)
        send(outgoing, 500, {}, statusBody(new StatusError(500, 'InternalError', String(error))))
      else outgoing.destroy()
    })
  })
}

async function answer(
  api: ApiServer,
  authenticate: Authenticate,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const token = /^Bearer (.+)$/i.exec(incoming.headers.authorization ?? '')?.[1]
  const user = authenticate(token)
  if (!user) return send(outgoing, 401, {}, statusBody(new StatusError(401, 'Unauthorized', 'Unauthorized')))
  const method = incoming.method ?? ''
  if (!methods.includes(method))
    return send(
      outgoing,
      405,
      {},
      statusBody(
        new StatusError(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {}),
      ),
    )
  const text = await textOf(incoming)
  if (text === undefined)
    return send(
      outgoing,
      413,
      {},
      statusBody(new StatusError(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${longestBody}`)),
    )
  const headers = Object.fromEntries(Object.entries(incoming.headers).map(([key, value]) => [key, String(value)]))
  const body = parsed(text, headers['content-type'] ?? '', method)
  if (body instanceof StatusError) return send(outgoing, body.code, {}, statusBody(body))
  // `methods` has the method, and Node's parser has read the path
  const response = api.handle({
    method: method as Request['method'],
    path: incoming.url ?? '/',
    headers,
    user,
    ...(body !== undefined && { body }),
  })
  if ('watch' in response) return stream(outgoing, response.watch)
  send(outgoing, response.status, response.headers, response.body)
}

function parsed(text: string, contentType: string, method: string): unknown {
  if (text === '') return undefined
  if (/yaml/.test(contentType) && !text.trimStart().startsWith('{'))
    return new StatusError(501, 'NotImplemented', 'the embedded control plane does not implement YAML bodies')
  if (/protobuf/.test(contentType))
    return new StatusError(501, 'NotImplemented', 'the embedded control plane does not implement protobuf bodies')
  try {
    return JSON.parse(text) as unknown
  } catch {
    return badRequest(
      method === 'PATCH'
        ? 'error decoding patch: the body is no JSON'
        : "couldn't get version/kind; json parse error: the body is no JSON",
    )
  }
}

async function textOf(incoming: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of incoming) {
    size += (chunk as Buffer).length // no encoding is set
    if (size > longestBody) return undefined
    chunks.push(chunk as Buffer)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function send(
  outgoing: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: unknown,
): void {
  const text = typeof body === 'string' ? body : `${JSON.stringify(body)}\n`
  const { warning, ...others } = headers
  if (warning !== undefined) outgoing.setHeader('warning', warning.split(/, (?=299 - )/))
  outgoing.writeHead(status, {
    'content-type': 'application/json',
    ...others,
    'content-length': Buffer.byteLength(text),
  })
  outgoing.end(text)
}

function stream(outgoing: ServerResponse, watch: WatchStream): void {
  outgoing.writeHead(200, { 'content-type': 'application/json' })
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
