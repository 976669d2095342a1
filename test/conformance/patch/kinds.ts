import { builtInType } from '#emulator/patch/built-in-types.ts'
import { customType } from '#emulator/patch/custom-types.ts'
import type { JsonObject, TypeInfo } from '#emulator/patch/types.ts'
import type { Kind } from './case.ts'

const string = { type: 'string' }
const object = (properties: JsonObject, rest: JsonObject = {}) => ({ type: 'object', properties, ...rest })
const item = object({ name: string, value: string, port: { type: 'integer' }, protocol: string })
const port = object({ ...item.properties, protocol: { type: 'string', default: 'TCP' } })

const widgetSpec = object({
  size: { type: 'integer' },
  color: string,
  flag: { type: 'boolean' },
  any: { 'x-kubernetes-int-or-string': true },
  plain: { type: 'array', items: item },
  tags: { type: 'array', items: string, 'x-kubernetes-list-type': 'set' },
  numbers: { type: 'array', items: { type: 'integer' }, 'x-kubernetes-list-type': 'set' },
  items: {
    type: 'array',
    items: { ...item, required: ['name'] },
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['name'],
  },
  ports: {
    type: 'array',
    items: { ...port, required: ['port'] },
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['port', 'protocol'],
  },
  whole: object({ a: string, b: string }, { 'x-kubernetes-map-type': 'atomic' }),
  parts: object({ a: string, b: string, deep: object({ c: string, d: string }) }),
  words: { type: 'object', additionalProperties: string },
  boxes: { type: 'object', additionalProperties: object({ w: { type: 'integer' }, h: { type: 'integer' } }) },
  free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
})

const widgetStatus = object({
  phase: string,
  count: { type: 'integer' },
  conditions: {
    type: 'array',
    items: { ...object({ type: string, status: string, message: string }), required: ['type'] },
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['type'],
  },
})

const widgetSchema = object({ spec: widgetSpec, status: widgetStatus })
const thingSchema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }

const GROUP = 'patch.conformance.test'

const crd = (kind: string, schema: JsonObject, subresources: JsonObject): JsonObject => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `${kind.toLowerCase()}s.${GROUP}` },
  spec: {
    group: GROUP,
    scope: 'Namespaced',
    names: { kind, plural: `${kind.toLowerCase()}s`, singular: kind.toLowerCase(), listKind: `${kind}List` },
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema }, ...subresources }],
  },
})

export const crds: readonly JsonObject[] = [
  crd('Widget', widgetSchema, { subresources: { status: {} } }),
  crd('Thing', thingSchema, {}),
]

const builtIn = (apiVersion: string, kind: Kind): TypeInfo => {
  const type = builtInType(apiVersion, kind)
  if (!type) throw new Error(`${apiVersion} ${kind} is not in the table`)
  return type
}

type Served = { readonly type: TypeInfo; readonly path: string; readonly hasDefaults: boolean }

export const served: Readonly<Record<Kind, Served>> = {
  ConfigMap: { type: builtIn('v1', 'ConfigMap'), path: '/api/v1/namespaces/default/configmaps', hasDefaults: false },
  Service: { type: builtIn('v1', 'Service'), path: '/api/v1/namespaces/default/services', hasDefaults: true },
  Pod: { type: builtIn('v1', 'Pod'), path: '/api/v1/namespaces/default/pods', hasDefaults: true },
  Namespace: { type: builtIn('v1', 'Namespace'), path: '/api/v1/namespaces', hasDefaults: true },
  Job: { type: builtIn('batch/v1', 'Job'), path: '/apis/batch/v1/namespaces/default/jobs', hasDefaults: true },
  Deployment: {
    type: builtIn('apps/v1', 'Deployment'),
    path: '/apis/apps/v1/namespaces/default/deployments',
    hasDefaults: true,
  },
  Role: {
    type: builtIn('rbac.authorization.k8s.io/v1', 'Role'),
    path: '/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles',
    hasDefaults: false,
  },
  Widget: {
    type: customType({ apiVersion: `${GROUP}/v1`, kind: 'Widget', schema: widgetSchema, hasStatus: true }),
    path: `/apis/${GROUP}/v1/namespaces/default/widgets`,
    hasDefaults: true,
  },
  Thing: {
    type: customType({ apiVersion: `${GROUP}/v1`, kind: 'Thing', schema: thingSchema, hasStatus: false }),
    path: `/apis/${GROUP}/v1/namespaces/default/things`,
    hasDefaults: false,
  },
}
