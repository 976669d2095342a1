import { join } from 'node:path'
import type { ApiServer } from '#emulator/api-server/server.ts'
import type { KubeObject } from '#emulator/api-server/types.ts'
import { clientOf } from '#emulator/client.ts'
import type { Edge } from '#emulator/host/edge.ts'
import type { ProcessRunnerOptions } from '#emulator/host/processes.ts'
import type { Credentials } from '#emulator/host/service-account-files.ts'

type Images = ProcessRunnerOptions['images']

const TOKEN_SECONDS = 3600

/** What runs here for which image: our functions from their sources, and for a session's runner the sample of one. */
export const imagesOn = (root: string): Images => ({
  'ghcr.io/dormouse/dormouse:0.1.0': ({ args: [file = '', ...others] }) => ({
    command: process.execPath,
    args: [join(root, 'runtime/main.ts'), file.replace(/\/main\.cjs$/, ''), ...others],
    env: { METRICS_PORT: '0' },
  }),
  'quay.io/ambient_code/vteam_claude_runner:latest': () => ({
    command: process.execPath,
    args: [join(root, 'samples/runner.mjs')],
  }),
})

/** The token of a Pod's ServiceAccount, as the kubelet asks for it. */
export const credentialsFor = (api: ApiServer, { url, ca }: Pick<Edge, 'url' | 'ca'>, pod: KubeObject): Credentials => {
  const { namespace = '', name = '', uid = '' } = pod.metadata
  const { serviceAccountName = 'default' } = pod['spec'] as { serviceAccountName?: string }
  const node = clientOf(api, { name: 'system:node:emulator', groups: ['system:masters', 'system:authenticated'] })
  const answer = node.createFor(
    { apiVersion: 'v1', plural: 'serviceaccounts' },
    { namespace, name: serviceAccountName },
    'token',
    {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { expirationSeconds: TOKEN_SECONDS, boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid } },
    },
  )
  const { token } = answer['status'] as { token: string } // a TokenRequest is answered with one
  const { hostname, port } = new URL(url)
  return { token, ca, namespace, host: hostname, port: Number(port), renewAfterMs: TOKEN_SECONDS * 800 }
}
