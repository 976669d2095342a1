import { builtInType } from '#emulator/patch/built-in-types.ts'
import type { FieldType } from '#emulator/patch/types.ts'
import { changed, type Group, pathOf, type Step } from './case.ts'

const podSpec = {
  automountServiceAccountToken: false,
  containers: [
    {
      name: 'c',
      image: 'i:1',
      env: [{ name: 'A', value: 'b' }],
      ports: [{ containerPort: 80 }],
      resources: { requests: { cpu: '1' } },
      volumeMounts: [{ name: 'v', mountPath: '/v' }],
      livenessProbe: { httpGet: { port: 80 } },
      securityContext: { runAsUser: 5 },
    },
  ],
  volumes: [{ name: 'v', emptyDir: {} }],
  securityContext: { fsGroup: 3 },
  tolerations: [{ key: 'a', operator: 'Exists' }],
}
const core = (kind: string, more: object = {}) => ({
  apiVersion: 'v1',
  kind,
  metadata: { name: 'x', labels: { a: 'b' } },
  ...more,
})
const of = (apiVersion: string, kind: string, more: object) => ({ apiVersion, kind, metadata: { name: 'x' }, ...more })
const rbac = 'rbac.authorization.k8s.io'
const backend = { service: { name: 's', port: { number: 80 } } }

/** Objects that the real server takes, by plural. */
const objects = {
  pods: core('Pod', { spec: podSpec }),
  configmaps: core('ConfigMap', { data: { a: 'b' } }),
  secrets: core('Secret', { data: { a: 'Yg==' }, type: 'Opaque' }),
  services: core('Service', { spec: { selector: { a: 'b' }, ports: [{ port: 80, name: 'p' }] } }),
  serviceaccounts: core('ServiceAccount', { imagePullSecrets: [{ name: 'a' }] }),
  persistentvolumeclaims: core('PersistentVolumeClaim', {
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  }),
  limitranges: core('LimitRange', { spec: { limits: [{ type: 'Container', max: { cpu: '1' } }] } }),
  events: core('Event', {
    involvedObject: { kind: 'Pod', name: 'p', namespace: '{ns}' },
    reason: 'R',
    message: 'm',
    type: 'Normal',
    source: { component: 'x' },
    firstTimestamp: '2026-01-01T00:00:00Z',
    lastTimestamp: '2026-01-01T00:00:00Z',
    count: 1,
  }),
  jobs: of('batch/v1', 'Job', {
    spec: {
      backoffLimit: 1,
      podFailurePolicy: { rules: [{ action: 'FailJob', onExitCodes: { operator: 'In', values: [3] } }] },
      template: { spec: { ...podSpec, restartPolicy: 'Never' } },
    },
  }),
  deployments: of('apps/v1', 'Deployment', {
    spec: {
      replicas: 0,
      selector: { matchLabels: { a: 'b' } },
      template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } },
    },
  }),
  leases: of('coordination.k8s.io/v1', 'Lease', { spec: { holderIdentity: 'a', leaseDurationSeconds: 5 } }),
  ingresses: of('networking.k8s.io/v1', 'Ingress', {
    spec: { rules: [{ host: 'a.b', http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }] },
  }),
  networkpolicies: of('networking.k8s.io/v1', 'NetworkPolicy', {
    spec: {
      podSelector: {},
      ingress: [{ from: [{ podSelector: { matchLabels: { a: 'b' } } }], ports: [{ port: 80, protocol: 'TCP' }] }],
    },
  }),
  roles: of(`${rbac}/v1`, 'Role', { rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }] }),
  rolebindings: of(`${rbac}/v1`, 'RoleBinding', {
    roleRef: { apiGroup: rbac, kind: 'Role', name: 'r' },
    subjects: [{ kind: 'User', name: 'u', apiGroup: rbac }],
  }),
}

const values = [
  ...[5, -1, 1.5, 'x', '', 'A_b!', true, null],
  ...[{}, { a: 'b' }, { a: 5 }],
  ...[[], [null], [5], ['x'], [{}]],
]
const DEEPEST = 7
const ours = /^(apiVersion|kind|metadata\.managedFields|status)/

/** Everything that the object has, and each field that one of its structs could have. */
function pathsIn(type: FieldType | undefined, value: unknown, path = '', depth = 0): readonly string[] {
  if (depth > DEEPEST) return []
  if (Array.isArray(value))
    return [path, ...value.flatMap((item, at) => pathsIn(type?.list?.element, item, `${path}[${at}]`, depth + 1))]
  if (!type?.map || typeof value !== 'object' || value === null) return [path]
  const { fields, element } = type.map
  const object = value as Readonly<Record<string, unknown>>
  const inside = [...new Set([...fields.keys(), ...Object.keys(object)])].flatMap((key) =>
    pathsIn(fields.get(key)?.type ?? element, object[key], path === '' ? key : `${path}.${key}`, depth + 1),
  )
  return [path, ...inside]
}

/** Creations of each object with each field set to each of some values, most of them wrong; dry runs, by kind. */
export const everyField: readonly Group[] = Object.entries(objects).map(([plural, object]) => ({
  name: plural,
  steps: [...new Set(pathsIn(builtInType(object.apiVersion, object.kind)?.root, object))]
    .filter((path) => path !== '' && !ours.test(path))
    .flatMap((path) =>
      values.map(
        (value): Step => ({
          name: `${path} = ${JSON.stringify(value)}`,
          method: 'POST',
          path: pathOf(plural, '?dryRun=All'),
          body: changed(object, [path, value]),
        }),
      ),
    ),
}))

/** What the real server takes, and the embedded one does not, besides what it does not implement. */
export const isTakenThere = (kind: string, step: string): boolean =>
  (kind === 'secrets' && /^data\.a = \[/.test(step)) || // bytes as a list of numbers
  (kind === 'limitranges' && /^metadata(\.name)? = /.test(step)) // which get a name of their own
