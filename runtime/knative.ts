import { CloudEvent, HTTP } from 'cloudevents'
import fastify, { type FastifyInstance, type FastifyReply } from 'fastify'
import type { Announcement, FunctionDefinition, Outcome, Ports } from '#sdk/index.ts'
import { decodeCloudEvent } from './decode.ts'
import type { Metrics } from './metrics.ts'

/** etcd takes no object above 1.5 MiB; with its JSON and attributes an event about one stays well below. */
const BODY_LIMIT = 4 * 1024 * 1024

/** Instead of the compilers that Fastify loads by default, a third of the code of a cold start. */
const noSchemas = (): never => {
  throw new Error('no route has a schema')
}

/**
 * The HTTP host of one function, not yet listening. `POST` to any path is an event; `/health/liveness` and `/health/readiness` touch
 * nothing. Every answer has an empty body, but for a reply event: a broker takes another body for a broken reply, and a long one
 * behind an error ends Knative's in-memory dispatcher.
 */
export const buildKnativeHost = (fn: FunctionDefinition, ports: Ports, metrics: Metrics): FastifyInstance => {
  const app = fastify({
    bodyLimit: BODY_LIMIT,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    schemaController: { compilersFactory: { buildValidator: noSchemas, buildSerializer: noSchemas } },
    frameworkErrors: (_error, _request, reply) => void reply.raw.writeHead(400, { 'content-length': 0 }).end(),
    clientErrorHandler: (_error, socket) => {
      if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
    },
  })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body))

  // A connection that is busy when the host closes would be kept alive after its answer, and the process with it.
  let isClosing = false
  app.addHook('preClose', async () => {
    isClosing = true
  })
  app.addHook('onSend', async (_request, reply) => {
    if (isClosing) reply.header('connection', 'close')
  })

  app.get('/health/liveness', (_request, reply) => reply.code(200).send())
  app.get('/health/readiness', (_request, reply) => reply.code(200).send())
  app.setNotFoundHandler((_request, reply) => reply.code(404).send())

  app.post('/*', async (request, reply) => {
    const start = performance.now()
    const event = decodeCloudEvent(request.headers, typeof request.body === 'string' ? request.body : '')
    if (!event) {
      metrics.malformed()
      return reply.code(400).send()
    }
    const outcome = await fn.handle(event, ports)
    metrics.observe(outcome, (performance.now() - start) / 1000)
    return answer(outcome, fn, reply)
  })

  // What Fastify itself refuses: a body above the limit, one that ends early. Anything else is a mistake of ours: try again.
  app.setErrorHandler((error: { statusCode?: number; message: string }, _request, reply) => {
    const status = error.statusCode ?? 503
    if (status === 413 || status === 400) metrics.malformed()
    else ports.log.error({ cause: error.message }, 'request not handled')
    return reply.code(status < 500 ? (status === 413 ? 413 : 400) : 503).send()
  })
  return app
}

/** The one place where an outcome becomes an HTTP answer. Which codes a broker delivers again: knative.dev/eventing, pkg/kncloudevents/retries.go. */
const answer = (outcome: Outcome, fn: FunctionDefinition, reply: FastifyReply) => {
  switch (outcome.state) {
    case 'settled':
    case 'waiting':
      return outcome.announce ? replyWith(outcome.announce, fn, reply) : reply.code(204).send()
    case 'rejected':
      return reply.code(422).send()
    case 'failed':
      return reply.code(503).send()
  }
}

const replyWith = ({ type, subject, data }: Announcement, fn: FunctionDefinition, reply: FastifyReply) => {
  const { headers, body } = HTTP.binary(new CloudEvent({ type, source: `/dormouse/${fn.name}`, subject, data }))
  return reply.code(200).headers(headers).send(body)
}
