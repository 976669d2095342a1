import type { KubeObject } from './api-server/types.ts'
import type { Happening, Journal } from './journal.ts'
import type { World } from './world.ts'

export type Usage = {
  /** Pods made so far. */
  readonly starts: number
  /** Of them those that began while there was none, and became ready. */
  readonly coldStarts: number
  /** From their making until they were ready; 0 if there were none. */
  readonly coldStartMs: { readonly mean: number; readonly slowest: number }
  /** Pods that there are, ending ones included. */
  readonly instances: number
  /** How long Pods were there so far, all together. */
  readonly podSeconds: number
}

export type MeterReport = {
  /** By `<namespace>/<name>` of the Knative Service or Deployment. */
  readonly workloads: Readonly<Record<string, Usage>>
  readonly total: Usage
  /** Since the meter began: what one Pod that is always there would have taken. */
  readonly elapsedSeconds: number
  /** `total.podSeconds` in such Pods. */
  readonly alwaysOnPods: number
}

type Count = { starts: number; coldStarts: number; coldMs: number; slowestMs: number; endedMs: number }
type Instance = { readonly workload: string; readonly startedAt: number; isCold: boolean; isReady: boolean }

/**
 * Counts what happens: instances of scaled workloads as they are told of, and Pods of Deployments as they come and go. Jobs' Pods
 * are work and no operator: they are not counted.
 */
export function createMeter(world: Pick<World, 'now'>): {
  readonly journal: Journal
  readonly report: () => MeterReport
} {
  const beganAt = world.now()
  const counts = new Map<string, Count>()
  const instances = new Map<string, Instance>()

  const countOf = (workload: string): Count => {
    const count = counts.get(workload) ?? { starts: 0, coldStarts: 0, coldMs: 0, slowestMs: 0, endedMs: 0 }
    counts.set(workload, count)
    return count
  }
  const start = (key: string, workload: string, isCold: boolean): void => {
    const known = instances.get(key)
    const count = countOf(workload)
    if (!known) count.starts += 1
    if (known) known.isCold ||= isCold
    else instances.set(key, { workload, startedAt: world.now(), isCold, isReady: false })
  }
  const ready = (key: string): void => {
    const known = instances.get(key)
    if (!known || known.isReady) return
    known.isReady = true
    if (!known.isCold) return
    const count = countOf(known.workload)
    count.coldStarts += 1
    const ms = world.now() - known.startedAt
    count.coldMs += ms
    count.slowestMs = Math.max(count.slowestMs, ms)
  }
  const end = (key: string): void => {
    const known = instances.get(key)
    if (!known) return
    countOf(known.workload).endedMs += world.now() - known.startedAt
    instances.delete(key)
  }
  const podChanged = (type: string, pod: KubeObject): void => {
    const { namespace = '', name = '' } = pod.metadata
    const key = `${namespace}/${name}`
    const workload = deploymentOf(pod)
    if (workload === undefined) return
    const { phase, conditions = [] } = (pod['status'] ?? {}) as PodStatus
    if (type === 'DELETED' || phase === 'Failed' || phase === 'Succeeded') {
      end(key)
      return
    }
    const isFirst = ![...instances.values()].some((each) => each.workload === `${namespace}/${workload}`)
    start(key, `${namespace}/${workload}`, isFirst)
    if (conditions.some((each) => each.type === 'Ready' && each.status === 'True')) ready(key)
  }
  const journal = (happening: Happening): void => {
    if (happening.what === 'change' && happening.resource === 'pods')
      podChanged(happening.type, happening.object as KubeObject)
    if (happening.what !== 'instance') return
    const { workload, pod, state, isCold = false } = happening
    const key = `${workload.split('/')[0]}/${pod}`
    if (state === 'starting') start(key, workload, isCold)
    else if (state === 'ready') ready(key)
    else end(key)
  }

  const usageOf = (own: readonly Count[], living: readonly Instance[]): Usage => {
    const sum = (key: keyof Count): number => own.reduce((total, count) => total + count[key], 0)
    const now = world.now()
    const cold = sum('coldStarts')
    return {
      starts: sum('starts'),
      coldStarts: cold,
      coldStartMs: {
        mean: cold === 0 ? 0 : sum('coldMs') / cold,
        slowest: Math.max(0, ...own.map(({ slowestMs }) => slowestMs)),
      },
      instances: living.length,
      podSeconds: (sum('endedMs') + living.reduce((total, { startedAt }) => total + now - startedAt, 0)) / 1000,
    }
  }
  return {
    journal,
    report: () => {
      const living = [...instances.values()]
      const workloads = [...counts].map(
        ([name, count]) =>
          [
            name,
            usageOf(
              [count],
              living.filter(({ workload }) => workload === name),
            ),
          ] as const,
      )
      const total = usageOf([...counts.values()], living)
      const elapsedSeconds = (world.now() - beganAt) / 1000
      return {
        workloads: Object.fromEntries(workloads.sort(([a], [b]) => (a < b ? -1 : 1))),
        total,
        elapsedSeconds,
        alwaysOnPods: elapsedSeconds === 0 ? 0 : total.podSeconds / elapsedSeconds,
      }
    },
  }
}

type PodStatus = {
  readonly phase?: string
  readonly conditions?: readonly { readonly type: string; readonly status: string }[]
}

/** The Deployment that a Pod comes from, by way of a ReplicaSet or without. */
function deploymentOf({ metadata }: KubeObject): string | undefined {
  const owner = metadata.ownerReferences?.find(({ controller }) => controller)
  if (owner?.kind === 'Deployment') return owner.name
  const hash = metadata.labels?.['pod-template-hash']
  if (owner?.kind !== 'ReplicaSet' || hash === undefined || !owner.name.endsWith(`-${hash}`)) return undefined
  return owner.name.slice(0, -hash.length - 1)
}
