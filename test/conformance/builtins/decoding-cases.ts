import { changed, changesOf, type Group, pathOf, post, type Step } from './case.ts'

type Json = Readonly<Record<string, unknown>>

const core = (kind: string, more: object = {}): Json => ({ apiVersion: 'v1', kind, metadata: { name: 'x' }, ...more })
const podSpec = { automountServiceAccountToken: false, containers: [{ name: 'c', image: 'i:1' }] }
const map = core('ConfigMap', { data: { a: 'b' } })
const pod = core('Pod', { spec: podSpec })
const service = core('Service', { spec: { clusterIP: 'None', ports: [{ port: 80 }] } })
const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'x' }, spec: {} }
const job = {
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name: 'x' },
  spec: { template: { spec: { ...podSpec, restartPolicy: 'Never' } } },
}
const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'x' },
  spec: {
    replicas: 0,
    selector: { matchLabels: { a: 'b' } },
    template: { metadata: { labels: { a: 'b' } }, spec: podSpec },
  },
}
const definition = (name: string, property: object, version: object = {}): Json => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `${name}.{ns}.io` },
  spec: {
    group: '{ns}.io',
    names: { kind: name.replace(/s$/, '').replace(/^./, (letter) => letter.toUpperCase()), plural: name },
    scope: 'Namespaced',
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties: { a: property } } } },
        },
        ...version,
      },
    ],
  },
})
const CRDS = 'apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const WHEELS = 'apis/{ns}.io/v1/namespaces/{ns}/wheels'
const wheel = { apiVersion: '{ns}.io/v1', kind: 'Wheel', metadata: { name: 'x' }, spec: { a: 1 } }

const named = (object: object, name: string): Json => changed(object, ['metadata.name', name])

const media = {
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  json: 'application/json-patch+json',
  apply: 'application/apply-patch+yaml',
}

/** The same text in each way to change an object. */
const eachPatch = (path: string, object: Json, at: readonly string[], text: string): readonly Step[] => {
  const inside = at.reduceRight((value, key) => `{"${key}":${value}}`, text)
  const { apiVersion, kind, metadata } = object as { apiVersion: string; kind: string; metadata: { name: string } }
  const own = `"apiVersion":"${apiVersion}","kind":"${kind}"`
  const texts: Readonly<Record<keyof typeof media, string>> = {
    merge: inside,
    strategic: inside,
    json: `[{"op":"add","path":"/${at.join('/')}","value":${text}}]`,
    apply: at[0] === 'metadata' ? '' : `{${own},"metadata":{"name":"${metadata.name}"},${inside.slice(1)}`,
  }
  return (Object.keys(media) as (keyof typeof media)[])
    .filter((kind) => texts[kind] !== '' && !(kind === 'strategic' && path.startsWith(WHEELS)))
    .map((kind) => ({
      name: `${kind} ${path} ${at.join('.')} = ${text}`,
      method: 'PATCH',
      path: `${path}?dryRun=All${kind === 'apply' ? '&fieldManager=other&force=true' : ''}`,
      type: media[kind],
      text: texts[kind],
    }))
}

/** Numbers as they stand in the text. */
const literals = (path: string, object: Json, at: string, texts: readonly string[]): readonly Step[] =>
  texts.map((text) => ({
    name: `create ${path}: ${at} = ${text}`,
    method: 'POST',
    path: `${path}?dryRun=All`,
    text: JSON.stringify(changed(object, [at, '<here>'])).replace('"<here>"', text),
  }))

const c = 'spec.containers[0]'
const numbers = ['1.5', '1.0', '1e0', '1e1', '-0', '2147483648', '-2147483649', '9223372036854775808', '1e30']

const wrongMetadata: readonly (readonly [string, unknown])[] = [
  ['metadata.creationTimestamp', 'bad'],
  ['metadata.creationTimestamp', '2026-13-01T00:00:00Z'],
  ['metadata.creationTimestamp', '2026-01-32T00:00:00Z'],
  ['metadata.creationTimestamp', '2026-01-01T00:00:00+02:00'],
  ['metadata.creationTimestamp', ''],
  ['metadata.creationTimestamp', 5],
  ['metadata.deletionTimestamp', 'bad'],
  ['metadata.deletionTimestamp', 5],
  ['metadata.managedFields', 'x'],
  ['metadata.managedFields', [1]],
  ['metadata.managedFields', [null]],
  ['metadata.managedFields', [{ manager: 5 }]],
  ['metadata.managedFields', [{ manager: 'm', operation: 'Update', apiVersion: 'v1', time: 'bad' }]],
  ['metadata.managedFields', [{ fieldsV1: 'x' }]],
  ['metadata.managedFields', [{ nope: 5 }]],
  ['metadata.finalizers', [1]],
  ['metadata.finalizers', [null]],
  ['metadata.finalizers', ['a.io/b', {}]],
  ['metadata.finalizers', 'x'],
  ['metadata.ownerReferences', [1]],
  ['metadata.ownerReferences', [null]],
  ['metadata.ownerReferences', ['x']],
  ['metadata.ownerReferences', {}],
  ['metadata.ownerReferences', [{ apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 5 }]],
  ['metadata.ownerReferences', [{ apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'u', controller: 'true' }]],
  ['metadata.ownerReferences', [{ apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'u', blockOwnerDeletion: 1 }]],
  ['metadata.ownerReferences', [{ apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'u', nope: 1 }]],
  ['metadata.ownerReferences', [{ apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'u', controller: null }]],
  ['metadata.generation', '1'],
  ['metadata.generation', 1.5],
  ['metadata.generation', 7],
  ['metadata.deletionGracePeriodSeconds', 1.5],
  ['metadata.deletionGracePeriodSeconds', 'x'],
  ['metadata.selfLink', 5],
  ['metadata.selfLink', '/a'],
  ['metadata.labels', { a: 1 }],
  ['metadata.labels', { a: null }],
  ['metadata.annotations', [1]],
  ['metadata.name', 5],
  ['metadata.generateName', {}],
  ['metadata.namespace', 5],
  ['metadata.uid', 5],
  ['metadata.resourceVersion', 5],
  ['metadata', 'x'],
  ['metadata', []],
]
const wrongChanges = wrongMetadata.filter(
  ([at]) => !['metadata', 'metadata.name', 'metadata.namespace', 'metadata.generateName'].includes(at),
)

const creates = (path: string, object: Json, variations: typeof wrongMetadata): readonly Step[] =>
  variations.map(([at, value]) => ({
    name: `create ${path}: ${at} = ${JSON.stringify(value)}`,
    method: 'POST',
    path: `${path}?dryRun=All`,
    body: changed(object, [at, value]),
  }))

const wrongProperties: readonly object[] = [
  { type: 'string', maxLength: 1.5 },
  { type: 'string', maxLength: -1 },
  { type: 'string', minLength: -1 },
  { type: 'string', minLength: 3, maxLength: 2 },
  { type: 'array', items: { type: 'string' }, maxItems: 1e30 },
  { type: 'array', items: { type: 'string' }, minItems: -1 },
  { type: 'object', maxProperties: 0.5 },
  { type: 'object', minProperties: -1 },
  { type: 'number', multipleOf: 0 },
  { type: 'number', multipleOf: -1 },
  { type: 'number', multipleOf: 0.5 },
  { type: 'number', maximum: 1.5, minimum: 0.25 },
  { type: 'number', exclusiveMaximum: true },
  { 'x-kubernetes-int-or-string': true, type: 'string' },
  { 'x-kubernetes-int-or-string': true },
  { type: 'string', default: 5 },
  { type: 'string', pattern: '(' },
  { type: 'string', enum: [] },
]
const wrongColumns: readonly object[] = [
  { name: 'a', type: 'string', jsonPath: 'a' },
  { name: 'a', type: 'string', jsonPath: '.a[' },
  { name: 'a', type: 'string', jsonPath: '.a b' },
  { name: 'a', type: 'string', jsonPath: '{.a}' },
  { name: 'a', type: 'string', jsonPath: '.a[*].b' },
  { name: 'a', type: 'string', jsonPath: '.a[?(@.b=="c")].d' },
  { name: 'a', type: 'string', jsonPath: ".metadata.labels['a']" },
  { name: 'a', type: 'string', jsonPath: '.metadata.labels.a\\.b' },
  { name: 'a', type: 'integer', jsonPath: '..a' },
  { name: 'a', type: 'string', jsonPath: '.' },
  { name: 'a', type: 'date', format: 'nope', jsonPath: '.a' },
  { name: 'a', type: 'string', jsonPath: '.a', priority: 1.5 },
]

const times = [
  ...['2026-01-01', '2026-01-01 00:00:00Z', '2026-1-01T00:00:00Z', '26-01-01T00:00:00Z', '2026-00-01T00:00:00Z'],
  ...['2026-02-29T00:00:00Z', '2024-02-29T00:00:00Z', '2026-04-31T00:00:00Z', '2026-01-00T00:00:00Z'],
  ...['2026-01-01T24:00:00Z', '2026-01-01T23:60:00Z', '2026-01-01T23:59:60Z', '2026-01-01T1:00:00Z'],
  ...['2026-01-01T00:00:00', '2026-01-01T00:00:00z', '2026-01-01T00:00:00+0200', '2026-01-01T00:00:00+02:00x'],
  ...[
    '2026-01-01T00:00:00+25:00',
    '2026-01-01T00:00:00+02:61',
    '2026-01-01T00:00:00+24:00',
    '2026-01-01T00:00:00-02:00',
  ],
  ...['2026-01-01T00:00:00.5Z', '2026-01-01T00:00:00,5Z', '2026-01-01T00:00:00.Z', '2026-01-01T00:00:00.123456Z'],
  ...[
    '2026-01-01T00:00:00.1234567Z',
    '2026-01-01T00:00:00.123456+02:00',
    '0000-01-01T00:00:00Z',
    '9999-12-31T23:59:59Z',
  ],
]

const get = (path: string): Step => ({ name: `get ${path}`, method: 'GET', path })

const ip = (list: string, values: readonly string[]) => [`status.${list}`, values.map((value) => ({ ip: value }))]

export const decodingGroups: readonly Group[] = [
  {
    name: 'numbers',
    setup: [
      post('configmaps', named(map, 'stay')),
      // Which no controller of the real server looks after.
      post('jobs', changed(named(job, 'stay'), ['spec.managedBy', 'example.com/nobody'])),
      post('deployments', named(deployment, 'stay')),
      post('leases', named(lease, 'stay')),
    ],
    steps: [
      ...['parallelism', 'completions', 'backoffLimit', 'ttlSecondsAfterFinished', 'activeDeadlineSeconds'].flatMap(
        (field) => literals(pathOf('jobs'), job, `spec.${field}`, numbers),
      ),
      ...literals(pathOf('deployments'), deployment, 'spec.replicas', numbers),
      ...literals(pathOf('leases'), lease, 'spec.leaseDurationSeconds', numbers),
      ...literals(pathOf('services'), service, 'spec.ports[0].port', numbers),
      ...literals(pathOf('services'), service, 'spec.ports[0].targetPort', numbers),
      ...literals(pathOf('pods'), pod, 'spec.terminationGracePeriodSeconds', numbers),
      ...literals(pathOf('pods'), pod, `${c}.securityContext.runAsUser`, numbers),
      ...literals(pathOf('pods'), pod, `${c}.ports`, ['[{"containerPort":80.5}]', '[{"containerPort":80.0}]']),
      ...literals(pathOf('pods'), pod, `${c}.livenessProbe`, [
        '{"periodSeconds":1.2,"httpGet":{"port":80}}',
        '{"httpGet":{"port":80.5}}',
        '{"httpGet":{"port":true}}',
        '{"httpGet":{"port":3000000000}}',
      ]),
      ...literals(pathOf('pods'), pod, `${c}.resources`, [
        '{"requests":{"cpu":1.5}}',
        '{"requests":{"cpu":1.0}}',
        '{"requests":{"memory":1e3}}',
        '{"requests":{"memory":true}}',
      ]),
      ...literals(pathOf('configmaps'), map, 'metadata.generation', numbers),
      ...literals(pathOf('configmaps'), map, 'metadata.deletionGracePeriodSeconds', numbers),
      ...literals(
        pathOf('serviceaccounts', '/default/token'),
        { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} },
        'spec.expirationSeconds',
        ['700.5', '700.0', '1e30'],
      ),
      ...numbers.flatMap((text) => [
        ...eachPatch(pathOf('leases', '/stay'), named(lease, 'stay'), ['spec', 'leaseDurationSeconds'], text),
        ...eachPatch(pathOf('jobs', '/stay/status'), named(job, 'stay'), ['status', 'active'], text),
      ]),
      ...['1.5', '1.0', '5000000000'].flatMap((text) => [
        ...eachPatch(
          pathOf('deployments', '/stay/scale'),
          { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'stay' } },
          ['spec', 'replicas'],
          text,
        ),
        ...eachPatch(pathOf('configmaps', '/stay'), named(map, 'stay'), ['metadata', 'generation'], text),
      ]),
    ],
  },
  {
    name: 'times',
    steps: [
      ...creates(
        pathOf('configmaps'),
        map,
        times.map((text) => ['metadata.creationTimestamp', text]),
      ),
      ...creates(
        pathOf('leases'),
        lease,
        times.map((text) => ['spec.renewTime', text]),
      ),
    ],
  },
  {
    name: 'metadata-types',
    setup: [post('configmaps', named(map, 'stay'))],
    steps: [
      ...creates(pathOf('configmaps'), map, wrongMetadata),
      ...changesOf('configmaps', 'stay', wrongChanges),
      ...wrongChanges.flatMap(([at, value]) =>
        eachPatch(pathOf('configmaps', '/stay'), named(map, 'stay'), at.split('.'), JSON.stringify(value)).filter(
          ({ type }) => type !== media.merge,
        ),
      ),
    ],
  },
  {
    name: 'metadata-types-custom',
    setup: [
      { name: 'define wheels', method: 'POST', path: CRDS, body: definition('wheels', { type: 'integer' }) },
      { name: 'wait', method: 'GET', path: 'api/v1/namespaces/{ns}', settleMs: 4000 },
      { name: 'a wheel', method: 'POST', path: WHEELS, body: named(wheel, 'stay') },
    ],
    steps: [
      ...creates(WHEELS, wheel, wrongMetadata),
      ...literals(WHEELS, wheel, 'spec.a', numbers),
      ...wrongChanges.flatMap(([at, value]) =>
        eachPatch(`${WHEELS}/stay`, named(wheel, 'stay'), at.split('.'), JSON.stringify(value)),
      ),
      ...numbers.flatMap((text) => eachPatch(`${WHEELS}/stay`, named(wheel, 'stay'), ['spec', 'a'], text)),
    ],
  },
  {
    name: 'definitions',
    steps: [
      ...wrongProperties.map(
        (property): Step => ({
          name: `define ${JSON.stringify(property)}`,
          method: 'POST',
          path: `${CRDS}?dryRun=All`,
          body: definition('tyres', property),
        }),
      ),
      ...wrongColumns.map(
        (column): Step => ({
          name: `column ${JSON.stringify(column)}`,
          method: 'POST',
          path: `${CRDS}?dryRun=All`,
          body: definition('tyres', { type: 'string' }, { additionalPrinterColumns: [column] }),
        }),
      ),
    ],
  },
  {
    name: 'parameters',
    setup: [
      post('configmaps', named(map, 'stay')),
      post('pods', named(pod, 'stay')),
      {
        name: 'the Pod has addresses',
        method: 'PATCH',
        path: pathOf('pods', '/stay/status'),
        type: media.merge,
        body: {
          status: {
            phase: 'Running',
            hostIP: '10.0.0.1',
            hostIPs: [{ ip: '10.0.0.1' }],
            podIP: '10.1.0.1',
            podIPs: [{ ip: '10.1.0.1' }],
          },
        },
      },
    ],
    steps: [
      ...[
        'timeoutSeconds=abc',
        'timeoutSeconds=1.5',
        'timeoutSeconds=',
        'limit=',
        'limit=abc',
        'limit=1.5',
        'limit=-1',
      ].map((query) => get(pathOf('configmaps', `?${query}&labelSelector=a%3Dnone`))),
      ...['true', '1', 'false', '0', '', 'bogus', 'True', 'FALSE'].map(
        (force): Step => ({
          name: `force=${force}`,
          method: 'PATCH',
          path: pathOf('configmaps', `/stay?dryRun=All&fieldManager=m&force=${force}`),
          type: media.apply,
          body: { ...named(map, 'stay'), data: { a: 'other' } },
        }),
      ),
      {
        name: 'delete from a primitive list that is none',
        method: 'PATCH',
        path: pathOf('configmaps', '/stay?dryRun=All'),
        type: media.strategic,
        text: '{"metadata":{"$deleteFromPrimitiveList/finalizers":"x"}}',
      },
      ...changesOf(
        'pods',
        'stay',
        [
          ['status.podIP', 'x'],
          ['status.podIP', '10.1.0.2'],
          ['status.podIP', ''],
          ['status.podIP', undefined],
          ['status.hostIP', 'bogus'],
          ['status.hostIP', '10.0.0.2'],
          ['status.hostIP', undefined],
          ip('podIPs', ['10.1.0.1', '10.1.0.2']),
          ip('podIPs', ['10.1.0.2']),
          ip('podIPs', ['10.1.0.1', 'fd00::1']),
          ip('podIPs', []),
          ip('hostIPs', ['10.0.0.1', '10.0.0.2']),
          ip('hostIPs', ['10.0.0.2']),
          ip('hostIPs', ['10.0.0.1', 'fd00::1']),
          ip('hostIPs', ['10.0.0.1', 'x']),
          ['status.podIP', '10.1.0.3', ...ip('podIPs', ['10.1.0.4'])],
          ['status.conditions', [{ type: 'bad type!', status: 'True' }]],
          ['status.conditions', [{ type: 'a.b/c', status: 'Maybe' }]],
        ],
        '/status',
      ),
    ],
  },
]
