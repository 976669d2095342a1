import { changed, changesOf, creations, type Group, pathOf, post, type Step } from './case.ts'
import { aJob } from './job-cases.ts'
import { aPod } from './pod-cases.ts'

const core = (kind: string, name: string, more: object = {}) => ({
  apiVersion: 'v1',
  kind,
  metadata: { name },
  ...more,
})
const quota = (name: string, hard: object, more: object = {}) =>
  core('ResourceQuota', name, { spec: { hard, ...more } })
const pod = (name: string, ...more: readonly unknown[]) => changed(aPod, ['metadata.name', name, ...more])
const c = 'spec.containers[0]'
const read = (plural: string, name: string, settleMs = 0): Step => ({
  name: `read ${plural} ${name}`,
  method: 'GET',
  path: pathOf(plural, `/${name}`),
  settleMs,
})
const remove = (plural: string, name: string): Step => ({
  name: `delete ${plural} ${name}`,
  method: 'DELETE',
  path: pathOf(plural, `/${name}`),
})
const resources = (requests: object, limits: object = {}) => [`${c}.resources`, { requests, limits }]
const restricted = {
  runAsNonRoot: true,
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' },
}
const policyCases: readonly (readonly unknown[])[] = [
  [],
  [`${c}.securityContext`, restricted],
  [`${c}.securityContext`, { ...restricted, privileged: false, runAsUser: 0 }],
  [`${c}.securityContext`, { ...restricted, capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE'] } }],
  [`${c}.securityContext`, { ...restricted, capabilities: { drop: ['ALL'], add: ['SYS_ADMIN', 'CHOWN'] } }],
  [`${c}.securityContext`, { privileged: true }],
  [`${c}.securityContext`, { ...restricted, seccompProfile: { type: 'Unconfined' } }],
  ['spec.securityContext', { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } }],
  [
    ...['spec.securityContext', { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } }],
    ...[`${c}.securityContext`, { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } }],
  ],
  ['spec.hostNetwork', true, 'spec.hostPID', true],
  ['spec.volumes', [{ name: 'v', hostPath: { path: '/x' } }]],
  [`${c}.ports`, [{ containerPort: 80, hostPort: 80 }]],
  [
    'spec.containers',
    [
      { name: 'a', image: 'i' },
      { name: 'b', image: 'i' },
    ],
  ],
  ['spec.initContainers', [{ name: 'a', image: 'i' }], `${c}.securityContext`, restricted],
]

export const admissionGroups: readonly Group[] = [
  {
    name: 'service-accounts',
    setup: [
      post('serviceaccounts', core('ServiceAccount', 'plain')),
      post('serviceaccounts', core('ServiceAccount', 'tokenless', { automountServiceAccountToken: false })),
      post('serviceaccounts', core('ServiceAccount', 'puller', { imagePullSecrets: [{ name: 'x' }] })),
      post('pods', core('Pod', 'stay', { spec: { containers: [{ name: 'c', image: 'i' }] } })),
    ],
    steps: creations('pods', { ...aPod, spec: { containers: [{ name: 'c', image: 'i' }] } }, [
      [],
      ['spec.serviceAccountName', 'plain'],
      ['spec.serviceAccount', 'plain'],
      ['spec.serviceAccountName', 'nope'],
      ['spec.serviceAccountName', 'tokenless'],
      ['spec.serviceAccountName', 'tokenless', 'spec.automountServiceAccountToken', true],
      ['spec.serviceAccountName', 'puller'],
      ['spec.serviceAccountName', 'puller', 'spec.imagePullSecrets', [{ name: 'y' }]],
      [
        ...['spec.volumes', [{ name: 'v', emptyDir: {} }]],
        ...[`${c}.volumeMounts`, [{ name: 'v', mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' }]],
      ],
      ['spec.initContainers', [{ name: 'i', image: 'i' }], 'spec.volumes', [{ name: 'v', emptyDir: {} }]],
      ['metadata.annotations', { 'kubernetes.io/config.mirror': 'x' }],
    ]),
  },
  {
    name: 'limit-ranges',
    setup: [
      post(
        'limitranges',
        core('LimitRange', 'lr', {
          spec: {
            limits: [
              {
                type: 'Container',
                default: { cpu: '500m', memory: '256Mi' },
                defaultRequest: { cpu: '100m' },
                max: { cpu: '1', memory: '1Gi' },
                min: { cpu: '50m' },
                maxLimitRequestRatio: { cpu: '10' },
              },
              { type: 'Pod', max: { cpu: '2' } },
              { type: 'PersistentVolumeClaim', max: { storage: '5Gi' }, min: { storage: '1Gi' } },
            ],
          },
        }),
        { settleMs: 0 },
      ),
    ],
    steps: [
      ...creations('pods', aPod, [
        [],
        resources({ cpu: '200m' }),
        resources({}, { cpu: '800m' }),
        resources({ cpu: '40m' }),
        resources({ cpu: '2' }, { cpu: '2' }),
        resources({}, { memory: '2Gi' }),
        resources({ cpu: '60m' }, { cpu: '1' }),
        [
          'spec.containers',
          ['a', 'b', 'd'].map((name) => ({ name, image: 'i', resources: { limits: { cpu: '900m' } } })),
        ],
        ['spec.initContainers', [{ name: 'i', image: 'i' }]],
        ['spec.initContainers', [{ name: 'i', image: 'i', resources: { limits: { cpu: '3' } } }]],
      ]),
      ...creations(
        'persistentvolumeclaims',
        core('PersistentVolumeClaim', 'c', {
          spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '2Gi' } } },
        }),
        [[], ['spec.resources.requests.storage', '6Gi'], ['spec.resources.requests.storage', '100Mi']],
      ),
      ...creations('jobs', aJob, [[]]),
    ],
  },
  {
    name: 'quotas',
    setup: [
      post('resourcequotas', quota('jobs', { 'count/jobs.batch': '1', 'count/configmaps': '2' })),
      { ...read('resourcequotas', 'jobs', 2500) },
    ],
    steps: [
      read('resourcequotas', 'jobs'),
      post('jobs', changed(aJob, ['metadata.name', 'one', 'spec.suspend', true, 'spec.managedBy', 'x.io/y'])),
      read('resourcequotas', 'jobs'),
      post('jobs', changed(aJob, ['metadata.name', 'two', 'spec.suspend', true])),
      post('jobs', changed(aJob, ['metadata.name', 'one'])),
      post('configmaps', core('ConfigMap', 'a')),
      post('configmaps', core('ConfigMap', 'b')),
      remove('configmaps', 'a'),
      read('resourcequotas', 'jobs', 2500),
      { ...post('configmaps', core('ConfigMap', 'a')), name: 'again a' },
      ...changesOf('resourcequotas', 'jobs', [
        ['spec.hard', { pods: '1' }],
        ['spec.scopes', ['Terminating']],
      ]),
      ...changesOf(
        'resourcequotas',
        'jobs',
        [
          ['status.used', { pods: '1' }],
          ['status.used', { pods: '-1' }],
          ['status.hard', { nope: '-1' }],
        ],
        '/status',
      ),
    ],
  },
  {
    name: 'quotas-of-pods',
    setup: [
      post('resourcequotas', quota('pods', { pods: '2', 'requests.cpu': '1', 'limits.memory': '1Gi', cpu: '1' })),
      post('resourcequotas', quota('best', { pods: '1' }, { scopes: ['BestEffort'] })),
      post('resourcequotas', quota('claims', { 'requests.storage': '5Gi', persistentvolumeclaims: '2' })),
      post('resourcequotas', quota('services', { services: '1', 'services.nodeports': '0', secrets: '1' })),
      { ...read('resourcequotas', 'pods', 2500) },
    ],
    steps: [
      read('resourcequotas', 'pods'),
      read('resourcequotas', 'services'),
      read('resourcequotas', 'best'),
      post('pods', pod('none')),
      post('pods', pod('half', ...resources({ cpu: '500m' }))),
      post('pods', pod('a', ...resources({ cpu: '500m' }, { memory: '512Mi' }))),
      read('resourcequotas', 'pods'),
      post('pods', pod('much', ...resources({ cpu: '600m' }, { memory: '512Mi' }))),
      post('pods', pod('more', ...resources({ cpu: '600m' }, { memory: '2Gi' }))),
      post('pods', pod('b', ...resources({ cpu: '100m' }, { memory: '128Mi' }))),
      post('pods', pod('d', ...resources({ cpu: '100m' }, { memory: '128Mi' }))),
      read('resourcequotas', 'pods'),
      post('services', core('Service', 's', { spec: { ports: [{ port: 80 }] } })),
      post('services', core('Service', 's2', { spec: { ports: [{ port: 80 }] } })),
      post('secrets', core('Secret', 's')),
      post('secrets', core('Secret', 's2')),
      ...['3Gi', '3Gi'].map((storage, index) =>
        post(
          'persistentvolumeclaims',
          core('PersistentVolumeClaim', `c${index}`, {
            spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } } },
          }),
        ),
      ),
      read('resourcequotas', 'claims'),
    ],
  },
  {
    name: 'restricted',
    labels: { 'pod-security.kubernetes.io/enforce': 'restricted' },
    steps: creations('pods', aPod, policyCases),
  },
  {
    name: 'baseline',
    labels: { 'pod-security.kubernetes.io/enforce': 'baseline', 'pod-security.kubernetes.io/warn': 'restricted' },
    steps: [
      ...creations('pods', aPod, policyCases),
      ...creations('jobs', aJob, [[], ['spec.template.spec.containers[0].securityContext', restricted]]),
    ],
  },
  {
    name: 'privileged',
    labels: { 'pod-security.kubernetes.io/enforce': 'privileged' },
    steps: creations('pods', aPod, [[], [`${c}.securityContext`, { privileged: true }]]),
  },
  {
    name: 'pods-subresources',
    setup: [post('pods', pod('a')), post('pods', pod('b')), post('pods', pod('ev'))],
    steps: [
      {
        name: 'bind a',
        method: 'POST',
        path: pathOf('pods', '/a/binding'),
        body: core('Binding', 'a', { target: { kind: 'Node', name: 'n1' } }),
      },
      {
        name: 'bind a again',
        method: 'POST',
        path: pathOf('pods', '/a/binding'),
        body: core('Binding', 'a', { target: { kind: 'Node', name: 'n2' } }),
      },
      {
        name: 'bind b to nothing',
        method: 'POST',
        path: pathOf('pods', '/b/binding'),
        body: core('Binding', 'b', { target: {} }),
      },
      {
        name: 'bind b to an odd thing',
        method: 'POST',
        path: pathOf('pods', '/b/binding'),
        body: core('Binding', 'b', { target: { kind: 'Pod', name: 'n1' } }),
      },
      {
        name: 'bind nobody',
        method: 'POST',
        path: pathOf('pods', '/nope/binding'),
        body: core('Binding', 'nope', { target: { kind: 'Node', name: 'n1' } }),
      },
      {
        name: 'bind b by another name',
        method: 'POST',
        path: pathOf('pods', '/b/binding'),
        body: core('Binding', 'c', { target: { kind: 'Node', name: 'n1' } }),
      },
      { name: 'get a binding', method: 'GET', path: pathOf('pods', '/b/binding') },
      read('pods', 'a'),
      {
        name: 'evict ev',
        method: 'POST',
        path: pathOf('pods', '/ev/eviction'),
        body: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'ev' } },
      },
      read('pods', 'ev'),
      {
        name: 'evict nobody',
        method: 'POST',
        path: pathOf('pods', '/nope/eviction'),
        body: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'nope' } },
      },
      {
        name: 'evict b by another name',
        method: 'POST',
        path: pathOf('pods', '/b/eviction'),
        body: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'c' } },
      },
      {
        name: 'evict a, which runs on a node',
        method: 'POST',
        path: pathOf('pods', '/a/eviction'),
        body: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'a' } },
      },
    ],
  },
]
