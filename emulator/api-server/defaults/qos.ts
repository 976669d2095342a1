import { at, isObject, listAt } from '../json.ts'
import type { KubeObject } from '../types.ts'
import { amountOf } from '../validation/quantity.ts'

/** `Guaranteed` where every container's CPU and memory are limited to what it asks for, `BestEffort` where none asks. Pure. */
export function qosOf(pod: KubeObject): 'Guaranteed' | 'Burstable' | 'BestEffort' {
  const containers = ['containers', 'initContainers'].flatMap((key) => listAt(pod, 'spec', key))
  const of = (container: unknown, key: string): ReadonlyMap<string, bigint> => {
    const given = at(container, 'resources', key)
    const entries = isObject(given) ? Object.entries(given) : []
    return new Map(
      entries.flatMap(([name, value]) => {
        const { nano } = amountOf(value)
        return (name === 'cpu' || name === 'memory') && nano > 0n ? [[name, nano] as const] : []
      }),
    )
  }
  const all = containers.map((each) => ({ requests: of(each, 'requests'), limits: of(each, 'limits') }))
  if (all.every(({ requests, limits }) => requests.size === 0 && limits.size === 0)) return 'BestEffort'
  const isFixed = all.every(
    ({ requests, limits }) => limits.size === 2 && [...limits].every(([name, limit]) => requests.get(name) === limit),
  )
  return isFixed ? 'Guaranteed' : 'Burstable'
}
