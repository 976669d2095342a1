import { CloudEvent, HTTP, type Message } from 'cloudevents'
import fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import type { Announcement, FunctionDefinition, Outcome, Ports } from '#sdk/index.ts'
import { decodeCloudEvent } from './decode.ts'
import type { Metrics } from './metrics.ts'

/** etcd takes no object above 1.5 MiB; with its JSON and attributes an event about one stays well below. */
const BODY_LIMIT = 4 * 1024 * 1024

/** How much of a body above the limit is read all the same: who is still sending cannot hear an answer. */
const DISCARD_LIMIT = 64 * 1024 * 1024

/** From the first byte of a request to its last. */
const REQUEST_MS = 30_000

/**
 * How long a connection without a request stays open: longer than the 90 s after which a Go client (Go's net/http, DefaultTransport) gives it up.
 * Closed by us first, it may just then be taken for a request, which fails though nothing is wrong.
 */
const KEEP_ALIVE_MS = 120_000

const TOO_LARGE = Symbol('too large')

const readBody = async (payload: AsyncIterable<Buffer>): Promise<string | typeof TOO_LARGE> => {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of payload) {
    size += chunk.length
    if (size <= BODY_LIMIT) chunks.push(chunk)
    if (size > DISCARD_LIMIT) break
  }
  return size > BODY_LIMIT ? TOO_LARGE : Buffer.concat(chunks).toString()
}

/** Instead of the compilers that Fastify loads by default, a third of the code of a cold start. */
const noSchemas = (): never => {
  throw new Error('no route has a schema')
}

/**
 * The HTTP host of one function, not yet listening. `POST` to any path is an event; `/health/liveness` and `/health/readiness` touch
 * nothing. Every answer has an empty body, but for a reply event: a broker takes another body for a broken reply, and a long one
 * behind an error ends Knative's in-memory dispatcher.
 */
export const buildKnativeHost = (
  fn: FunctionDefinition,
  ports: Ports,
  metrics: Pick<Metrics, 'observe' | 'malformed'>,
): FastifyInstance => {
  const app = fastify({
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    requestTimeout: REQUEST_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    schemaController: { compilersFactory: { buildValidator: noSchemas, buildSerializer: noSchemas } },
    frameworkErrors: (_error, _request, reply) => void reply.raw.writeHead(400, { 'content-length': 0 }).end(),
    clientErrorHandler: (_error, socket) => {
      if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
    },
  })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request: unknown, payload: AsyncIterable<Buffer>) => readBody(payload))

  // Closing waits for the events in hand, and for nothing else: not for connections that are kept alive, nor for peers that say nothing.
  const inHand = new Set<FastifyRequest>()
  let isClosing = false
  const hangUp = () => {
    if (isClosing && inHand.size === 0) app.server.closeAllConnections()
  }
  app.addHook('preClose', async () => {
    isClosing = true
    hangUp()
  })
  app.addHook('onSend', async (_request, reply) => {
    if (isClosing) reply.header('connection', 'close')
  })
  app.addHook('onResponse', async (request) => {
    inHand.delete(request)
    hangUp()
  })

  app.get('/health/liveness', (_request, reply) => reply.code(200).send())
  app.get('/health/readiness', (_request, reply) => reply.code(200).send())
  app.setNotFoundHandler((_request, reply) => reply.code(404).send())

  app.post('/*', async (request, reply) => {
    inHand.add(request)
    const start = performance.now()
    const receivedAt = ports.now()
    const { body = '' } = request as { body?: Awaited<ReturnType<typeof readBody>> }
    const event = body === TOO_LARGE ? undefined : decodeCloudEvent(request.headers, body)
    if (!event) {
      metrics.malformed()
      return reply.code(body === TOO_LARGE ? 413 : 400).send()
    }
    const outcome = await fn.handle(event, ports)
    metrics.observe(outcome, (performance.now() - start) / 1000)
    ports.log.debug({ ...stationsOf(event), receivedAt, state: outcome.state }, 'answered')
    const { status, headers = {}, body: said } = answerOf(outcome, { event, fn, now: ports.now() })
    return reply.code(status).headers(headers).send(said)
  })

  // What Fastify itself refuses: a content type that is none, a body that ends early. Anything else is a mistake of ours: try again.
  app.setErrorHandler((error: { statusCode?: number; code?: string; message: string }, _request, reply) => {
    const isTheirs = (error.statusCode ?? 500) < 500 || error.code === 'ECONNRESET'
    if (isTheirs) metrics.malformed()
    else ports.log.error({ cause: error.message }, 'request not handled')
    return reply.code(isTheirs ? 400 : 503).send()
  })
  return app
}

/** When an event left its source and reached the broker, beside what it is about: where its time went. */
const stationsOf = ({ subject, time, knativearrivaltime }: CloudEvent<unknown>) => ({
  subject,
  sourceAt: time,
  brokerAt: knativearrivaltime,
})

/** The event that had this outcome, who handled it, and when. */
export type Handled = { readonly event: CloudEvent<unknown>; readonly fn: FunctionDefinition; readonly now: Date }

export type Answer = { readonly status: number; readonly headers?: Message['headers']; readonly body?: unknown }

/** The one place where an outcome becomes an HTTP answer. Which codes a broker delivers again: knative.dev/eventing, pkg/kncloudevents/retries.go. */
export const answerOf = (outcome: Outcome, handled: Handled): Answer => {
  switch (outcome.state) {
    case 'settled':
    case 'waiting':
      return outcome.announce ? replyOf(outcome.announce, handled) : { status: 204 }
    case 'rejected':
      return { status: 422 }
    case 'failed':
      return { status: 503 }
  }
}

/** Its id follows from that of its cause: who gets it twice, since the cause was delivered twice, can tell. */
const replyOf = ({ type, subject, data }: Announcement, { event, fn, now }: Handled): Answer => {
  const from = { id: `${event.id}/${fn.name}`, source: `/dormouse/${fn.name}`, time: now.toISOString() }
  const { headers, body } = HTTP.binary(new CloudEvent({ ...from, type, subject, data }))
  return { status: 200, headers, body }
}
