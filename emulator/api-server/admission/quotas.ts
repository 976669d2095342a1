import type { Core } from '../context.ts'
import { tableOf } from '../context.ts'
import { at, equal, isObject, listAt, textAt } from '../json.ts'
import { forbidden, notImplemented } from '../status.ts'
import { keyOf } from '../store.ts'
import type { Json, KubeObject, ResourceType } from '../types.ts'
import { entriesOf } from '../validation/checks.ts'
import { amountOf, count, type Quantity, quantityText, sum } from '../validation/quantity.ts'
import { isInScopes, isOver, type Usage, usageOf } from './usage.ts'

const QUOTAS = 'resourcequotas'
const computed = ['cpu', 'memory', 'requests.cpu', 'requests.memory', 'limits.cpu', 'limits.memory']
const record = (value: unknown): Json => (isObject(value) ? value : {})
const quotasIn = (core: Core, namespace: string): readonly KubeObject[] =>
  core.store.count(QUOTAS) === 0 ? [] : (core.store.list(QUOTAS, `${namespace}/`) ?? [])

/** What a quota's resource is counted in: the tables of the store. */
const tablesOf = (name: string): readonly string[] => {
  if (name.startsWith('count/')) return [name.slice('count/'.length)]
  if (name === 'requests.storage') return ['persistentvolumeclaims']
  if (name.startsWith('services')) return ['services']
  return ['secrets', 'configmaps', QUOTAS, 'persistentvolumeclaims'].includes(name) ? [name] : ['pods']
}

/**
 * 403 for an object that its namespace's quotas have no room for. The answer notes what it takes in their status and is to
 * be called when the object is stored.
 */
export function chargeQuotas(core: Core, type: ResourceType, object: KubeObject, old?: KubeObject): () => void {
  const table = tableOf(type)
  const charges = quotasIn(core, object.metadata.namespace ?? '').flatMap((quota) => {
    const hard = record(at(quota, 'status', 'hard'))
    const scopes = listAt(quota, 'spec', 'scopes')
    if (!isInScopes(scopes, table, object)) return []
    const wanted = delta(usageOf(table, object), old && usageOf(table, old), hard)
    return wanted.size === 0 ? [] : [{ quota, wanted, hard }]
  })
  const name = object.metadata.name ?? ''
  for (const { quota, hard } of charges) {
    const missing = table === 'pods' ? unspecified(object, Object.keys(hard)) : ''
    if (missing !== '') throw forbidden(type, name, `failed quota: ${quota.metadata.name}: must specify ${missing}`)
  }
  for (const { quota, wanted, hard } of charges) {
    const used = record(at(quota, 'status', 'used'))
    const over = [...wanted].filter(([key, amount]) => sum(amountOf(used[key]), amount).nano > amountOf(hard[key]).nano)
    if (over.length === 0) continue
    const keys = over.map(([key]) => key)
    const show = (amount: (key: string) => Quantity): string =>
      keys.map((key) => `${key}=${quantityText(amount(key))}`).join(',')
    throw forbidden(
      type,
      name,
      `exceeded quota: ${quota.metadata.name}, requested: ${show((key) => wanted.get(key) ?? count(0))}, used: ${show((key) => amountOf(used[key]))}, limited: ${show((key) => amountOf(hard[key]))}`,
    )
  }
  return () => {
    for (const { quota, wanted } of charges) {
      const used = { ...record(at(quota, 'status', 'used')) }
      for (const [key, amount] of wanted) used[key] = quantityText(sum(amountOf(used[key]), amount))
      core.store.put(QUOTAS, keyOf(quota), { ...quota, status: { ...record(quota['status']), used } })
    }
  }
}

function delta(usage: Usage, before: Usage | undefined, hard: Json): Usage {
  const changes = [...usage].flatMap(([key, amount]) => {
    const more = amount.nano - (before?.get(key)?.nano ?? 0n)
    return more > 0n && hard[key] !== undefined ? [[key, { ...amount, nano: more }] as const] : []
  })
  return new Map(changes.sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** `cpu for: a,b; limits.memory for: b` */
function unspecified(pod: KubeObject, hard: readonly string[]): string {
  const containers = ['containers', 'initContainers'].flatMap((key) => listAt(pod, 'spec', key))
  const gaps = hard
    .filter((name) => computed.includes(name))
    .sort()
    .flatMap((name) => {
      const [kind = '', resource = kind] = name.split('.')
      const key = kind === 'limits' ? 'limits' : 'requests'
      const lacking = containers.filter((each) => at(each, 'resources', key, resource) === undefined)
      return lacking.length > 0
        ? [
            `${name} for: ${lacking
              .map((each) => textAt(each, 'name'))
              .sort()
              .join(',')}`,
          ]
        : []
    })
  return gaps.join('; ')
}

/** A quota with the status that its controller gives it: what is allowed and what there is. */
function recomputed(core: Core, quota: KubeObject): KubeObject {
  const hard = record(at(quota, 'spec', 'hard'))
  const prefix = `${quota.metadata.namespace ?? ''}/`
  const scopes = listAt(quota, 'spec', 'scopes')
  const used = entriesOf(hard).map(([name]) => {
    const counted = tablesOf(name).flatMap((table) =>
      (core.store.list(table, prefix) ?? [])
        .filter((object) => isInScopes(scopes, table, object))
        .map((object) => usageOf(table, object).get(name) ?? count(0)),
    )
    return [name, quantityText(counted.reduce(sum, count(0)))]
  })
  return { ...quota, status: { hard, used: Object.fromEntries(used) } }
}

/** Counts anew, in one namespace or in all. Safe to repeat. */
export function recomputeQuotas(core: Core, namespace?: string): void {
  const prefix = namespace === undefined ? '' : `${namespace}/`
  for (const quota of core.store.list(QUOTAS, prefix) ?? []) {
    const next = recomputed(core, quota)
    if (!equal(next['status'], quota['status'])) core.store.put(QUOTAS, keyOf(quota), next)
  }
}

/** To be called with a quota that was written. */
export function settleQuota(core: Core, quota: KubeObject): void {
  const isOther = entriesOf(at(quota, 'spec', 'hard')).some(([name]) => name.includes('.storageclass.storage.k8s.io/'))
  if (isOther) throw notImplemented('quotas of storage classes')
  recomputeQuotas(core, quota.metadata.namespace)
}

/** Counts anew when something that a quota counts has gone or a Pod has ended, a moment later as the real controller. */
export function followQuotas(core: Core): void {
  const followed = new Set<string>()
  const due = new Set<string>()
  const later = (namespace: string): void => {
    if (due.has(namespace)) return
    due.add(namespace)
    core.world.after(1, () => {
      due.delete(namespace)
      recomputeQuotas(core, namespace)
    })
  }
  const follow = (table: string): void => {
    if (followed.has(table)) return
    followed.add(table)
    core.store.subscribe(table, ({ type, object, before }) => {
      const hasEnded = table === 'pods' && isOver(object) && before !== undefined && !isOver(before)
      const { namespace } = object.metadata
      if (namespace !== undefined && (type === 'DELETED' || hasEnded)) later(namespace)
    })
  }
  core.store.subscribe(QUOTAS, ({ type, object }) => {
    if (type === 'DELETED') return
    for (const [name] of entriesOf(at(object, 'spec', 'hard'))) tablesOf(name).forEach(follow)
  })
}
