import { join } from 'node:path'
import type { ApiServer } from '#emulator/api-server/server.ts'
import type { KubeObject } from '#emulator/api-server/types.ts'
import { clientOf } from '#emulator/client.ts'
import type { Edge } from '#emulator/host/edge.ts'
import type { ProcessRunnerOptions } from '#emulator/host/processes.ts'
import type { Credentials } from '#emulator/host/service-account-files.ts'
import type { ContainerStart } from '#emulator/pod-runner.ts'

type Images = ProcessRunnerOptions['images']

const TOKEN_SECONDS = 3600

/** What a container says of its own command would be lost here. */
export const refuseCommands = async ({ command }: ContainerStart): Promise<void> => {
  if (command.length > 0)
    throw new Error('npm start runs for each image what it has for it; it does not implement command')
}

/** What runs here for the images of these manifests: our functions from their sources, and for a session's runner the sample of one. */
export const imagesOf = (manifests: readonly KubeObject[], root: string): Images => {
  const fn: Images[string] = ({ args: [file = '', ...others] }) => ({
    command: process.execPath,
    args: [join(root, 'runtime/main.ts'), file.replace(/\/main\.cjs$/, ''), ...others],
    env: { METRICS_PORT: '0', RUNNER_PROFILES: join(root, 'samples/profiles/runner-profiles.yaml') },
  })
  const runner: Images[string] = () => ({ command: process.execPath, args: [join(root, 'samples/runner.mjs')] })
  const functions = functionImagesIn(manifests).map((image) => [image, fn])
  return { ...Object.fromEntries(functions), [runnerImageIn(manifests)]: runner }
}

type Template = {
  readonly template?: { readonly spec?: { readonly containers?: readonly { readonly image: string }[] } }
}

/** The images of the Knative Services and Deployments. */
export const functionImagesIn = (manifests: readonly KubeObject[]): readonly string[] =>
  manifests.flatMap(
    ({ spec }) => ((spec ?? {}) as Template).template?.spec?.containers?.map(({ image }) => image) ?? [],
  )

const runnerImageIn = (manifests: readonly KubeObject[]): string => {
  const config = manifests.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === 'dormouse')
  const image = (config?.['data'] as Record<string, string> | undefined)?.['AMBIENT_CODE_RUNNER_IMAGE']
  if (image === undefined) throw new Error('config.yaml: no AMBIENT_CODE_RUNNER_IMAGE in the ConfigMap dormouse')
  return image
}

type PodSpec = {
  readonly serviceAccountName?: string
  readonly volumes?: readonly { readonly projected?: { readonly sources: readonly object[] } }[]
}

/** The token of a Pod's ServiceAccount, as the kubelet asks for it; none for a Pod that mounts none. */
export const credentialsFor = (
  api: ApiServer,
  { url, ca }: Pick<Edge, 'url' | 'ca'>,
  pod: KubeObject,
): Credentials | undefined => {
  const { namespace = '', name = '', uid = '' } = pod.metadata
  const { serviceAccountName = 'default', volumes = [] } = pod['spec'] as PodSpec
  if (!volumes.some(({ projected }) => projected?.sources.some((source) => 'serviceAccountToken' in source)))
    return undefined
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
