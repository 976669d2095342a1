import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { aServer, configMaps, crds, fooCrd, foos } from './test-server.ts'
import type { Request } from './types.ts'

const treacherous = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', 'length', 'prototype']
const known = ['metadata', 'spec', 'status', 'kind', 'apiVersion', 'labels', 'name', 'data', 'template', 'rules', 'a']
const key = fc.oneof(
  fc.constantFrom(...treacherous),
  fc.constantFrom(...known),
  fc.string({ maxLength: 8, unit: 'binary' }),
)
const leaf = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    false,
    0,
    -1,
    1.5,
    1e308,
    Number.MAX_SAFE_INTEGER,
    '',
    ' ',
    'All',
    '\0',
    '\ud800',
  ),
  fc.string({ maxLength: 6, unit: 'binary' }),
  fc.constantFrom(...treacherous),
  fc.constant('x'.repeat(70_000)),
)
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    leaf,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.uniqueArray(fc.tuple(key, tie('value')), { maxLength: 4, selector: ([name]) => name }).map(fromEntries),
  ),
}))

/** As JSON.parse makes it: also a field `__proto__` is a field. */
function fromEntries(entries: readonly (readonly [string, unknown])[]): object {
  return Object.fromEntries(entries)
}

const containers = [
  {
    name: 'c',
    image: 'i',
    command: ['x'],
    env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
    ports: [{ containerPort: 80, name: 'http', protocol: 'TCP' }],
    resources: { requests: { cpu: '1' }, limits: { cpu: '2', memory: '1Gi' } },
    livenessProbe: { httpGet: { path: '/', port: 80 }, periodSeconds: 3 },
    securityContext: { runAsNonRoot: true, capabilities: { drop: ['ALL'] } },
    volumeMounts: [{ name: 'v', mountPath: '/v' }],
  },
]
const podSpec = {
  containers,
  volumes: [{ name: 'v', projected: { sources: [{ configMap: { name: 'x', items: [{ key: 'k', path: 'p' }] } }] } }],
  tolerations: [{ key: 'a', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 3 }],
  restartPolicy: 'Never',
  nodeSelector: { a: 'b' },
  affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{}] } } },
}
const template = { metadata: { labels: { a: 'b' } }, spec: podSpec }
const core = '/api/v1/namespaces/default'
const rbac = '/apis/rbac.authorization.k8s.io/v1'
const access = 'authorization.k8s.io/v1'
/** Good objects, by where they are made. */
const good: Readonly<Record<string, object>> = {
  [configMaps]: { apiVersion: 'v1', kind: 'ConfigMap', data: { k: 'v' }, binaryData: { b: 'AA==' }, immutable: false },
  [`${core}/pods`]: { apiVersion: 'v1', kind: 'Pod', spec: podSpec },
  [`${core}/services`]: {
    apiVersion: 'v1',
    kind: 'Service',
    spec: { ports: [{ port: 80, targetPort: 'http', name: 'h' }], selector: { a: 'b' }, type: 'ClusterIP' },
  },
  [`${core}/secrets`]: {
    apiVersion: 'v1',
    kind: 'Secret',
    data: { k: 'AA==' },
    stringData: { s: 't' },
    type: 'Opaque',
  },
  [`${core}/events`]: {
    apiVersion: 'v1',
    kind: 'Event',
    involvedObject: { kind: 'Pod', name: 'a', namespace: 'default' },
    reason: 'R',
    message: 'm',
    type: 'Normal',
    count: 1,
    source: { component: 'c' },
    firstTimestamp: '2026-01-01T00:00:00Z',
  },
  [`${core}/serviceaccounts`]: { apiVersion: 'v1', kind: 'ServiceAccount', imagePullSecrets: [{ name: 'x' }] },
  [`${core}/persistentvolumeclaims`]: {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  },
  [`${core}/resourcequotas`]: { apiVersion: 'v1', kind: 'ResourceQuota', spec: { hard: { pods: '100' } } },
  [`${core}/limitranges`]: {
    apiVersion: 'v1',
    kind: 'LimitRange',
    spec: { limits: [{ type: 'Container', default: { cpu: '1' }, max: { cpu: '2' } }] },
  },
  '/api/v1/nodes': {
    apiVersion: 'v1',
    kind: 'Node',
    spec: { taints: [{ key: 'a', effect: 'NoSchedule' }] },
    status: { allocatable: { cpu: '4' }, conditions: [{ type: 'Ready', status: 'True' }] },
  },
  '/api/v1/namespaces': { apiVersion: 'v1', kind: 'Namespace', spec: { finalizers: ['kubernetes'] } },
  '/apis/batch/v1/namespaces/default/jobs': {
    apiVersion: 'batch/v1',
    kind: 'Job',
    spec: {
      template: { spec: { ...podSpec } },
      backoffLimit: 3,
      ttlSecondsAfterFinished: 1,
      podFailurePolicy: { rules: [{ action: 'Ignore', onExitCodes: { operator: 'In', values: [1] } }] },
    },
    status: { active: 1, conditions: [{ type: 'Complete', status: 'False' }] },
  },
  '/apis/apps/v1/namespaces/default/deployments': {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    spec: {
      selector: { matchLabels: { a: 'b' }, matchExpressions: [{ key: 'a', operator: 'In', values: ['b'] }] },
      template: { ...template, spec: { ...podSpec, restartPolicy: 'Always' } },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: 1 } },
      replicas: 1,
    },
    status: { replicas: 1 },
  },
  '/apis/coordination.k8s.io/v1/namespaces/default/leases': {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    spec: { holderIdentity: 'x', leaseDurationSeconds: 3, acquireTime: '2026-01-01T00:00:00.000000Z' },
  },
  [`${rbac}/namespaces/default/roles`]: {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'], resourceNames: ['a'] }],
  },
  [`${rbac}/namespaces/default/rolebindings`]: {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'x' },
    subjects: [{ kind: 'User', name: 'x', apiGroup: 'rbac.authorization.k8s.io' }],
  },
  [`${rbac}/clusterroles`]: {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    rules: [{ nonResourceURLs: ['/x'], verbs: ['get'] }],
    aggregationRule: { clusterRoleSelectors: [{ matchLabels: { a: 'b' } }] },
  },
  [`/apis/${access}/selfsubjectaccessreviews`]: {
    apiVersion: access,
    kind: 'SelfSubjectAccessReview',
    spec: { resourceAttributes: { verb: 'get', resource: 'pods', namespace: 'default' } },
  },
  [`/apis/${access}/subjectaccessreviews`]: {
    apiVersion: access,
    kind: 'SubjectAccessReview',
    spec: { user: 'x', groups: ['g'], extra: { k: ['v'] }, nonResourceAttributes: { path: '/x', verb: 'get' } },
  },
  [`${core}/pods/a/binding`]: { apiVersion: 'v1', kind: 'Binding', target: { kind: 'Node', name: 'n' } },
  [`${core}/pods/a/eviction`]: { apiVersion: 'policy/v1', kind: 'Eviction', deleteOptions: { gracePeriodSeconds: 1 } },
  [`${core}/serviceaccounts/default/token`]: {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: { audiences: ['x'], expirationSeconds: 600, boundObjectRef: { kind: 'Pod', name: 'a', apiVersion: 'v1' } },
  },
  '/apis/apps/v1/namespaces/default/deployments/a/scale': {
    apiVersion: 'autoscaling/v1',
    kind: 'Scale',
    spec: { replicas: 2 },
  },
  [foos]: { apiVersion: 'x.io/v1', kind: 'Foo', spec: { a: 'x' }, status: { b: 'y' } },
  [crds]: fooCrd,
}
const goodMeta = {
  name: 'a',
  labels: { a: 'b' },
  annotations: { c: 'd' },
  finalizers: ['x.io/f'],
  ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'u', controller: true }],
  managedFields: [
    {
      manager: 'm',
      operation: 'Apply',
      apiVersion: 'v1',
      time: '2026-01-01T00:00:00Z',
      fieldsType: 'FieldsV1',
      fieldsV1: { 'f:data': { 'f:k': {} } },
    },
  ],
  deletionTimestamp: null,
  resourceVersion: '1',
}

type Damage = {
  readonly at: number
  readonly how: 'replace' | 'remove' | 'add'
  readonly key: string
  readonly value: unknown
}

/** With the part that comes `at` in the order of a walk damaged. */
function damaged(whole: unknown, { at, how, key: named, value: wrong }: Damage): unknown {
  let left = at
  const walk = (node: unknown): unknown => {
    if (left-- === 0 && how === 'replace') return wrong
    if (left === -1 && how === 'add' && typeof node === 'object' && node !== null && !Array.isArray(node))
      return fromEntries([...Object.entries(node), [named, wrong]])
    if (Array.isArray(node)) return node.map(walk)
    if (typeof node !== 'object' || node === null) return node
    return fromEntries(
      Object.entries(node).flatMap(([field, inner]) => {
        const isGone = left === 0 && how === 'remove'
        const walked = walk(inner)
        return isGone ? [] : [[field, walked] as const]
      }),
    )
  }
  return walk(whole)
}

const damage = fc.record({ at: fc.nat(60), how: fc.constantFrom('replace', 'replace', 'remove', 'add'), key, value })

/** A good object, damaged in some places. */
const objectOf = (path: string): fc.Arbitrary<unknown> =>
  fc.tuple(fc.subarray(Object.entries(goodMeta)), fc.array(damage, { maxLength: 3 })).map(([fields, damages]) =>
    damages.reduce<unknown>(damaged, {
      ...good[path],
      metadata: fromEntries([['name', 'a'], ...(path === crds ? [['name', 'foos.x.io'] as const] : fields)]),
    }),
  )

const query: fc.Arbitrary<readonly (readonly [string, string])[]> = fc.array(
  fc.tuple(
    fc.constantFrom(
      ...['watch', 'limit', 'continue', 'labelSelector', 'fieldSelector', 'resourceVersion', 'resourceVersionMatch'],
      ...['dryRun', 'fieldManager', 'fieldValidation', 'force', 'timeoutSeconds', 'sendInitialEvents', 'pretty'],
      ...['propagationPolicy', 'gracePeriodSeconds', 'orphanDependents', 'tailLines', 'sinceTime', 'container'],
      ...['allowWatchBookmarks', ...treacherous],
    ),
    fc.oneof(
      fc.constantFrom('true', '1', '-1', 'All', '', 'a=b', '!a', 'a in (b', 'constructor', '__proto__=x', 'eyJ2IjoxfQ'),
      fc.constantFrom('metadata.name=a', 'constructor=a', '__proto__!=x', '99999999999999999999', '%', 'e30', 'bnVsbA'),
      fc.string({ maxLength: 8 }).map(encodeURIComponent),
      fc.string({ maxLength: 8, unit: 'binary-ascii' }),
    ),
  ),
  { maxLength: 2 },
)
const part = fc.oneof(
  fc.constantFrom('api', 'apis', 'v1', 'namespaces', 'default', 'watch', 'status', 'scale', 'log', 'pods', 'x.io'),
  fc.constantFrom(...treacherous, '', '.', '..', '%', '%2F', '%00', '\ud800', 'a', 'token', 'binding', 'finalize'),
  fc.string({ maxLength: 5, unit: 'binary' }),
)
const patchTypes = ['merge-patch+json', 'json-patch+json', 'strategic-merge-patch+json', 'apply-patch+yaml']
const typeOf = (method: string): fc.Arbitrary<string> =>
  fc.oneof(
    {
      arbitrary: fc
        .constantFrom(...(method === 'PATCH' ? patchTypes : ['json', 'yaml']))
        .map((each) => `application/${each}`),
      weight: 9,
    },
    fc.string({ maxLength: 12, unit: 'binary-ascii' }),
  )
const accept = fc.oneof(
  { arbitrary: fc.constant('application/json'), weight: 9 },
  fc.constantFrom('application/json', '*/*', '', 'text/plain', 'application/json;as=Table;v=v1;g=meta.k8s.io'),
  fc.constantFrom('application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io', 'application/json;as=__proto__'),
  fc.string({ maxLength: 12, unit: 'binary-ascii' }),
)
const operation = fc.record(
  {
    op: fc.oneof(fc.constantFrom<unknown>('add', 'remove', 'replace', 'move', 'copy', 'test'), value),
    path: fc.oneof(
      fc.constantFrom<unknown>('/metadata/labels', '/__proto__/x', '/constructor/prototype/y', '/-', ''),
      value,
    ),
    from: fc.oneof(fc.constantFrom<unknown>('/metadata', '/__proto__', ''), value),
    value,
  },
  { requiredKeys: [] },
)
const tail = fc.oneof(
  { arbitrary: fc.constantFrom('', '', '/a', '/a/status', '/b'), weight: 9 },
  fc.array(part, { maxLength: 3 }).map((parts) => parts.map((each) => `/${each}`).join('')),
)

const queryOf = (options: readonly (readonly [string, string])[]): string =>
  options.length > 0 ? `?${options.map((each) => each.join('=')).join('&')}` : ''

const request: fc.Arbitrary<Request> = fc.constantFrom(...Object.keys(good)).chain((root) =>
  fc
    .record({
      method: fc.constantFrom<Request['method']>('GET', 'POST', 'POST', 'PUT', 'PATCH', 'PATCH', 'DELETE'),
      path: fc.oneof(
        { arbitrary: fc.constant(root), weight: 8 },
        { arbitrary: tail.map((rest) => root + rest), weight: 2 },
        fc.array(part, { maxLength: 8 }).map((parts) => `/${parts.join('/')}`),
      ),
      query: fc.oneof(fc.constant([]), query),
      isOfStatus: fc.nat(4).map((each) => each === 0),
      accept,
      agent: fc.string({ maxLength: 9, unit: 'binary-ascii' }),
      body: fc.oneof(
        { arbitrary: objectOf(root), weight: 12 },
        value,
        fc.array(operation, { maxLength: 3 }),
        fc.constant(undefined),
      ),
      user: fc.oneof({ arbitrary: fc.constant('admin'), weight: 20 }, fc.constantFrom(...treacherous)),
    })
    .chain((asked) => fc.tuple(fc.constant(asked), typeOf(asked.method)))
    .map(([{ method, path, query: options, isOfStatus, accept, agent, body, user }, type]) => ({
      method,
      path:
        (path === root && method !== 'POST'
          ? `${path}/${path === crds ? 'foos.x.io' : 'a'}${isOfStatus ? '/status' : ''}`
          : path) + queryOf(options),
      headers: { 'content-type': type, accept, 'user-agent': agent },
      user: { name: user, groups: [user === 'admin' ? 'system:masters' : user] },
      ...(body !== undefined && { body: JSON.parse(JSON.stringify(body)) as unknown }),
    })),
)

const aFullServer = () => {
  const server = aServer()
  server.call('POST', crds, fooCrd)
  for (const [path, object] of Object.entries(good))
    if (path !== crds) server.call('POST', path, { ...object, metadata: { name: 'a', labels: { a: 'b' } } })
  return server
}

const plainTexts = /^(404 page not found|406: Not Acceptable)/

function answersWell(handle: ReturnType<typeof aServer>['api']['handle'], asked: Request): void {
  const response = handle(asked)
  if ('watch' in response) {
    response.watch.close()
    return
  }
  const { status, body } = response
  if (status < 400) expect(body).toBeDefined()
  else if (typeof body === 'string') expect(body).toMatch(plainTexts)
  else expect(body).toMatchObject({ kind: 'Status', status: 'Failure', code: status })
  expect(() => JSON.stringify(body)).not.toThrow()
}

/** `[[[…]]]`, or `{"a":{"a":…}}`. */
const nested = (levels: number, shape: 'list' | 'map'): unknown =>
  Array.from({ length: levels }).reduce<unknown>((inner) => (shape === 'list' ? [inner] : { a: inner }), 1)

describe('a malformed request is answered with a Status or a plain text', () => {
  const server = aFullServer()

  test('whatever it asks and carries', () => {
    fc.assert(
      fc.property(request, (asked) => void answersWell(server.api.handle, asked)),
      { seed: 5, numRuns: 3_000 },
    )
  })

  test.each([900, 1_100, 20_000, 200_000])('that has %i levels', (levels) => {
    for (const shape of ['list', 'map'] as const)
      for (const [method, path] of [
        ['POST', foos],
        ['PUT', `${foos}/a`],
        ['PATCH', `${foos}/a`],
        ['POST', configMaps],
        ['DELETE', `${configMaps}/none`],
      ] as const) {
        const deep = nested(levels, shape)
        const body = {
          apiVersion: 'x.io/v1',
          kind: 'Foo',
          metadata: { name: 'deep', annotations: deep },
          spec: deep,
          data: deep,
        }
        const headers = { 'content-type': `application/${method === 'PATCH' ? 'merge-patch+json' : 'json'}` }
        const user = { name: 'admin', groups: ['system:masters'] }
        answersWell(server.api.handle, { method, path, headers, user, body })
      }
  })
})
