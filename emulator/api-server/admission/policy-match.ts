import { type Core, tableOf } from '../context.ts'
import { at, listAt, textAt } from '../json.ts'
import { notFound, notImplemented } from '../status.ts'
import type { KubeObject, ResourceType } from '../types.ts'
import { isEmptySelector, selects } from '../validation/checks.ts'

/** What is asked of admission, as policies see it. */
export type Asked = {
  readonly core: Core
  readonly type: ResourceType
  readonly subresource: string
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE'
  /** '' where the path has none, as when many are deleted. */
  readonly name: string
  /** '' outside namespaces. */
  readonly namespace: string
  readonly object: KubeObject | undefined
  readonly old: KubeObject | undefined
}

/** A version in which the resources of a policy have the requested one. */
export type Matched = { readonly version: string }

/** Whether a policy's matchConstraints or a binding's matchResources are about a request; `undefined` if not. */
export function matchedBy(resources: unknown, asked: Asked): Matched | undefined {
  if (!isInNamespace(at(resources, 'namespaceSelector'), asked)) return undefined
  if (!isObjectSelected(at(resources, 'objectSelector'), asked)) return undefined
  const isExact = at(resources, 'matchPolicy') === 'Exact'
  if (versionFor(listAt(resources, 'excludeResourceRules'), asked, isExact) !== undefined) return undefined
  const rules = listAt(resources, 'resourceRules')
  const version = rules.length === 0 ? asked.type.version : versionFor(rules, asked, isExact)
  return version === undefined ? undefined : { version }
}

function isInNamespace(selector: unknown, asked: Asked): boolean {
  const { core, type, namespace, operation, object, subresource } = asked
  const isNamespace = isOfNamespaces(type)
  if ((namespace === '' && !isNamespace) || isEmptySelector(selector)) return true
  if (isNamespace && subresource === '' && operation !== 'DELETE') return selects(selector, object?.metadata.labels)
  const found = core.store.get('namespaces', namespace)
  if (!found) throw notFound({ group: '', plural: 'namespaces' }, namespace)
  return selects(selector, found.metadata.labels)
}

const isObjectSelected = (selector: unknown, { object, old }: Asked): boolean =>
  isEmptySelector(selector) ||
  [object, old].some((each) => each !== undefined && selects(selector, each.metadata.labels))

const isOfNamespaces = (type: ResourceType): boolean => tableOf(type) === 'namespaces'

/** The requested version, or the first equivalent one, that one of the rules is about. */
function versionFor(rules: readonly unknown[], asked: Asked, isExact: boolean): string | undefined {
  const { type, core } = asked
  if (rules.some((rule) => isAbout(rule, asked, type))) return type.version
  if (isExact) return undefined
  // The one built-in kind that the real server has in two groups.
  const twin = { group: 'events.k8s.io', version: 'v1' }
  if (tableOf(type) === 'events' && rules.some((rule) => isAbout(rule, asked, twin)))
    throw notImplemented('admission policies that see Events as those of events.k8s.io')
  if (!type.isCustom) return undefined
  const others = core
    .types()
    .filter(
      (each) => each !== type && each.isCustom && tableOf(each) === tableOf(type) && each.version !== type.version,
    )
  return rules.flatMap((rule) => others.filter((other) => isAbout(rule, asked, other)))[0]?.version
}

function isAbout(rule: unknown, asked: Asked, place: { readonly group: string; readonly version: string }): boolean {
  const { type, subresource, operation, namespace, name } = asked
  const has = (key: string, value: string): boolean => listAt(rule, key).some((each) => each === '*' || each === value)
  const isInScope = {
    '*': true,
    Cluster: isOfNamespaces(type) || namespace === '',
    Namespaced: !isOfNamespaces(type) && namespace !== '',
  }[textAt(rule, 'scope')]
  const names = listAt(rule, 'resourceNames')
  return (
    isInScope === true &&
    has('operations', operation) &&
    has('apiGroups', place.group) &&
    has('apiVersions', place.version) &&
    listAt(rule, 'resources').some((each) => {
      const [plural = '', sub = ''] = String(each).split(/\/(.*)/s)
      return (plural === '*' || plural === type.plural) && (sub === '*' || sub === subresource)
    }) &&
    (names.length === 0 || names.includes(name))
  )
}
