import { listAt, textAt } from './json.ts'
import type { Store } from './store.ts'
import type { KubeObject, User } from './types.ts'

/** What somebody wants to do; `path` alone for what is no resource. */
export type Attributes = {
  readonly verb: string
  readonly group?: string
  readonly resource?: string
  readonly subresource?: string
  readonly namespace?: string
  readonly name?: string
  readonly path?: string
}

export type Decision = { readonly isAllowed: boolean; readonly reason?: string }

type Grant = { readonly rules: readonly unknown[]; readonly reason: string }

const RBAC = 'rbac.authorization.k8s.io'

/** RBAC over the stored roles and bindings. Members of `system:masters` may do everything. Pure. */
export function authorize(store: Store, user: User, wanted: Attributes): Decision {
  if (user.groups.includes('system:masters')) return { isAllowed: true }
  const found = grantsOf(store, user, wanted.namespace).find(({ rules }) => rules.some((rule) => allows(rule, wanted)))
  return found ? { isAllowed: true, ...(found.reason && { reason: found.reason }) } : { isAllowed: false }
}

type Known = { readonly at: number; readonly grants: Map<string, readonly Grant[]> }
const known = new WeakMap<Store, Known>()
const MOST_GRANTS = 1000
const tables = ['clusterroles', 'clusterrolebindings', 'roles', 'rolebindings'].map((plural) => `${plural}.${RBAC}`)

/** Every rule that is for the user, cluster-wide ones first. Read anew after each change of a role or binding. */
export function grantsOf(store: Store, user: User, namespace: string | undefined): readonly Grant[] {
  const at = Math.max(...tables.map(store.changedAt))
  const last = known.get(store)
  const current = last?.at === at && last.grants.size < MOST_GRANTS ? last : { at, grants: new Map() }
  if (current !== last) known.set(store, current)
  const key = JSON.stringify([user.name, user.groups, namespace])
  const grants = current.grants.get(key) ?? readGrants(store, user, namespace)
  current.grants.set(key, grants)
  return grants
}

function readGrants(store: Store, user: User, namespace: string | undefined): readonly Grant[] {
  const bound = (binding: KubeObject): readonly Grant[] => {
    const inNamespace = binding.metadata.namespace
    const subject = listAt(binding, 'subjects').find((each) => isSubject(each, user, inNamespace))
    if (subject === undefined) return []
    const kind = textAt(binding, 'roleRef', 'kind')
    const name = textAt(binding, 'roleRef', 'name')
    const role =
      kind === 'ClusterRole'
        ? store.get(`clusterroles.${RBAC}`, name)
        : store.get(`roles.${RBAC}`, `${inNamespace ?? ''}/${name}`)
    const own = binding.metadata.name ?? ''
    const bindingName = inNamespace === undefined ? `"${own}"` : `"${own}/${inNamespace}"`
    const reason = `RBAC: allowed by ${binding.kind} ${bindingName} of ${kind} "${name}" to ${subjectText(subject, inNamespace)}`
    return role ? [{ rules: listAt(role, 'rules'), reason }] : []
  }
  const cluster = store.list(`clusterrolebindings.${RBAC}`, '') ?? []
  const local = namespace ? (store.list(`rolebindings.${RBAC}`, `${namespace}/`) ?? []) : []
  return [...cluster.flatMap(bound), ...local.flatMap(bound)]
}

const subjectText = (subject: unknown, namespace: string | undefined): string => {
  const kind = textAt(subject, 'kind')
  const name = textAt(subject, 'name')
  return kind === 'ServiceAccount'
    ? `${kind} "${name}/${textAt(subject, 'namespace') || namespace}"`
    : `${kind} "${name}"`
}

const isSubject = (subject: unknown, user: User, namespace: string | undefined): boolean => {
  const name = textAt(subject, 'name')
  switch (textAt(subject, 'kind')) {
    case 'User':
      return user.name === name
    case 'Group':
      return user.groups.includes(name)
    case 'ServiceAccount': {
      const home = textAt(subject, 'namespace') || namespace
      return home !== undefined && user.name === `system:serviceaccount:${home}:${name}`
    }
    default:
      return false
  }
}

const has = (rule: unknown, key: string, wanted: string): boolean => {
  const values = listAt(rule, key)
  return values.includes('*') || values.includes(wanted)
}

function allows(rule: unknown, wanted: Attributes): boolean {
  if (!has(rule, 'verbs', wanted.verb)) return false
  const { path, resource = '', subresource = '', name = '' } = wanted
  if (path !== undefined)
    return listAt(rule, 'nonResourceURLs').some((each) => {
      const url = String(each)
      return url === '*' || url === path || (url.endsWith('*') && path.startsWith(url.slice(0, -1)))
    })
  if (!has(rule, 'apiGroups', wanted.group ?? '')) return false
  const full = subresource === '' ? resource : `${resource}/${subresource}`
  const resources = listAt(rule, 'resources')
  const named =
    resources.includes('*') ||
    resources.includes(full) ||
    (subresource !== '' && resources.includes(`*/${subresource}`))
  const names = listAt(rule, 'resourceNames')
  return named && (names.length === 0 || names.includes(name))
}

/** What the 403 says after `forbidden: `. */
export function refusal(
  user: User,
  { verb, path, resource = '', subresource = '', group = '', namespace }: Attributes,
): string {
  if (path !== undefined) return `User "${user.name}" cannot ${verb} path "${path}"`
  const full = subresource === '' ? resource : `${resource}/${subresource}`
  const where = namespace ? `in the namespace "${namespace}"` : 'at the cluster scope'
  return `User "${user.name}" cannot ${verb} resource "${full}" in API group "${group}" ${where}`
}
