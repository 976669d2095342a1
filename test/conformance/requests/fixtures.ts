import { setTimeout as sleep } from 'node:timers/promises'
import type { Port } from './port.ts'
import { GROUP, inFull } from './shortcuts.ts'

type Fields = Readonly<Record<string, unknown>>

const string = { type: 'string' }
const integer = { type: 'integer' }
const object = (properties: Fields, rest: Fields = {}) => ({ type: 'object', properties, ...rest })
const specOf = (properties: Fields) =>
  object({ spec: object(properties), status: object({ phase: string, count: integer }) })

type Version = { readonly name?: string; readonly schema: unknown } & Fields

/** A definition of `kind` with these versions, the first of them stored. */
export const crd = (kind: string, versions: readonly Version[], spec: Fields = {}, group = GROUP) => {
  const plural = `${kind.toLowerCase()}s`
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
      versions: versions.map(({ name = 'v1', schema, ...more }, index) => ({
        name,
        served: true,
        storage: index === 0,
        schema: { openAPIV3Schema: schema },
        ...more,
      })),
      ...spec,
    },
  }
}

const status = { subresources: { status: {} } }

const widgetSchema = object({
  spec: object(
    {
      size: { type: 'integer', minimum: 0, maximum: 100 },
      limit: integer,
      color: { type: 'string', default: 'red', enum: ['red', 'green', 'blue'] },
      fixed: { type: 'string', 'x-kubernetes-validations': [{ rule: 'self == oldSelf', message: 'fixed is fixed' }] },
      tags: { type: 'array', items: string, 'x-kubernetes-list-type': 'set' },
      parts: {
        type: 'array',
        items: object({ name: string, count: { type: 'integer', default: 1 } }, { required: ['name'] }),
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['name'],
      },
      words: { type: 'object', additionalProperties: string },
    },
    {
      'x-kubernetes-validations': [
        { rule: '!has(self.size) || !has(self.limit) || self.size <= self.limit', message: 'size above limit' },
      ],
    },
  ),
  status: object({ phase: string, count: { type: 'integer', maximum: 10 } }),
})

/** The custom kinds that every case may use; shortcuts.ts has their paths. */
export const crds = [
  crd('Widget', [
    {
      schema: widgetSchema,
      ...status,
      selectableFields: [{ jsonPath: '.spec.color' }, { jsonPath: '.spec.size' }],
      additionalPrinterColumns: [
        { name: 'Color', type: 'string', jsonPath: '.spec.color' },
        { name: 'Size', type: 'integer', jsonPath: '.spec.size', priority: 1 },
        { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
      ],
    },
  ]),
  crd('Plain', [{ schema: specOf({ a: string, b: integer }) }]),
  crd('Planet', [{ schema: specOf({ mass: integer }), ...status }], { scope: 'Cluster' }),
  crd('Duo', [
    { schema: specOf({ a: string, b: integer }), ...status },
    { name: 'v2', schema: specOf({ a: string, b: integer }), ...status, deprecated: true },
  ]),
  crd('Scaler', [
    {
      schema: object({
        spec: object({ replicas: { type: 'integer', minimum: 0 }, size: string }),
        status: object({ replicas: integer, selector: string }),
      }),
      subresources: {
        status: {},
        scale: {
          specReplicasPath: '.spec.replicas',
          statusReplicasPath: '.status.replicas',
          labelSelectorPath: '.status.selector',
        },
      },
    },
  ]),
]

/** Defines the shared kinds, and waits until all are served. */
export async function install(port: Port): Promise<void> {
  const headers = { 'content-type': 'application/json', accept: 'application/json' }
  for (const body of crds) await port.send({ method: 'POST', path: inFull('crds'), headers, body })
  const lists = ['widgets', 'plains', 'planets', 'duos', 'duos2', 'scalers']
  for (let tries = 0; tries < 200; tries++) {
    const paths = lists.map((each) => inFull(each).replace('$ns', 'default'))
    const found = await Promise.all(paths.map((path) => port.send({ method: 'GET', path, headers })))
    if (found.every(({ status }) => status === 200)) return
    await sleep(50)
  }
  throw new Error('the custom kinds are not served')
}

const made =
  (apiVersion: string, kind: string) =>
  (name: string, fields: Fields = {}, metadata: Fields = {}) => ({
    apiVersion,
    kind,
    metadata: { ...(name !== '' && { name }), ...metadata },
    ...fields,
  })

const custom = `${GROUP}/v1`
export const cm = made('v1', 'ConfigMap')
export const secret = made('v1', 'Secret')
export const widget = made(custom, 'Widget')
export const plain = made(custom, 'Plain')
export const planet = made(custom, 'Planet')
export const duo = made(custom, 'Duo')
export const duo2 = made(`${GROUP}/v2`, 'Duo')
export const scaler = made(custom, 'Scaler')
export const lease = made('coordination.k8s.io/v1', 'Lease')
export const namespace = made('v1', 'Namespace')
export const role = made('rbac.authorization.k8s.io/v1', 'Role')
export const roleBinding = made('rbac.authorization.k8s.io/v1', 'RoleBinding')
export const clusterRole = made('rbac.authorization.k8s.io/v1', 'ClusterRole')
export const clusterRoleBinding = made('rbac.authorization.k8s.io/v1', 'ClusterRoleBinding')

const containers = [{ name: 'main', image: 'busybox' }]
const noExecute = { operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 }
const podSpec = {
  containers,
  automountServiceAccountToken: false,
  tolerations: ['not-ready', 'unreachable'].map((each) => ({ ...noExecute, key: `node.kubernetes.io/${each}` })),
}
export const pod = (name: string, spec: Fields = {}, metadata: Fields = {}) =>
  made('v1', 'Pod')(name, { spec: { ...podSpec, ...spec } }, metadata)
export const job = (name: string, spec: Fields = {}, metadata: Fields = {}) =>
  made('batch/v1', 'Job')(
    name,
    { spec: { template: { spec: { containers, restartPolicy: 'Never' } }, ...spec } },
    metadata,
  )
export const service = (name: string, spec: Fields = {}, metadata: Fields = {}) =>
  made('v1', 'Service')(name, { spec: { ports: [{ port: 80 }], ...spec } }, metadata)
export const deployment = (name: string, spec: Fields = {}, metadata: Fields = {}) =>
  made('apps/v1', 'Deployment')(
    name,
    {
      spec: {
        selector: { matchLabels: { app: 'a' } },
        template: { metadata: { labels: { app: 'a' } }, spec: { containers } },
        ...spec,
      },
    },
    metadata,
  )
