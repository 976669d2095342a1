import { timestamp } from '../api-server/json.ts'
import { type Client, refOf } from '../client.ts'
import { createEventRecorder } from '../controllers/event-recorder.ts'
import { isEnded, isGoing, type PodObject } from '../controllers/pods.ts'
import { NODES, PODS } from '../controllers/resources.ts'
import { createWorkQueue } from '../controllers/work-queue.ts'
import type { World } from '../world.ts'
import { withReadiness } from './node-object.ts'
import { podCondition } from './pod-status.ts'

export type NodeLifecycle = {
  /** Nothing is heard of the node from now on. */
  readonly lost: () => void
  readonly found: () => void
  readonly stop: () => void
}

export type NodeLifecycleOptions = {
  readonly client: Client
  readonly world: World
  readonly name: string
  /** Those on the node, as they are. */
  readonly pods: () => readonly PodObject[]
}

/** `--node-monitor-grace-period` of kube-controller-manager 1.36. */
const NOT_HEARD_MS = 50_000
/** What the admission plugin DefaultTolerationSeconds gives to each Pod. */
const TOLERATED_SECONDS = 300
const UNREACHABLE = 'node.kubernetes.io/unreachable'

/**
 * The node lifecycle and taint eviction controllers: a node that is not heard of for 50 s is tainted, its Pods are not ready; 300 s later, or as they tolerate
 * it, they are deleted. They stay until the node is back, or somebody deletes them by force.
 */
export function nodeLifecycle({ client, world, name, pods }: NodeLifecycleOptions): NodeLifecycle {
  const record = createEventRecorder(client, world, { component: 'node-controller' })
  const recordEviction = createEventRecorder(client, world, { component: 'taint-eviction-controller' })
  let cancels: (() => void)[] = []
  let isHeard = true

  const setReady = (): void => {
    const node = client.get(NODES, { name })
    if (!node) return
    const { taints: _, ...spec } = (node['spec'] ?? {}) as { taints?: readonly object[] }
    const effects = ['NoSchedule', 'NoExecute']
    const taints = effects.map((effect) => ({ key: UNREACHABLE, effect, timeAdded: timestamp(world.now()) }))
    const updated = client.update(NODES, { ...node, spec: isHeard ? spec : { ...spec, taints } })
    client.update(NODES, withReadiness(updated, isHeard, world.now()), 'status')
  }
  const taint = (): void => {
    isHeard = false
    setReady()
    for (const pod of pods()) {
      markNotReady(pod)
      const seconds = toleratedSeconds(pod)
      if (seconds === undefined) continue
      const { uid = '' } = pod.metadata
      cancels.push(world.after(seconds * 1000, () => queue.add(uid)))
    }
  }
  const markNotReady = (pod: PodObject): void => {
    const { conditions = [] } = pod.status
    const ready = conditions.find(({ type, status }) => type === 'Ready' && status === 'True')
    if (!ready) return
    const { lastTransitionTime: _, ...rest } = ready
    const changed = { ...rest, status: 'False', lastTransitionTime: timestamp(world.now()) }
    const status = { ...pod.status, conditions: conditions.map((each) => (each === ready ? changed : each)) }
    client.update(PODS, { ...pod, status }, 'status')
    record(pod, 'Warning', 'NodeNotReady', 'Node is not ready')
  }
  const evict = (uid: string): void => {
    const pod = pods().find(({ metadata }) => metadata.uid === uid)
    if (!pod || isGoing(pod) || isEnded(pod)) return
    recordEviction(
      pod,
      'Normal',
      'TaintManagerEviction',
      `Marking for deletion Pod ${pod.metadata.namespace}/${pod.metadata.name}`,
    )
    const message = 'Taint manager: deleting due to NoExecute taint'
    const wanted = { type: 'DisruptionTarget', status: 'True', reason: 'DeletionByTaintManager', message } as const
    const conditions = [...(pod.status.conditions ?? []), podCondition(pod, world.now(), wanted)]
    client.update(PODS, { ...pod, status: { ...pod.status, conditions } }, 'status')
    client.delete(PODS, refOf(pod), { uid })
  }
  const queue = createWorkQueue(world, evict)
  const cancelAll = (): void => {
    for (const cancel of cancels) cancel()
    cancels = []
  }
  return {
    lost: () => {
      cancelAll()
      cancels.push(world.after(NOT_HEARD_MS, taint))
    },
    found: () => {
      cancelAll()
      if (isHeard) return
      isHeard = true
      setReady()
    },
    stop: () => {
      cancelAll()
      queue.stop()
    },
  }
}

/** Undefined: for ever. */
function toleratedSeconds({ spec }: PodObject): number | undefined {
  const toleration = spec.tolerations?.find(
    ({ key, effect }) => (key === undefined || key === UNREACHABLE) && (effect === undefined || effect === 'NoExecute'),
  )
  return toleration ? toleration.tolerationSeconds : TOLERATED_SECONDS
}
