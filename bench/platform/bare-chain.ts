import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { knativeServiceOf } from '#manifests/knative-service.ts'
import { BROKER, NAMESPACE } from '#manifests/names.ts'
import { managedNamespace } from '#sdk/namespaces.ts'
import type { Manifest } from '#test/platform/manifests.ts'

/** What a bare function is woken by: a kind like ours, under another name, so that neither wakes the other. */
export const bareKind = {
  apiVersion: 'bare.dormouse.test/v1alpha1',
  kind: 'BareSession',
  plural: 'baresessions',
} as const

export const BARE = 'bare'

const metadata = { name: BARE, namespace: NAMESPACE }

/**
 * A function in a few lines of `node:http` at the end of a chain like that of ours: a copy of our kind, a source of its own, a Trigger of the
 * same Broker, and a Knative Service with the settings and the image of ours.
 */
export const bareChain = (image: string): readonly Manifest[] => [
  bareCrd(),
  { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
  ...permissions(),
  {
    apiVersion: 'sources.knative.dev/v1',
    kind: 'ApiServerSource',
    metadata,
    spec: {
      mode: 'Resource',
      serviceAccountName: BARE,
      namespaceSelector: { matchLabels: managedNamespace },
      resources: [{ apiVersion: bareKind.apiVersion, kind: bareKind.kind }],
      sink: { ref: { apiVersion: 'eventing.knative.dev/v1', kind: 'Broker', name: BROKER } },
    },
  },
  {
    apiVersion: 'eventing.knative.dev/v1',
    kind: 'Trigger',
    metadata,
    spec: {
      broker: BROKER,
      filters: [
        { exact: { apiversion: bareKind.apiVersion, kind: bareKind.kind, type: 'dev.knative.apiserver.resource.add' } },
      ],
      subscriber: { ref: { apiVersion: 'serving.knative.dev/v1', kind: 'Service', name: BARE } },
    },
  },
  bareService(image),
]

const bareCrd = (): Manifest => {
  const file = join(import.meta.dirname, '../../crds/agenticsessions.vteam.ambient-code.yaml')
  const text = readFileSync(file, 'utf8')
    .replaceAll('vteam.ambient-code', 'bare.dormouse.test')
    .replaceAll('AgenticSession', bareKind.kind)
    .replaceAll('agenticsession', 'baresession')
    .replace(/ +shortNames:\n +- as\n/, '')
  return parse(text) as Manifest
}

const permissions = (): readonly Manifest[] => {
  const apiGroup = 'rbac.authorization.k8s.io'
  const own = { name: 'bare', labels: {} }
  return [
    {
      apiVersion: `${apiGroup}/v1`,
      kind: 'ClusterRole',
      metadata: own,
      rules: [
        { apiGroups: ['bare.dormouse.test'], resources: [bareKind.plural], verbs: ['get', 'list', 'watch'] },
        { apiGroups: ['batch'], resources: ['jobs'], verbs: ['create'] },
      ],
    },
    {
      apiVersion: `${apiGroup}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: own,
      roleRef: { apiGroup, kind: 'ClusterRole', name: BARE },
      subjects: [{ kind: 'ServiceAccount', ...metadata }],
    },
  ]
}

type KnativeService = Manifest & {
  readonly spec: {
    readonly template: { readonly metadata: object; readonly spec: { readonly containers: readonly object[] } }
  }
}

const bareService = (image: string): Manifest => {
  const ours = knativeServiceOf({ name: BARE }) as KnativeService
  const { template } = ours.spec
  const script = readFileSync(join(import.meta.dirname, 'bare-function.cjs'), 'utf8')
  const containers = template.spec.containers.map((container) => ({
    ...container,
    image,
    args: ['-e', script],
    envFrom: [],
  }))
  return { ...ours, spec: { template: { ...template, spec: { ...template.spec, containers } } } }
}
