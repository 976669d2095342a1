import { nodeBinary } from '../../images/node.ts'
import { OUTLIVES_GO_CLIENTS } from '../keep-alive.ts'
import { type Image, imageOf, linkedProgram } from './images.ts'
import type { Manifest } from './manifests.ts'

/** A namespace that admits only Pods of the restricted Pod Security Standard. */
export const aRestrictedNamespace = (name: string) => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name, labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
})

/** What the restricted standard asks of a container. */
export const restricted = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  runAsNonRoot: true,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' },
} as const

/** The lockfile's Node.js, as an image whose arguments are those of `node`. */
export async function nodeImage(): Promise<Image> {
  const files = await linkedProgram('usr/local/bin/node', nodeBinary)
  return imageOf({ name: 'node', entrypoint: ['/usr/local/bin/node'], files })
}

// Answers a GET with what came before, and takes CloudEvents.
const RECORDER = `const received = []
require('node:http').createServer(${JSON.stringify(OUTLIVES_GO_CLIENTS)}, (request, response) => {
  if (request.method === 'GET') return response.end(JSON.stringify({ pod: process.env.HOSTNAME, received }))
  request.resume().on('end', () => {
    received.push({ type: request.headers['ce-type'], subject: request.headers['ce-subject'] })
    response.writeHead(204).end()
  })
}).listen(process.env.PORT)
process.on('SIGTERM', () => process.exit(0))`

/** What a recorder answers to a GET: its Pod, and the events that this Pod got. */
export type Recording = {
  readonly pod: string
  readonly received: readonly { readonly type: string; readonly subject: string }[]
}

/** A Knative Service that remembers the events it gets as long as its Pod lives, and goes to zero after six seconds. */
export const aRecorder = (name: string, namespace: string, { reference }: Image): Manifest => ({
  apiVersion: 'serving.knative.dev/v1',
  kind: 'Service',
  metadata: { name, namespace },
  spec: {
    template: {
      metadata: { annotations: { 'autoscaling.knative.dev/window': '6s' } },
      spec: {
        containers: [
          {
            image: reference,
            args: ['-e', RECORDER],
            readinessProbe: { tcpSocket: {}, periodSeconds: 1 },
            securityContext: restricted,
          },
        ],
      },
    },
  },
})
