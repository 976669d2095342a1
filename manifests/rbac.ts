import type { Access, FunctionDefinition } from '#sdk/index.ts'
import { labelsOf, NAMESPACE } from './names.ts'

type Rule = { apiGroups: string[]; resources: string[]; resourceNames?: readonly string[]; verbs: string[] }

/** One rule per resource and the names it is limited to, its verbs joined and sorted. A host may do more than functions can ask for: watch. */
export const rulesOf = (access: readonly (Omit<Access, 'verbs'> & { readonly verbs: readonly string[] })[]): Rule[] => {
  const verbs = new Map<string, Set<string>>()
  for (const { apiGroup, resource, verbs: used, toGrant = [], resourceNames = [] } of access) {
    const key = [apiGroup, resource, ...resourceNames].join(' ')
    verbs.set(key, (verbs.get(key) ?? new Set()).union(new Set([...used, ...toGrant])))
  }
  return [...verbs]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, words]) => {
      const [apiGroup = '', resource = '', ...resourceNames] = key.split(' ')
      const named = resourceNames.length > 0 && { resourceNames }
      return { apiGroups: [apiGroup], resources: [resource], ...named, verbs: [...words].sort() }
    })
}

/** A ServiceAccount, and what it may do in every namespace: nothing but its function's declared access. */
export const identityOf = ({ name, access }: Pick<FunctionDefinition, 'name' | 'access'>) =>
  identity(name, rulesOf(access))

export const identity = (name: string, rules: readonly object[]): object[] => {
  const roleName = `dormouse-${name}`
  const account = {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name, namespace: NAMESPACE, labels: labelsOf(name) },
  }
  if (rules.length === 0) return [account]
  return [
    account,
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: roleName, labels: labelsOf(name) },
      rules,
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: roleName, labels: labelsOf(name) },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: roleName },
      subjects: [{ kind: 'ServiceAccount', name, namespace: NAMESPACE }],
    },
  ]
}
