import { builtInColumns } from './built-in-columns.ts'
import { defaultsFor } from './defaults/by-kind.ts'
import { textAt } from './json.ts'
import type { KubeObject, ResourceType, Subresource } from './types.ts'
import { nameFaults, validators } from './validation/by-kind.ts'

const allVerbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch']

type Row = {
  readonly group?: string
  readonly kind: string
  readonly plural: string
  readonly short?: readonly string[]
  readonly categories?: readonly string[]
  readonly cluster?: true
  readonly sub?: readonly Subresource[]
  /** Field selectors, by their name: the path is the same. */
  readonly fields?: readonly string[]
  readonly generation?: true
  readonly putCreates?: true
  readonly returnsDeleted?: true
  readonly noCollection?: true
}

// What differs was seen on kube-apiserver 1.36.3.
const rows: readonly Row[] = [
  { kind: 'ConfigMap', plural: 'configmaps', short: ['cm'] },
  {
    kind: 'Event',
    plural: 'events',
    short: ['ev'],
    putCreates: true,
    fields: [
      ...['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'].map(
        (key) => `involvedObject.${key}`,
      ),
      ...['reason', 'reportingComponent', 'source', 'type'],
    ],
  },
  { kind: 'LimitRange', plural: 'limitranges', short: ['limits'], putCreates: true },
  {
    kind: 'Namespace',
    plural: 'namespaces',
    short: ['ns'],
    cluster: true,
    sub: ['status', 'finalize'],
    fields: ['status.phase'],
    noCollection: true,
  },
  {
    kind: 'Node',
    plural: 'nodes',
    short: ['no'],
    cluster: true,
    sub: ['status'],
    fields: ['spec.unschedulable'],
    returnsDeleted: true,
  },
  {
    kind: 'PersistentVolumeClaim',
    plural: 'persistentvolumeclaims',
    short: ['pvc'],
    sub: ['status'],
    returnsDeleted: true,
  },
  {
    kind: 'Pod',
    plural: 'pods',
    short: ['po'],
    categories: ['all'],
    sub: ['status', 'log', 'eviction', 'binding', 'ephemeralcontainers'],
    generation: true,
    returnsDeleted: true,
    fields: [
      ...['nodeName', 'restartPolicy', 'schedulerName', 'serviceAccountName', 'hostNetwork'].map(
        (key) => `spec.${key}`,
      ),
      ...['phase', 'podIP', 'podIPs', 'nominatedNodeName'].map((key) => `status.${key}`),
    ],
  },
  { kind: 'ResourceQuota', plural: 'resourcequotas', short: ['quota'], sub: ['status'], returnsDeleted: true },
  { kind: 'Secret', plural: 'secrets', fields: ['type'] },
  { kind: 'ServiceAccount', plural: 'serviceaccounts', short: ['sa'], sub: ['token'], returnsDeleted: true },
  {
    kind: 'Service',
    putCreates: true,
    plural: 'services',
    short: ['svc'],
    categories: ['all'],
    sub: ['status'],
    returnsDeleted: true,
    fields: ['spec.clusterIP', 'spec.type'],
  },
  {
    group: 'apps',
    kind: 'Deployment',
    plural: 'deployments',
    short: ['deploy'],
    categories: ['all'],
    sub: ['scale', 'status'],
    generation: true,
  },
  {
    group: 'batch',
    kind: 'Job',
    plural: 'jobs',
    categories: ['all'],
    sub: ['status'],
    generation: true,
    fields: ['status.successful'],
  },
  { group: 'coordination.k8s.io', kind: 'Lease', plural: 'leases', putCreates: true },
  {
    group: 'networking.k8s.io',
    kind: 'Ingress',
    plural: 'ingresses',
    short: ['ing'],
    sub: ['status'],
    generation: true,
  },
  { group: 'networking.k8s.io', kind: 'NetworkPolicy', plural: 'networkpolicies', short: ['netpol'], generation: true },
  ...(['ClusterRole', 'ClusterRoleBinding', 'Role', 'RoleBinding'] as const).map(
    (kind): Row => ({
      group: 'rbac.authorization.k8s.io',
      kind,
      plural: `${kind.toLowerCase()}s`,
      putCreates: true,
      ...(kind.startsWith('Cluster') && { cluster: true as const }),
    }),
  ),
  {
    group: 'admissionregistration.k8s.io',
    kind: 'ValidatingAdmissionPolicy',
    plural: 'validatingadmissionpolicies',
    categories: ['api-extensions'],
    cluster: true,
    sub: ['status'],
    generation: true,
  },
  {
    group: 'admissionregistration.k8s.io',
    kind: 'ValidatingAdmissionPolicyBinding',
    plural: 'validatingadmissionpolicybindings',
    categories: ['api-extensions'],
    cluster: true,
    generation: true,
  },
  {
    group: 'apiextensions.k8s.io',
    kind: 'CustomResourceDefinition',
    plural: 'customresourcedefinitions',
    short: ['crd', 'crds'],
    categories: ['api-extensions'],
    cluster: true,
    sub: ['status'],
    generation: true,
  },
]

/** Kinds whose updates have to say which version they are of. */
const versioned = ['CustomResourceDefinition', 'Lease', 'ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding']

const readField =
  (kind: string, field: string) =>
  (object: KubeObject): string => {
    if (field === 'status.successful') return textAt(object, 'status', 'succeeded') || '0'
    if (field === 'source') return textAt(object, 'source', 'component') || textAt(object, 'reportingComponent')
    if (kind === 'Pod' && field === 'spec.hostNetwork') return textAt(object, 'spec', 'hostNetwork') || 'false'
    return textAt(object, ...field.split('.'))
  }

/** The kinds that the embedded control plane serves without a CRD. */
export const builtIns: readonly ResourceType[] = rows.map((row): ResourceType => {
  const { group = '', kind, plural } = row
  return {
    group,
    version: 'v1',
    kind,
    listKind: `${kind}List`,
    plural,
    singular: kind.toLowerCase(),
    shortNames: row.short ?? [],
    categories: row.categories ?? [],
    namespaced: !row.cluster,
    subresources: row.sub ?? [],
    verbs: row.noCollection ? allVerbs.filter((verb) => verb !== 'deletecollection') : allVerbs,
    columns: builtInColumns(kind),
    isCustom: false,
    selectable: Object.fromEntries((row.fields ?? []).map((field) => [field, readField(kind, field)])),
    hasGeneration: row.generation === true,
    allowsCreateOnUpdate: row.putCreates === true,
    allowsUnconditionalUpdate: !versioned.includes(kind),
    returnsDeletedObject: row.returnsDeleted === true,
    defaultPropagation: kind === 'Job' ? 'Orphan' : 'Background',
    ...(nameFaults[kind] && { nameFaults: nameFaults[kind] }),
    ...(validators[kind] && { validate: validators[kind] }),
    ...defaultsFor(kind),
  }
})
