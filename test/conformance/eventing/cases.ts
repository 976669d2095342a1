import type { SinkAnswer, SourceSpec } from './stage.ts'

export type Act =
  | { readonly do: 'create' | 'merge'; readonly path: string; readonly body: object }
  | { readonly do: 'delete'; readonly path: string }
  | { readonly do: 'start' | 'stop' }
  | { readonly do: 'answer'; readonly with: readonly SinkAnswer[]; readonly slowMs?: number }
  /** Until the sink has got so many requests in all, and then some while. */
  | { readonly do: 'wait'; readonly requests: number }

export type Case = {
  readonly name: string
  readonly source: SourceSpec
  readonly acts: readonly Act[]
  /** How long the sink waits for each request is part of the case. */
  readonly isTimed?: true
}

const NAMESPACE = 'default'
const collections = {
  ConfigMap: `/api/v1/namespaces/${NAMESPACE}/configmaps`,
  Foo: `/apis/x.io/v1/namespaces/${NAMESPACE}/foos`,
  ClusterRole: '/apis/rbac.authorization.k8s.io/v1/clusterroles',
  Namespace: '/api/v1/namespaces',
  Sets: `/apis/x.io/v1/namespaces/${NAMESPACE}/sets`,
}
type Kind = keyof typeof collections

const configMap = { apiVersion: 'v1', kind: 'ConfigMap' }
const foo = { apiVersion: 'x.io/v1', kind: 'Foo' }
const namespace = { apiVersion: 'v1', kind: 'Namespace' }
const sets = { apiVersion: 'x.io/v1', kind: 'Sets' }
const clusterRole = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole' }

const create = (
  { kind, ...rest }: { kind: string } & object,
  name: string,
  fields: object = {},
  labels?: object,
): Act => ({
  do: 'create',
  path: collections[kind as Kind],
  body: { ...rest, kind, metadata: { name, ...(labels && { labels }) }, ...fields },
})
const merge = (kind: Kind, name: string, body: object, subresource = ''): Act => ({
  do: 'merge',
  path: `${collections[kind]}/${name}${subresource}`,
  body,
})
const remove = (kind: Kind, name: string): Act => ({ do: 'delete', path: `${collections[kind]}/${name}` })
const label = (value: string | null) => ({ metadata: { labels: { watched: value } } })
const wait = (requests: number): Act => ({ do: 'wait', requests })
const start: Act = { do: 'start' }

/** A definition with a status of its own, which the API server of either stage has. */
export const fooCrd = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'foos.x.io' },
  spec: {
    group: 'x.io',
    scope: 'Namespaced',
    names: { plural: 'foos', kind: 'Foo' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: { type: 'object', properties: { a: { type: 'string' } } },
              status: { type: 'object', properties: { phase: { type: 'string' } } },
            },
          },
        },
      },
    ],
  },
}

/** A kind that is its own plural: its source must call it `Set`, or nothing is watched. */
export const setsCrd = {
  ...fooCrd,
  metadata: { name: 'sets.x.io' },
  spec: { ...fooCrd.spec, names: { plural: 'sets', singular: 'set', kind: 'Sets' } },
}

const answered = (name: string, answers: readonly SinkAnswer[], requests: number): Case => ({
  name: `a sink that answers ${name}`,
  source: { mode: 'Resource', resources: [configMap] },
  acts: [
    start,
    { do: 'answer', with: answers },
    create(configMap, 'first'),
    wait(requests),
    remove('ConfigMap', 'first'),
    wait(requests + 1),
  ],
})

const rule = { apiGroups: [''], resources: ['pods'], verbs: ['get'] }

/** A fixed series of changes for each thing that is said of the adapter. */
export const cases: readonly Case[] = [
  {
    name: 'an object that is created, changed in spec and status, and deleted',
    source: { mode: 'Resource', resources: [foo] },
    acts: [
      start,
      create(foo, 'one', { spec: { a: '1' } }),
      merge('Foo', 'one', { spec: { a: '2' } }),
      merge('Foo', 'one', { status: { phase: 'Done' } }, '/status'),
      merge('Foo', 'one', { status: { phase: 'Done' } }, '/status'),
      remove('Foo', 'one'),
      wait(4),
    ],
  },
  {
    name: 'the same in Reference mode',
    source: { mode: 'Reference', resources: [foo] },
    acts: [
      start,
      create(foo, 'one', { spec: { a: '1' } }),
      merge('Foo', 'one', { spec: { a: '2' } }),
      remove('Foo', 'one'),
      wait(3),
    ],
  },
  {
    name: 'an object that waits for a finalizer',
    source: { mode: 'Resource', resources: [configMap] },
    acts: [
      start,
      create(configMap, 'held', { data: { a: '1' } }),
      merge('ConfigMap', 'held', { metadata: { finalizers: ['x.io/hold'] } }),
      remove('ConfigMap', 'held'),
      merge('ConfigMap', 'held', { metadata: { finalizers: null } }),
      wait(4),
    ],
  },
  {
    name: 'an object of a cluster-wide kind',
    source: { mode: 'Resource', resources: [clusterRole] },
    acts: [start, create(clusterRole, 'wide', { rules: [rule] }), remove('ClusterRole', 'wide'), wait(2)],
  },
  {
    name: 'the same in Reference mode',
    source: { mode: 'Reference', resources: [clusterRole] },
    acts: [start, create(clusterRole, 'wide', { rules: [rule] }), remove('ClusterRole', 'wide'), wait(2)],
  },
  {
    name: 'an object that comes under the selector and leaves it',
    source: { mode: 'Resource', resources: [{ ...configMap, label: 'watched=yes' }] },
    acts: [
      start,
      create(configMap, 'labelled', { data: { a: '1' } }),
      merge('ConfigMap', 'labelled', label('yes')),
      merge('ConfigMap', 'labelled', { data: { a: '2' } }),
      merge('ConfigMap', 'labelled', { ...label(null), data: { a: '3' } }),
      merge('ConfigMap', 'labelled', { data: { a: '4' } }),
      remove('ConfigMap', 'labelled'),
      wait(3),
    ],
  },
  {
    name: 'an object of a kind that is its own plural, which the source calls by its singular',
    source: { mode: 'Resource', resources: [{ apiVersion: 'x.io/v1', kind: 'Set' }] },
    acts: [start, create(sets, 'one', { spec: { a: '1' } }), remove('Sets', 'one'), wait(2)],
  },
  {
    name: 'a namespace outside those of the source, which comes under the selector and leaves it',
    source: { mode: 'Resource', resources: [{ ...namespace, label: 'watched=yes' }] },
    acts: [
      start,
      create(namespace, 'labelled', { spec: { finalizers: ['kubernetes'] } }),
      merge('Namespace', 'labelled', label('yes')),
      merge('Namespace', 'labelled', { metadata: { annotations: { a: '1' } } }),
      merge('Namespace', 'labelled', label(null)),
      wait(3),
    ],
  },
  {
    name: 'changes before and between two runs',
    source: { mode: 'Resource', resources: [configMap] },
    acts: [
      create(configMap, 'old', { data: { a: '1' } }),
      start,
      merge('ConfigMap', 'old', { data: { a: '2' } }),
      wait(1),
      { do: 'stop' },
      merge('ConfigMap', 'old', { data: { a: '3' } }),
      create(configMap, 'brief'),
      remove('ConfigMap', 'brief'),
      start,
      merge('ConfigMap', 'old', { data: { a: '4' } }),
      wait(2),
      remove('ConfigMap', 'old'),
      wait(3),
    ],
  },
  {
    name: 'objects with and without the owner that is asked for',
    source: { mode: 'Resource', resources: [configMap], owner: foo },
    acts: [
      start,
      create(configMap, 'orphan'),
      merge('ConfigMap', 'orphan', owner('Foo', true)),
      merge('ConfigMap', 'orphan', owner('Foo', false)),
      merge('ConfigMap', 'orphan', owner('Bar', true)),
      wait(1),
      remove('ConfigMap', 'orphan'),
      wait(1),
    ],
  },
  {
    name: 'overrides of attributes',
    source: { mode: 'Resource', resources: [configMap], extensions: { tier: 'gold', name: 'other' } },
    acts: [start, create(configMap, 'plain'), remove('ConfigMap', 'plain'), wait(2)],
  },
  {
    name: 'a slow sink',
    isTimed: true,
    source: { mode: 'Resource', resources: [configMap, foo] },
    acts: [
      start,
      { do: 'answer', with: [204, 204, 204, 204], slowMs: 400 },
      create(configMap, 'first'),
      create(configMap, 'second'),
      remove('ConfigMap', 'first'),
      remove('ConfigMap', 'second'),
      wait(4),
    ],
  },
  { ...answered('503 for ever', Array(6).fill(503), 6), isTimed: true },
  answered('by breaking the connection', ['reset'], 2),
  ...[200, 301, 400, 401, 403, 404, 408, 409, 410, 413, 422, 425, 429, 500, 501, 502, 503, 504, 505].map((code) =>
    answered(`${code} once`, [code], [404, 413, 425, 429, 502, 503, 504].includes(code) ? 2 : 1),
  ),
]

function owner(kind: string, controller: boolean): object {
  const reference = {
    apiVersion: 'x.io/v1',
    kind,
    name: 'some',
    uid: '00000000-0000-4000-8000-000000000001',
    controller,
  }
  return { metadata: { ownerReferences: [reference] } }
}
