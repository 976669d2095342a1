import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { Job, JobSpec } from 'kubernetes-types/batch/v1.d.ts'
import { OUTLIVES_GO_CLIENTS } from '../keep-alive.ts'

/** A Job of one Pod, tried once; `wishes` are annotations for the stand-in for a node, without their prefix. */
export function aJob(name: string, wishes: Readonly<Record<string, string>> = {}, spec: Partial<JobSpec> = {}): Job {
  const annotations = Object.fromEntries(
    Object.entries(wishes).map(([key, value]) => [`node.dormouse.dev/${key}`, value]),
  )
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name },
    spec: {
      backoffLimit: 0,
      ...spec,
      template: {
        metadata: { annotations },
        spec: { restartPolicy: 'Never', containers: [{ name: 'runner', image: 'registry.test/runner:1' }] },
      },
    },
  }
}

export type Received = { readonly headers: IncomingHttpHeaders; readonly body: Job }

export type Sink = {
  readonly url: string
  readonly received: readonly Received[]
  readonly close: () => void
}

/** An HTTP server on 127.0.0.1 that accepts every event and keeps it. */
export async function startSink(): Promise<Sink> {
  const received: Received[] = []
  const server = createServer(OUTLIVES_GO_CLIENTS, (request, response) => {
    void text(request).then((body) => {
      received.push({ headers: request.headers, body: JSON.parse(body) as Job }) // only Jobs are watched
      response.writeHead(202).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // it listens on TCP
  return {
    url: `http://127.0.0.1:${port}/`,
    received,
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}
