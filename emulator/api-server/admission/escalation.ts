import { type Attributes, authorize, grantsOf } from '../authorize.ts'
import type { Call } from '../context.ts'
import { equal, isObject, listAt, textAt } from '../json.ts'
import { forbidden, notFound } from '../status.ts'
import type { KubeObject, User } from '../types.ts'

const group = 'rbac.authorization.k8s.io'

/** 403 for a role or a binding that would give away more than its author has, unless they may `escalate` or `bind`. */
export function checkEscalation(call: Call, object: KubeObject, old: KubeObject | undefined): void {
  const { core, type, request, info } = call
  const { user } = request
  if (type.group !== group || user.groups.includes('system:masters')) return
  const may = (wanted: Attributes): boolean => authorize(core.store, user, { ...wanted, group }).isAllowed
  const place = type.namespaced ? { namespace: info.namespace ?? '' } : {}
  const name = object.metadata.name ?? ''
  if (type.kind === 'Role' || type.kind === 'ClusterRole') {
    const isSame =
      old && equal(old['rules'], object['rules']) && equal(old['aggregationRule'], object['aggregationRule'])
    if (isSame || may({ verb: 'escalate', resource: type.plural, name, ...place })) return
    if (isObject(object['aggregationRule'])) {
      const all = [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }]
      if (missingOf(call, all).length > 0)
        throw forbidden(type, name, 'must have cluster-admin privileges to use the aggregationRule')
    }
    refuse(call, name, listAt(object, 'rules'))
    return
  }
  const kind = textAt(object, 'roleRef', 'kind')
  const refName = textAt(object, 'roleRef', 'name')
  const plural = kind === 'Role' ? 'roles' : 'clusterroles'
  if (may({ verb: 'bind', resource: plural, name: refName, ...place })) return
  const key = kind === 'Role' ? `${info.namespace ?? ''}/${refName}` : refName
  const role = core.store.get(`${plural}.${group}`, key)
  if (!role) throw notFound(type, refName)
  refuse(call, name, listAt(role, 'rules'))
}

function refuse(call: Call, name: string, rules: readonly unknown[]): void {
  const missing = missingOf(call, rules)
  if (missing.length === 0) return
  const { user } = call.request
  throw forbidden(
    call.type,
    name,
    `${who(user)} is attempting to grant RBAC permissions not currently held:\n${missing.join('\n')}`,
  )
}

const list = (values: readonly unknown[]): string => `[${values.map((each) => JSON.stringify(each)).join(' ')}]`
const who = ({ name, groups }: User): string => `user ${JSON.stringify(name)} (groups=${list(groups)})`

type Simple = { readonly group?: string; readonly resource?: string; readonly name?: string; readonly url?: string }

/** Every single permission of the rules that no rule of the user's covers, verbs of one thing together. */
function missingOf({ core, request, info }: Call, rules: readonly unknown[]): readonly string[] {
  const own = grantsOf(core.store, request.user, info.namespace).flatMap((grant) => grant.rules)
  const missing = new Map<string, { readonly of: Simple; readonly verbs: string[] }>()
  for (const rule of rules)
    for (const of of singles(rule))
      for (const verb of listAt(rule, 'verbs').map(String)) {
        if (own.some((each) => covers(each, of, verb))) continue
        const key = JSON.stringify(of)
        const known = missing.get(key) ?? { of, verbs: [] }
        if (!known.verbs.includes(verb)) known.verbs.push(verb)
        missing.set(key, known)
      }
  return [...missing.values()].map(shown).sort()
}

function singles(rule: unknown): readonly Simple[] {
  const urls = listAt(rule, 'nonResourceURLs').map((url): Simple => ({ url: String(url) }))
  const names = listAt(rule, 'resourceNames').map(String)
  const things = listAt(rule, 'apiGroups').flatMap((each) =>
    listAt(rule, 'resources').flatMap((resource): readonly Simple[] => {
      const thing = { group: String(each), resource: String(resource) }
      return names.length === 0 ? [thing] : names.map((name) => ({ ...thing, name }))
    }),
  )
  return [...things, ...urls]
}

function covers(rule: unknown, { group: of, resource = '', name, url }: Simple, verb: string): boolean {
  const has = (key: string, value: string): boolean => listAt(rule, key).some((each) => each === '*' || each === value)
  if (!has('verbs', verb)) return false
  if (url !== undefined)
    return listAt(rule, 'nonResourceURLs').some((each) => {
      const text = String(each)
      return text === '*' || text === url || (text.endsWith('*') && url.startsWith(text.slice(0, -1)))
    })
  const [, sub] = resource.split('/')
  const isNamed = has('resources', resource) || (sub !== undefined && listAt(rule, 'resources').includes(`*/${sub}`))
  const names = listAt(rule, 'resourceNames')
  return has('apiGroups', of ?? '') && isNamed && (names.length === 0 || (name !== undefined && names.includes(name)))
}

const shown = ({ of, verbs }: { readonly of: Simple; readonly verbs: readonly string[] }): string => {
  if (of.url !== undefined) return `{NonResourceURLs:${list([of.url])}, Verbs:${list(verbs)}}`
  const name = of.name === undefined ? '' : `, ResourceNames:${list([of.name])}`
  return `{APIGroups:${list([of.group])}, Resources:${list([of.resource])}${name}, Verbs:${list(verbs)}}`
}
