import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** An API server that holds nothing, and a Pod's view of it. */
export type StubApiServer = {
  /** What the kubelet gives a Pod to find it and to trust it. */
  readonly env: Readonly<Record<string, string>>
  /** Requests answered since the last call. */
  requests(): number
  close(): Promise<void>
}

/** Speaks TLS with a certificate of its own, as in a cluster. Every list is empty; every object is absent. */
export const startStubApiServer = async (): Promise<StubApiServer> => {
  const directory = await mkdtemp(join(tmpdir(), 'dormouse-bench-'))
  const { key, cert } = await makeCertificate(directory)
  await writeFile(join(directory, 'token'), 'a-token')
  let answered = 0
  const server = createServer({ key, cert }, (request, response) => {
    answered++
    const path = (request.url ?? '').split('?')[0] ?? ''
    const isList = /^\/api(s\/[^/]+)?\/[^/]+\/[^/]+$/.test(path)
    response.writeHead(isList ? 200 : 404, { 'content-type': 'application/json' })
    response.end(JSON.stringify(isList ? emptyList : notFound))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    env: {
      KUBERNETES_SERVICE_HOST: '127.0.0.1',
      KUBERNETES_SERVICE_PORT: String((server.address() as AddressInfo).port),
      SERVICE_ACCOUNT_DIRECTORY: directory,
    },
    requests: () => {
      const count = answered
      answered = 0
      return count
    },
    close: async () => {
      server.close()
      server.closeAllConnections()
      await rm(directory, { recursive: true })
    },
  }
}

const notFound = {
  apiVersion: 'v1',
  kind: 'Status',
  status: 'Failure',
  reason: 'NotFound',
  message: 'not found',
  code: 404,
}
const emptyList = { apiVersion: 'v1', kind: 'List', metadata: { resourceVersion: '1' }, items: [] }

/** RSA, for that is what kubeadm and most providers give their API servers. */
const makeCertificate = async (directory: string) => {
  const [keyFile, certFile] = [join(directory, 'tls.key'), join(directory, 'ca.crt')]
  const command = 'req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=stub -addext subjectAltName=IP:127.0.0.1'
  await promisify(execFile)('openssl', [...command.split(' '), '-keyout', keyFile, '-out', certFile]).catch((cause) => {
    throw new Error(`make a certificate for the stub API server: is openssl (1.1.1 or newer) installed?`, { cause })
  })
  return { key: await readFile(keyFile), cert: await readFile(certFile) }
}
