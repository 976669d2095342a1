import type { LimitRange as LimitRangeFields, Namespace, ServiceAccount } from 'kubernetes-types/core/v1.js'
import type { RoleBinding as BindingFields, Role as RoleFields } from 'kubernetes-types/rbac/v1.js'
import { type Kind, type KubernetesObject, managedNamespace } from '#sdk/index.ts'

export type NamespaceObject = KubernetesObject & Pick<Namespace, 'spec' | 'status'>
export type Account = KubernetesObject & Pick<ServiceAccount, 'secrets'>
export type RoleObject = KubernetesObject & Pick<RoleFields, 'rules'>
export type Binding = KubernetesObject & Pick<BindingFields, 'roleRef' | 'subjects'>
export type LimitRange = KubernetesObject & Pick<LimitRangeFields, 'spec'>

export const RBAC = 'rbac.authorization.k8s.io'

export const namespaceKind: Kind<NamespaceObject> = {
  apiVersion: 'v1',
  kind: 'Namespace',
  plural: 'namespaces',
  scope: 'Cluster',
}
export const accountKind: Kind<Account> = {
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  plural: 'serviceaccounts',
  scope: 'Namespaced',
}
export const roleKind: Kind<RoleObject> = {
  apiVersion: `${RBAC}/v1`,
  kind: 'Role',
  plural: 'roles',
  scope: 'Namespaced',
}
export const bindingKind: Kind<Binding> = {
  apiVersion: `${RBAC}/v1`,
  kind: 'RoleBinding',
  plural: 'rolebindings',
  scope: 'Namespaced',
}
export const limitRangeKind: Kind<LimitRange> = {
  apiVersion: 'v1',
  kind: 'LimitRange',
  plural: 'limitranges',
  scope: 'Namespaced',
}

export type Standing = 'managed' | 'unmanaged' | 'terminating'

/** Whether a namespace is looked after. One that is gone, or going, needs nothing any more. Pure. */
export const standingOf = (namespace: KubernetesObject | undefined): Standing => {
  if (!namespace || namespace.metadata.deletionTimestamp !== undefined) return 'terminating'
  const isManaged = Object.entries(managedNamespace).every(([key, value]) => namespace.metadata.labels?.[key] === value)
  return isManaged ? 'managed' : 'unmanaged'
}
