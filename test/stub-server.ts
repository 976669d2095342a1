import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'

/** An answer as JSON or as text; or whatever else a server may do to a request. */
export type StubAnswer =
  | { readonly status?: number; readonly headers?: Record<string, string>; readonly body?: unknown }
  | ((request: IncomingMessage, response: ServerResponse) => void)

export type StubRequest = {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
  /** Which connection it came on, from 1. */
  readonly connection: number
}

/** For tests of the transport: valid until 2120, for 127.0.0.1, as authority, server and client. */
export const stubKey = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgZOnWcYBRpUDFsydo
/oJ57fcSXya46jwDlgFk5nfauimhRANCAAQd9SEinAICeBzGcqy2lXUGxlcaE/N5
NjDmX2UAYO92LtFkNqvM5NELgUFW+osob74AVyVJo+cic1ojLYxOea+S
-----END PRIVATE KEY-----
`
export const stubCertificate = `-----BEGIN CERTIFICATE-----
MIIBZDCCAQqgAwIBAgIBATAKBggqhkjOPQQDAjAYMRYwFAYDVQQDDA1kb3Jtb3Vz
ZS10ZXN0MCAXDTIwMDEwMTAwMDAwMFoYDzIxMjAwMTAxMDAwMDAwWjAYMRYwFAYD
VQQDDA1kb3Jtb3VzZS10ZXN0MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEHfUh
IpwCAngcxnKstpV1BsZXGhPzeTYw5l9lAGDvdi7RZDarzOTRC4FBVvqLKG++AFcl
SaPnInNaIy2MTnmvkqNDMEEwDwYDVR0TAQH/BAUwAwEB/zAPBgNVHREECDAGhwR/
AAABMB0GA1UdDgQWBBTam85ZDrwvdnwZDL79Njgqi/wfszAKBggqhkjOPQQDAgNI
ADBFAiAVrVzi5TElN7HyJfF8vsqtAbZddt4OGImmAKgM+RLQ8QIhAM3EU6zkM5Rc
CgNMo2mZecbDNfd6Rqs5fiWJN4EYuulr
-----END CERTIFICATE-----
`

/** An HTTP server that gives the answers in turn, the last one for ever, until the test is over. */
export const startStubServer = async (answers: readonly StubAnswer[], options: { readonly isTls?: boolean } = {}) => {
  const requests: StubRequest[] = []
  const sockets = new Map<Socket, number>()
  const onRequest = async (request: IncomingMessage, response: ServerResponse) => {
    const connection = sockets.get(request.socket) ?? sockets.size + 1
    sockets.set(request.socket, connection)
    const { method = '', url = '', headers } = request
    const answer = answers[Math.min(requests.length, answers.length - 1)] ?? {}
    requests.push({ method, url, headers, body: await text(request), connection })
    if (typeof answer === 'function') return answer(request, response)
    const body = typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body ?? {})
    response.writeHead(answer.status ?? 200, answer.headers).end(body)
  }
  const listener = (request: IncomingMessage, response: ServerResponse) => void onRequest(request, response)
  const tls = { key: stubKey, cert: stubCertificate, ca: stubCertificate, requestCert: true, rejectUnauthorized: false }
  const server = options.isTls ? createTlsServer(tls, listener) : createServer(listener)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  onTestFinished(async () => {
    server.closeAllConnections()
    await once(server.close(), 'close')
  })
  return {
    url: new URL(`${options.isTls ? 'https' : 'http'}://127.0.0.1:${port}`),
    requests,
    /** Resolves once so many requests have come. */
    received: async (count: number) => {
      while (requests.length < count) await new Promise(setImmediate)
    },
  }
}
