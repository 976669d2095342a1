import { aCase, type Case, type Step } from './case.ts'

const apply = (manager: string, body: unknown, more: Partial<Step> = {}): Step => ({
  verb: 'apply',
  manager,
  body,
  ...more,
})
const create = (body: unknown, manager = 'maker'): Step => ({ verb: 'create', manager, body })
const update = (manager: string, body: unknown, more: Partial<Step> = {}): Step => ({
  verb: 'update',
  manager,
  body,
  ...more,
})
const forced = { force: true }
const status = { subresource: 'status' } as const
const later = { later: true }

const widget = (
  name: string,
  steps: (spec: (fields: object) => object, o: (fields: object) => object) => readonly Step[],
): Case =>
  aCase('Widget', name, (object) =>
    steps(
      (fields) => object({ spec: fields }),
      (fields) => object({ ...fields }),
    ),
  )

const config = (
  name: string,
  steps: (data: (fields: object) => object, o: (fields: object) => object) => readonly Step[],
): Case =>
  aCase('ConfigMap', name, (object) =>
    steps(
      (fields) => object({ data: fields }),
      (fields) => object({ ...fields }),
    ),
  )

const container = {
  name: 'main',
  image: 'busybox:1',
  imagePullPolicy: 'IfNotPresent',
  resources: {},
  terminationMessagePath: '/dev/termination-log',
  terminationMessagePolicy: 'File',
}
const podSpec = {
  containers: [container],
  dnsPolicy: 'ClusterFirst',
  restartPolicy: 'Always',
  schedulerName: 'default-scheduler',
  securityContext: {},
  terminationGracePeriodSeconds: 30,
}
const deploymentSpec = {
  paused: true,
  replicas: 0,
  progressDeadlineSeconds: 600,
  revisionHistoryLimit: 10,
  selector: { matchLabels: { app: 'a' } },
  strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
  template: { metadata: { labels: { app: 'a' } }, spec: podSpec },
}
const serviceSpec = {
  ports: [{ name: 'http', port: 80, protocol: 'TCP', targetPort: 8080 }],
  selector: { app: 'a' },
  type: 'ClusterIP',
  sessionAffinity: 'None',
  internalTrafficPolicy: 'Cluster',
}

export const applyCases: readonly Case[] = [
  config('an apply creates', (data) => [apply('a', data({ a: '1' }))]),
  config('an apply without a manager is refused', (data) => [apply('', data({ a: '1' }))]),
  config('an apply that changes nothing keeps the time', (data) => [
    apply('a', data({ a: '1' })),
    apply('a', data({ a: '1' }), later),
  ]),
  config('an apply that changes something moves the time', (data) => [
    apply('a', data({ a: '1' })),
    apply('a', data({ a: '2' }), later),
  ]),
  config('a field no longer applied goes', (data) => [
    apply('a', data({ a: '1', b: '2' })),
    apply('a', data({ a: '1' })),
  ]),
  config('all fields no longer applied', (data, o) => [apply('a', data({ a: '1', b: '2' })), apply('a', o({}))]),
  config('an empty map applied', (data) => [apply('a', data({})), apply('b', data({ a: '1' })), apply('a', data({}))]),
  config('a null applied', (data) => [apply('a', data({ a: null, b: '1' })), apply('a', data({ a: '1', b: null }))]),
  config('a conflict with an applier', (data) => [apply('a', data({ a: '1' })), apply('b', data({ a: '2' }))]),
  config('a conflict with an updater', (data) => [create(data({ a: '1' })), apply('b', data({ a: '2' }))]),
  config('conflicts with one manager', (data) => [
    create(data({ a: '1', b: '1' })),
    apply('b', data({ a: '2', b: '2' })),
  ]),
  config('conflicts with several managers', (data) => [
    create(data({ a: '1' })),
    apply('a', data({ b: '1' })),
    apply('c', data({ c: '1' })),
    apply('d', data({ a: '2', b: '2', c: '2' })),
  ]),
  config('force takes fields', (data) => [
    create(data({ a: '1', b: '1' })),
    apply('b', data({ a: '2' }), forced),
    apply('c', data({ a: '3' }), forced),
  ]),
  config('co-ownership of equal values', (data) => [
    apply('a', data({ a: '1' })),
    apply('b', data({ a: '1' }), later),
    apply('a', data({ b: '1' }), later),
    apply('b', data({})),
  ]),
  config('an applier that gives up its last field', (data, o) => [
    apply('a', data({ a: '1' })),
    apply('b', data({ b: '1' })),
    apply('b', o({}), later),
  ]),
  config('an updater changes an applied field', (data) => [
    apply('a', data({ a: '1' })),
    update('u', { data: { a: '2' } }, later),
    apply('a', data({ a: '1' })),
    apply('a', data({ a: '1' }), forced),
  ]),
  config('an updater removes an applied field', (data) => [
    apply('a', data({ a: '1', b: '1' })),
    update('u', { data: { a: null } }),
    apply('a', data({ b: '1' })),
  ]),
  config('an update that changes nothing', (data) => [
    create(data({ a: '1' })),
    update('u', {}, later),
    update('maker', {}, later),
  ]),
  config('an update by the same manager', (data) => [
    create(data({ a: '1' })),
    update('maker', { data: { b: '2' } }, later),
  ]),
  config('labels annotations finalizers and owners', (_, o) => [
    apply(
      'a',
      o({
        metadata: {
          name: 'labels-annotations-finalizers-and-owners',
          labels: { x: '1' },
          annotations: { y: '2' },
          finalizers: ['test/one'],
        },
      }),
    ),
    apply(
      'b',
      o({
        metadata: { name: 'labels-annotations-finalizers-and-owners', labels: { z: '1' }, finalizers: ['test/two'] },
      }),
    ),
    apply('a', o({ metadata: { name: 'labels-annotations-finalizers-and-owners', labels: { x: '2' } } })),
    apply(
      'a',
      o({
        metadata: {
          name: 'labels-annotations-finalizers-and-owners',
          ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'x', uid: 'u-1' }],
        },
      }),
    ),
    update('b', { metadata: { finalizers: null } }),
  ]),
  config('managedFields in an apply', (data, o) => [
    apply('a', { ...data({ a: '1' }), metadata: { name: 'managedfields-in-an-apply', managedFields: [] } }),
    apply('a', o({ metadata: { name: 'managedfields-in-an-apply', managedFields: [{ manager: 'x' }] } })),
  ]),
  config('managedFields cleared', (data) => [
    create(data({ a: '1' })),
    update('u', { metadata: { managedFields: [{}] } }),
    update('u', { data: { b: '1' } }),
    apply('a', data({ c: '1' })),
    apply('a', data({ a: '2' })),
  ]),
  config('managedFields emptied', (data) => [
    create(data({ a: '1' })),
    update('u', { metadata: { managedFields: [] }, data: { b: '1' } }),
    apply('a', data({ a: '2' }), forced),
  ]),
  config('managedFields set to null', (data) => [
    create(data({ a: '1' })),
    { verb: 'merge', manager: 'u', body: { metadata: { managedFields: null } } },
  ]),
  config('managedFields that cannot be read', (data) => [
    create(data({ a: '1' })),
    update('u', {
      metadata: {
        managedFields: [{ manager: 'x', operation: 'Wrong', apiVersion: 'v1', fieldsType: 'FieldsV1', fieldsV1: {} }],
      },
    }),
    update('u', {
      metadata: {
        managedFields: [{ manager: 'x', operation: 'Apply', apiVersion: 'v1', fieldsType: 'FieldsV2', fieldsV1: {} }],
      },
    }),
    update('u', {
      metadata: {
        managedFields: [
          { manager: 'x', operation: 'Apply', apiVersion: 'v1', fieldsType: 'FieldsV1', fieldsV1: { a: {} } },
        ],
      },
    }),
  ]),
  config('managedFields rewritten', (data) => [
    create(data({ a: '1' })),
    update('u', {
      metadata: {
        managedFields: [
          {
            manager: 'x',
            operation: 'Apply',
            apiVersion: 'v1',
            time: '2020-01-01T00:00:00Z',
            fieldsType: 'FieldsV1',
            fieldsV1: { 'f:data': { 'f:a': {} } },
          },
        ],
      },
    }),
    apply('x', data({ b: '1' })),
  ]),
  config('managedFields of an unknown version', (data) => [
    create(data({ a: '1' })),
    update('u', {
      metadata: {
        managedFields: [
          {
            manager: 'x',
            operation: 'Update',
            apiVersion: 'v7',
            time: '2020-01-01T00:00:00Z',
            fieldsType: 'FieldsV1',
            fieldsV1: { 'f:data': { 'f:a': {} } },
          },
        ],
      },
    }),
    apply('a', data({ a: '2' })),
  ]),
  config('a wrong kind', (data) => [
    apply('a', { ...data({}), kind: 'Secret' }),
    create(data({})),
    apply('a', { ...data({}), apiVersion: 'v2' }),
  ]),
  config('a wrong type', (_, o) => [
    create(o({})),
    apply('a', o({ data: 'text' })),
    apply('a', o({ data: { a: 1 } })),
    apply('a', o({ unknown: 1 })),
    apply('a', o({ immutable: 'yes' })),
  ]),
  config('kubectl moves from client-side apply', (data) => {
    const applied = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'kubectl-moves-from-client-side-apply', annotations: {} },
      data: { a: '1', b: '1' },
    }
    const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': `${JSON.stringify(applied)}\n` }
    return [
      create({ ...applied, metadata: { ...applied.metadata, annotations } }, 'kubectl-client-side-apply'),
      apply('kubectl', data({ a: '2' })),
      apply('kubectl', data({ a: '3' })),
      update('u', { data: { b: '9' } }),
      apply('kubectl', data({ a: '3', b: '3' })),
    ]
  }),
  config('more than ten updaters', (data) => [
    create(data({ a: '1' }), 'm00'),
    ...Array.from({ length: 13 }, (_, i) => update(`m${String(i + 1).padStart(2, '0')}`, { data: { [`k${i}`]: '1' } })),
  ]),
  config('strange keys', (data) => [
    apply('a', data({ 'a.b': '1', '1': 'x', 'f-k': 'y', Z_z: 'z' })),
    apply('b', { ...data({ 'a.b': '2' }), binaryData: { x: 'YQ==' } }),
  ]),

  widget('a map list by keys', (spec) => [
    apply('a', spec({ items: [{ name: 'x', value: '1' }] })),
    apply('b', spec({ items: [{ name: 'y', value: '2' }] })),
    apply('c', spec({ items: [{ name: 'x', value: '3' }] })),
    apply('a', spec({ items: [{ name: 'z', value: '1' }] })),
    apply('b', spec({ items: [] })),
  ]),
  widget('the order of a map list', (spec) => [
    apply('a', spec({ items: [{ name: 'a' }, { name: 'b' }, { name: 'c' }, { name: 'd' }] })),
    apply('b', spec({ items: [{ name: 'e' }, { name: 'd' }, { name: 'b' }, { name: 'f' }] })),
    apply('a', spec({ items: [{ name: 'd' }, { name: 'x' }, { name: 'a' }] })),
  ]),
  widget('a defaulted key', (spec) => [
    apply('a', spec({ ports: [{ port: 80, name: 'x' }] })),
    apply('b', spec({ ports: [{ port: 80, protocol: 'UDP', name: 'y' }] })),
    apply('b', spec({ ports: [{ port: 80, protocol: 'TCP', name: 'z' }] })),
  ]),
  widget('a list item twice', (spec) => [
    apply(
      'a',
      spec({
        items: [
          { name: 'x', value: '1' },
          { name: 'x', value: '2' },
        ],
      }),
    ),
    apply('a', spec({ tags: ['a', 'a'] })),
    apply('a', spec({ items: [{ value: '1' }] })),
    apply('a', spec({ items: [null] })),
    apply('a', spec({ items: ['x'] })),
  ]),
  widget('a set', (spec) => [
    apply('a', spec({ tags: ['x', 'y'], numbers: [1, 2] })),
    apply('b', spec({ tags: ['y', 'z'], numbers: [3] })),
    apply('a', spec({ tags: ['y'] })),
    apply('b', spec({ tags: [] })),
    update('u', { spec: { tags: ['q', '<&>'] } }),
  ]),
  widget('an atomic list', (spec) => [
    apply('a', spec({ plain: [{ name: 'x' }] })),
    apply('b', spec({ plain: [{ name: 'y' }] })),
    apply('b', spec({ plain: [{ name: 'x' }] })),
    apply('b', spec({ plain: [{ name: 'y' }] }), forced),
  ]),
  widget('an atomic map', (spec) => [
    apply('a', spec({ whole: { a: '1' } })),
    apply('b', spec({ whole: { b: '1' } })),
    apply('b', spec({ whole: { b: '1' } }), forced),
  ]),
  widget('a granular map', (spec) => [
    apply('a', spec({ parts: { a: '1', deep: { c: '1' } } })),
    apply('b', spec({ parts: { b: '1', deep: { d: '1' } } })),
    apply('a', spec({ parts: { a: '1' } })),
    apply('b', spec({})),
  ]),
  widget('maps of maps', (spec) => [
    apply('a', spec({ boxes: { x: { w: 1 }, y: {} }, words: { k: 'v' } })),
    apply('b', spec({ boxes: { x: { h: 1 } } })),
    apply('a', spec({ boxes: {} })),
    apply('c', spec({ boxes: { x: { h: 2 } } })),
  ]),
  widget('unknown fields that are kept', (spec) => [
    apply('a', spec({ free: { a: { b: [1, 2] }, c: 1 } })),
    apply('b', spec({ free: { a: { d: 1 } } })),
    apply('b', spec({ free: { a: { b: [3] }, c: { e: 1 } } })),
    apply('b', spec({ free: { a: { b: [3] }, c: { e: 1 } } }), forced),
  ]),
  widget('int or string', (spec) => [
    apply('a', spec({ any: 1 })),
    apply('b', spec({ any: '1' })),
    apply('b', spec({ any: '50%' }), forced),
  ]),
  widget('what the schema does not have', (spec) => [
    create(spec({ size: 1 })),
    apply('a', spec({ unknown: 1 })),
    apply('a', spec({ size: 'x', color: 1 })),
    apply('a', spec({ size: '1' })),
    apply('a', spec({ flag: 'x' })),
  ]),
  widget('status by its own endpoint', (spec, o) => [
    apply('a', { ...spec({ size: 1 }), status: { phase: 'X' } }),
    apply('a', o({ status: { phase: 'Ready', count: 1 } }), status),
    apply('a', { ...spec({ size: 7 }), status: { phase: 'Ready' } }, status),
    apply('b', o({ status: { phase: 'Other' } }), status),
    apply('b', spec({ size: 2 })),
    update('u', { status: { phase: 'Up' }, spec: { size: 9 } }, status),
    update('u', { status: { phase: 'Down' }, spec: { size: 3 } }),
    apply('c', o({ status: { phase: 'Other' } }), status),
  ]),
  widget('conditions of several', (spec, o) => [
    create(spec({ size: 1 })),
    apply('a', o({ status: { conditions: [{ type: 'A', status: 'True' }] } }), status),
    apply('b', o({ status: { conditions: [{ type: 'B', status: 'True' }] } }), status),
    apply('a', o({ status: { conditions: [] } }), status),
    apply('b', o({ status: { conditions: [{ type: 'B', status: 'False', message: 'm' }] } }), { ...status, ...later }),
  ]),
  widget('defaulted fields of the creator', (spec) => [
    create(spec({ ports: [{ port: 1, protocol: 'TCP' }] })),
    apply('a', spec({ ports: [{ port: 1, name: 'n' }] })),
  ]),
  widget('a null where there is a value', (spec) => [
    create(spec({ size: 1, parts: { a: '1' } })),
    apply('a', spec({ size: null, parts: null })),
    apply('a', spec({ parts: null }), forced),
  ]),
  widget('a list and a map change', (spec) => [
    create(spec({ free: { a: [1] } })),
    update('u', { spec: { free: { a: { b: 1 } } } }),
    update('v', { spec: { free: { a: null, z: null } } }),
    update('w', { spec: null }),
  ]),
  widget('duplicates that an updater made', (spec) => [
    create(spec({ free: {}, words: { a: '1' } })),
    { verb: 'json', manager: 'u', body: [{ op: 'add', path: '/spec/words/b~1c', value: 'x' }] },
    apply('a', spec({ words: { 'b/c': 'x' } })),
  ]),

  aCase('Thing', 'a thing without a schema', (o) => [
    apply('a', o({ spec: { list: [1], map: { a: 1, b: {} } }, status: { x: 1 } })),
    apply('b', o({ spec: { list: [1, 2], map: { c: 1 } }, other: 1 })),
    apply('b', o({ spec: { map: { c: 1 } }, other: 1 })),
    apply('a', o({ spec: null })),
    update('u', { other: { deep: [{}] } }),
  ]),

  aCase('Role', 'rules of a role', (o) => [
    apply('a', o({ rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }] })),
    apply('b', o({ rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['list'] }] })),
    update('u', { rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['watch'] }] }),
  ]),
  aCase('Service', 'ports of a service', (o) => [
    create(o({ spec: serviceSpec })),
    apply('a', o({ spec: { ports: [{ port: 80, protocol: 'TCP', name: 'web' }] } })),
    apply('a', o({ spec: { ports: [{ port: 443, name: 'https', targetPort: 8443 }] } })),
    apply('a', o({ spec: { ports: [{ port: 443, name: 'tls', targetPort: 'x' }] } })),
    apply('a', o({ spec: { selector: { app: 'b' } } }), forced),
  ]),
  aCase('Deployment', 'a deployment', (o) => [
    create(o({ spec: deploymentSpec })),
    apply('a', o({ spec: { replicas: 0 } })),
    apply('a', o({ spec: { template: { spec: { containers: [{ name: 'main', image: 'busybox:2' }] } } } })),
    apply('a', o({ spec: { template: { spec: { containers: [{ name: 'main', image: 'busybox:2' }] } } } }), forced),
    apply(
      'b',
      o({
        spec: { template: { spec: { containers: [{ name: 'side', image: 'x', env: [{ name: 'A', value: '1' }] }] } } },
      }),
    ),
    apply(
      'b',
      o({
        spec: {
          template: {
            spec: {
              containers: [
                {
                  name: 'side',
                  image: 'x',
                  env: [{ name: 'B', value: '1' }],
                  ports: [{ containerPort: 1 }, { containerPort: 1, protocol: 'UDP' }],
                },
              ],
            },
          },
        },
      }),
    ),
    apply('b', o({ spec: {} })),
  ]),
  aCase('Deployment', 'a deployment that is applied', (o) => [
    apply(
      'a',
      o({
        spec: {
          paused: true,
          replicas: 0,
          selector: { matchLabels: { app: 'a' } },
          template: { metadata: { labels: { app: 'a' } }, spec: { containers: [{ name: 'c', image: 'x' }] } },
        },
      }),
    ),
    apply('b', o({ spec: { replicas: 1 } })),
    apply(
      'a',
      o({
        spec: {
          paused: true,
          selector: { matchLabels: { app: 'a' } },
          template: {
            metadata: { labels: { app: 'a' } },
            spec: { containers: [{ name: 'c', image: 'x', resources: { limits: { cpu: '1' } } }] },
          },
        },
      }),
    ),
    apply(
      'c',
      o({
        spec: { template: { spec: { containers: [{ name: 'c', resources: { limits: { cpu: 2, memory: '1Gi' } } }] } } },
      }),
    ),
  ]),
  aCase('Job', 'a suspended job', (o) => [
    apply(
      'a',
      o({
        spec: {
          suspend: true,
          template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'x' }] } },
        },
      }),
    ),
    apply('b', o({ spec: { parallelism: 2 } })),
    apply('b', o({ spec: { parallelism: 2 } }), forced),
    apply('b', o({ metadata: { name: 'a-suspended-job', labels: { l: '1' } } })),
  ]),
  aCase('Pod', 'a pod', (o) => [
    create(o({ spec: { ...podSpec, enableServiceLinks: true } })),
    apply('a', o({ metadata: { name: 'a-pod', labels: { a: '1' } } })),
    apply('a', o({ spec: { containers: [{ name: 'main', image: 'busybox:2' }] } })),
    apply(
      'k',
      o({ status: { phase: 'Running', podIP: '10.0.0.1', conditions: [{ type: 'Ready', status: 'True' }] } }),
      status,
    ),
    apply('l', o({ status: { conditions: [{ type: 'Ready', status: 'False' }] } }), status),
    update('u', { status: { phase: 'Failed' }, metadata: { labels: { b: '2' } } }, status),
  ]),
]
