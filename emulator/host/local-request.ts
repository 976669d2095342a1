import { Agent, request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import type { HttpRequest, HttpResponse } from '../network.ts'

/** Requests to one port of this machine, over connections that are kept. */
export function localRequests(port: number): {
  readonly send: (request: HttpRequest & { readonly path: string }) => Promise<HttpResponse>
  readonly close: () => void
} {
  const agent = new Agent({ keepAlive: true })
  const once = (request: HttpRequest & { readonly path: string }): Promise<HttpResponse> =>
    new Promise((resolve, reject) => {
      const { 'content-length': _, 'transfer-encoding': __, connection: ___, ...headers } = request.headers
      const body = Buffer.from(request.body)
      const outgoing = httpRequest(
        {
          agent,
          host: '127.0.0.1',
          port,
          method: request.method,
          path: request.path,
          headers: { ...headers, ...(body.length > 0 && { 'content-length': body.length }) },
        },
        (incoming) => {
          const chunks: Buffer[] = []
          incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
          incoming.on('error', reject)
          incoming.on('end', () =>
            resolve({
              status: incoming.statusCode ?? 0,
              headers: headersOf(incoming.headers),
              body: Buffer.concat(chunks).toString('utf8'),
            }),
          )
        },
      )
      outgoing.on('error', (error) => reject(Object.assign(error, { wasReused: outgoing.reusedSocket })))
      outgoing.end(body)
    })
  return {
    send: (request) =>
      once(request).catch((error: Error & { code?: string; wasReused?: boolean }) => {
        // The peer closed an idle connection just as we took it: it has not seen the request.
        if (error.wasReused && error.code === 'ECONNRESET') return once(request)
        throw error
      }),
    close: () => agent.destroy(),
  }
}

/** Of the message; those of the connection are left out. */
const headersOf = (headers: IncomingHttpHeaders): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(headers)
      .filter(([key]) => !['connection', 'keep-alive', 'transfer-encoding'].includes(key))
      .map(([key, value]) => [key, Array.isArray(value) ? value.join(', ') : (value ?? '')]),
  )
