import { age, column, createdAt, nameColumn, sizeAt, typed, wide } from './columns.ts'
import { eventColumns } from './event-columns.ts'
import { at, listAt, textAt } from './json.ts'
import { networkColumns } from './network-columns.ts'
import { nodeColumns } from './node-columns.ts'
import type { Column, KubeObject } from './types.ts'
import { workloadColumns } from './workload-columns.ts'

const accessModes: Readonly<Record<string, string>> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
}
const bound = (claim: KubeObject, text: string): string => (textAt(claim, 'spec', 'volumeName') === '' ? '' : text)

const quota =
  (isLimit: boolean) =>
  (object: KubeObject): string =>
    Object.keys(at(object, 'status', 'hard') ?? {})
      .sort()
      .filter((name) => name.startsWith('limits.') === isLimit)
      .map(
        (name) => `${name}: ${textAt(object, 'status', 'used', name) || '0'}/${textAt(object, 'status', 'hard', name)}`,
      )
      .join(', ')

const subjects =
  (kind: string) =>
  (object: KubeObject): string =>
    listAt(object, 'subjects')
      .filter((each) => at(each, 'kind') === kind)
      .map((each) =>
        kind === 'ServiceAccount' ? `${textAt(each, 'namespace')}/${textAt(each, 'name')}` : textAt(each, 'name'),
      )
      .join(', ')
const binding: readonly Column[] = [
  column('Role', (object) => `${textAt(object, 'roleRef', 'kind')}/${textAt(object, 'roleRef', 'name')}`),
  age,
  wide('Users', subjects('User')),
  wide('Groups', subjects('Group')),
  wide('ServiceAccounts', subjects('ServiceAccount')),
]

// Names, order, types and priorities were seen on kube-apiserver 1.36.3.
const columns: Readonly<Record<string, readonly Column[]>> = {
  ...workloadColumns,
  ...networkColumns,
  ...nodeColumns,
  ConfigMap: [column('Data', (object) => sizeAt(object, 'data') + sizeAt(object, 'binaryData')), age],
  Secret: [column('Type', (object) => textAt(object, 'type')), column('Data', (object) => sizeAt(object, 'data')), age],
  PersistentVolumeClaim: [
    column('Status', (object) =>
      object.metadata.deletionTimestamp ? 'Terminating' : textAt(object, 'status', 'phase'),
    ),
    column('Volume', (object) => textAt(object, 'spec', 'volumeName')),
    column('Capacity', (object) => bound(object, textAt(object, 'status', 'capacity', 'storage') || '0')),
    column('Access Modes', (object) =>
      bound(
        object,
        listAt(object, 'status', 'accessModes')
          .map((mode) => accessModes[String(mode)] ?? '')
          .join(','),
      ),
    ),
    column('StorageClass', (object) => textAt(object, 'spec', 'storageClassName')),
    column('VolumeAttributesClass', (object) => textAt(object, 'spec', 'volumeAttributesClassName') || '<unset>'),
    age,
    wide('VolumeMode', (object) => textAt(object, 'spec', 'volumeMode') || '<unset>'),
  ],
  ResourceQuota: [column('Request', quota(false)), column('Limit', quota(true)), age],
  LimitRange: [createdAt],
  Namespace: [column('Status', (object) => textAt(object, 'status', 'phase')), age],
  Lease: [column('Holder', (object) => textAt(object, 'spec', 'holderIdentity')), age],
  Role: [createdAt],
  ClusterRole: [createdAt],
  RoleBinding: binding,
  ClusterRoleBinding: binding,
  CustomResourceDefinition: [createdAt],
  ValidatingAdmissionPolicy: [
    typed(
      'integer',
      column('Validations', (object) => listAt(object, 'spec', 'validations').length),
    ),
    column('ParamKind', () => '<unset>'), // parameters are refused
    age,
  ],
  ValidatingAdmissionPolicyBinding: [
    column('PolicyName', (object) => textAt(object, 'spec', 'policyName')),
    column('ParamRef', () => '<unset>'),
    age,
  ],
}

/** Of a kind without an entry here the Table has a name and an age, fewer columns than the real server's. */
export const builtInColumns = (kind: string): readonly Column[] =>
  kind === 'Event' ? eventColumns : [nameColumn, ...(columns[kind] ?? [age])]
