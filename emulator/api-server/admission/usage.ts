import { qosOf } from '../defaults/qos.ts'
import { at, isObject, listAt, textAt } from '../json.ts'
import type { Json, KubeObject } from '../types.ts'
import { amountOf, count, type Quantity, quantityText, sum } from '../validation/quantity.ts'

export type Usage = ReadonlyMap<string, Quantity>

const record = (value: unknown): Json => (isObject(value) ? value : {})
const max = (a: Quantity, b: Quantity): Quantity => (a.nano >= b.nano ? a : b)

const added = (all: readonly Json[], combine: (a: Quantity, b: Quantity) => Quantity): Usage => {
  const total = new Map<string, Quantity>()
  for (const each of all)
    for (const [name, value] of Object.entries(each)) {
      const before = total.get(name)
      total.set(name, before === undefined ? amountOf(value) : combine(before, amountOf(value)))
    }
  return total
}

/** What a Pod takes: its containers with its sidecars together, or its greediest init container. */
function podUsage(pod: KubeObject, key: 'requests' | 'limits'): Usage {
  const of = (container: unknown): Json => record(at(container, 'resources', key))
  const first = listAt(pod, 'spec', 'initContainers')
  const sidecars = first.filter((each) => at(each, 'restartPolicy') === 'Always')
  const running = added([...listAt(pod, 'spec', 'containers'), ...sidecars].map(of), sum)
  const steps = first.map((each, index) => {
    const earlier = first.slice(0, index).filter((other) => at(other, 'restartPolicy') === 'Always')
    return Object.fromEntries(
      [...added([...earlier, each].map(of), sum)].map(([name, amount]) => [name, quantityText(amount)]),
    )
  })
  return added([asJson(running), ...steps], max)
}

const asJson = (usage: Usage): Json =>
  Object.fromEntries([...usage].map(([name, amount]) => [name, quantityText(amount)]))
export const podTotal = (pod: KubeObject, key: 'requests' | 'limits'): Json => asJson(podUsage(pod, key))

export const isOver = (pod: KubeObject): boolean => ['Succeeded', 'Failed'].includes(textAt(pod, 'status', 'phase'))

/** What an object counts for, by the names that a ResourceQuota knows. `table` is `plural.group`. Pure. */
export function usageOf(table: string, object: KubeObject): Usage {
  const one = count(1)
  const usage = new Map<string, Quantity>([[`count/${table}`, one]])
  switch (table) {
    case 'pods': {
      if (isOver(object)) return usage
      usage.set('pods', one)
      for (const [name, amount] of podUsage(object, 'requests')) {
        if (name.includes('/')) usage.set(`requests.${name}`, amount)
        else for (const each of [name, `requests.${name}`]) usage.set(each, amount)
      }
      for (const [name, amount] of podUsage(object, 'limits')) usage.set(`limits.${name}`, amount)
      return usage
    }
    case 'services': {
      const type = textAt(object, 'spec', 'type')
      const ports = count(type === 'NodePort' || type === 'LoadBalancer' ? listAt(object, 'spec', 'ports').length : 0)
      usage.set('services', one).set('services.nodeports', ports)
      return usage.set('services.loadbalancers', count(type === 'LoadBalancer' ? 1 : 0))
    }
    case 'persistentvolumeclaims':
      usage.set(table, one)
      return usage.set('requests.storage', amountOf(at(object, 'spec', 'resources', 'requests', 'storage')))
    case 'secrets':
    case 'configmaps':
    case 'resourcequotas':
      return usage.set(table, one)
    default:
      return usage
  }
}

/** Whether the object is in all of a quota's scopes; only Pods are in any. */
export function isInScopes(scopes: readonly unknown[], table: string, object: KubeObject): boolean {
  if (scopes.length === 0) return true
  if (table !== 'pods') return false
  const isTerminating = typeof at(object, 'spec', 'activeDeadlineSeconds') === 'number'
  const isBest = qosOf(object) === 'BestEffort'
  const holds: Readonly<Record<string, boolean>> = {
    Terminating: isTerminating,
    NotTerminating: !isTerminating,
    BestEffort: isBest,
    NotBestEffort: !isBest,
  }
  return scopes.every((scope) => holds[String(scope)] === true)
}
