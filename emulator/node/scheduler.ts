import { at } from '../api-server/json.ts'
import { keyOf } from '../api-server/store.ts'
import { type Client, refOf } from '../client.ts'
import { createCache } from '../controllers/cache.ts'
import { asPod, isEnded, isGoing, type PodObject } from '../controllers/pods.ts'
import { CLAIMS, NODES, PODS } from '../controllers/resources.ts'
import { createWorkQueue } from '../controllers/work-queue.ts'
import type { World } from '../world.ts'
import { isNodeReady } from './node-object.ts'
import { podCondition } from './pod-status.ts'
import { quantity } from './quantity.ts'
import { schedulerEvents } from './scheduler-events.ts'
import { isKeptAway } from './taints.ts'

export type SchedulerOptions = {
  readonly client: Client
  readonly world: World
  /** Why a Pod is to fit nowhere, in the words of FailedScheduling, as `1 Insufficient cpu`. */
  readonly obstacle?: (pod: PodObject) => string | undefined
}

type Need = { readonly cpu: number; readonly memory: number }

const NAME = 'default-scheduler'

/** kube-scheduler for a cluster of one or few nodes: by requests, nodeSelector and readiness. A Pod that asks for more than that stays pending, and its condition says why. */
export function runScheduler({ client, world, obstacle }: SchedulerOptions): () => void {
  const events = schedulerEvents(client, world)
  const waiting = new Set<string>()
  const used = new Map<string, Need & { readonly node: string }>()
  const totals = new Map<string, { cpu: number; memory: number; pods: number }>()
  const names = new Set<string>()

  const totalOf = (node: string) => {
    const total = totals.get(node) ?? { cpu: 0, memory: 0, pods: 0 }
    totals.set(node, total)
    return total
  }
  const free = (uid: string): boolean => {
    const need = used.get(uid)
    if (!need) return false
    used.delete(uid)
    const total = totalOf(need.node)
    total.cpu -= need.cpu
    total.memory -= need.memory
    total.pods -= 1
    return true
  }
  const take = (uid: string, need: Need, node: string): void => {
    if (used.has(uid)) return
    used.set(uid, { ...need, node })
    const total = totalOf(node)
    total.cpu += need.cpu
    total.memory += need.memory
    total.pods += 1
  }

  const missingClaim = ({ spec, metadata }: PodObject): string | undefined =>
    spec.volumes
      ?.flatMap(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName ?? [])
      .find((claim) => claims.get(`${metadata.namespace}/${claim}`) === undefined)

  /** Why it does not fit on a node, as the scheduler's plugins say it; none where it does. */
  const objections = (pod: PodObject, name: string): readonly string[] => {
    const node = nodes.get(name)
    const why = obstacle?.(pod)
    if (why !== undefined) return [why]
    if ('schedulingGates' in pod.spec)
      return ['node(s) are not examined: the emulator does not implement spec.schedulingGates']
    if (!isNodeReady(node) || isKeptAway(pod, node)) return ['node(s) had untolerated taint(s)']
    if (hostPortOf(pod) !== undefined) return ['node(s) are not examined: the emulator does not implement hostPort']
    const claim = missingClaim(pod)
    if (claim !== undefined) return [`persistentvolumeclaim "${claim}" not found`]
    if ((node?.['spec'] as { unschedulable?: boolean } | undefined)?.unschedulable)
      return ['node(s) were unschedulable']
    const labels = node?.metadata.labels ?? {}
    if (Object.entries(pod.spec.nodeSelector ?? {}).some(([key, value]) => labels[key] !== value))
      return ["node(s) didn't match Pod's node affinity/selector"]
    const allocatable = (at(node, 'status', 'allocatable') ?? {}) as Readonly<Record<string, string>>
    const total = totalOf(name)
    const need = needOf(pod)
    return [
      ...(total.pods + 1 > quantity(allocatable['pods']) ? ['Too many pods'] : []),
      ...(need.cpu > 0 && total.cpu + need.cpu > quantity(allocatable['cpu']) ? ['Insufficient cpu'] : []),
      ...(need.memory > 0 && total.memory + need.memory > quantity(allocatable['memory'])
        ? ['Insufficient memory']
        : []),
    ]
  }

  const schedule = (key: string): void => {
    const found = pods.get(key)
    if (!found) return
    const pod = asPod(found)
    if (pod.spec.nodeName !== undefined || isGoing(pod) || isEnded(pod)) return
    const reasons = [...names].map((name) => ({ name, why: objections(pod, name) }))
    const fit = reasons.find(({ why }) => why.length === 0)
    if (!fit) {
      refuse(
        key,
        pod,
        reasons.flatMap(({ why }) => why),
      )
      return
    }
    const { uid = '' } = pod.metadata
    take(uid, needOf(pod), fit.name)
    const target = { apiVersion: 'v1', kind: 'Node', name: fit.name }
    const metadata = { name: pod.metadata.name, namespace: pod.metadata.namespace, uid }
    try {
      client.createFor(PODS, refOf(pod), 'binding', { apiVersion: 'v1', kind: 'Binding', metadata, target })
    } catch (error) {
      free(uid)
      throw error
    }
    events.scheduled(pod, fit.name)
  }
  const refuse = (key: string, pod: PodObject, why: readonly string[]): void => {
    waiting.add(key)
    const message = refusal(names.size, why)
    const condition = podCondition(pod, world.now(), {
      type: 'PodScheduled',
      status: 'False',
      reason: 'Unschedulable',
      message,
    })
    const known = pod.status.conditions?.find(({ type }) => type === 'PodScheduled')
    if (known?.message === message && known.status === 'False') return
    const others = (pod.status.conditions ?? []).filter(({ type }) => type !== 'PodScheduled')
    client.update(PODS, { ...pod, status: { ...pod.status, conditions: [...others, condition] } }, 'status')
    events.failed(pod, message)
  }
  const retryAll = (): void => {
    for (const key of waiting) queue.add(key)
    waiting.clear()
  }

  const queue = createWorkQueue(world, schedule)
  const nodes = createCache(client, NODES, (node, _, isDeleted) => {
    const { name = '' } = node.metadata
    if (isDeleted) names.delete(name)
    else names.add(name)
    retryAll()
  })
  const claims = createCache(client, CLAIMS, (_, before) => {
    if (!before) retryAll()
  })
  const pods = createCache(client, PODS, (object, before, isDeleted) => {
    const pod = asPod(object)
    const { uid = '' } = pod.metadata
    const key = keyOf(object)
    if (isDeleted) waiting.delete(key)
    if (isDeleted || isEnded(pod)) {
      if (free(uid)) retryAll()
    } else if (pod.spec.nodeName !== undefined) take(uid, needOf(pod), pod.spec.nodeName)
    else if (!before && (pod.spec.schedulerName ?? NAME) === NAME) queue.add(key)
  })
  return () => {
    for (const each of [queue, nodes, claims, pods]) each.stop()
  }
}

const hostPortOf = ({ spec }: PodObject): number | undefined =>
  spec.containers.flatMap(({ ports = [] }) => ports).find(({ hostPort }) => hostPort)?.hostPort

/** What it requests: its containers together, or its greediest init container. */
function needOf({ spec }: PodObject): Need {
  const requests = (all: PodObject['spec']['containers'] | undefined, name: 'cpu' | 'memory'): readonly number[] =>
    (all ?? []).map(({ resources }) => quantity(resources?.requests?.[name] ?? resources?.limits?.[name]))
  const need = (name: 'cpu' | 'memory'): number =>
    Math.max(
      requests(spec.containers, name).reduce((sum, each) => sum + each, 0),
      ...requests(spec.initContainers, name),
    )
  return { cpu: need('cpu'), memory: need('memory') }
}

export function refusal(nodes: number, why: readonly string[]): string {
  if (nodes === 0) return 'no nodes available to schedule pods'
  const counts = new Map<string, number>()
  for (const each of why) counts.set(each, (counts.get(each) ?? 0) + 1)
  const list = [...counts].map(([text, count]) => `${count} ${text}`).sort()
  const isForResources = why.every((text) => /^(Insufficient|Too many)/.test(text))
  const preemption = isForResources
    ? `${nodes} No preemption victims found for incoming pod.`
    : `${nodes} Preemption is not helpful for scheduling.`
  return `0/${nodes} nodes are available: ${list.join(', ')}. no new claims to deallocate, preemption: 0/${nodes} nodes are available: ${preemption}`
}
