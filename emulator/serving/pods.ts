import type { KubeObject } from '../api-server/types.ts'
import { type Client, type Resource, refOf } from '../client.ts'
import type { Journal } from '../journal.ts'
import type { World } from '../world.ts'
import type { ReadyPod } from './activator.ts'
import { podFor, type Revision, randomName } from './template.ts'

export const podResource: Resource = { apiVersion: 'v1', plural: 'pods' }

export type PodEvent = { readonly type: string; readonly object: KubeObject }

type Status = {
  readonly phase?: string
  readonly conditions?: readonly {
    readonly type: string
    readonly status: string
    readonly reason?: string
    readonly message?: string
  }[]
  readonly containerStatuses?: readonly {
    readonly state?: { readonly waiting?: { readonly reason?: string; readonly message?: string } }
    readonly lastState?: { readonly terminated?: { readonly exitCode: number; readonly message?: string } }
  }[]
}
const statusOf = (pod: KubeObject): Status => (pod['status'] ?? {}) as Status // checked by the API server

type Known = ReadyPod & { object: KubeObject; readonly createdAt: number; readonly isCold: boolean; wasReady: boolean }

export type PodsOptions = {
  readonly client: Client
  readonly world: World
  readonly journal: Journal
  readonly revision: Revision
  readonly drainSeconds: number
  readonly onChange: () => void
}

/** Keeps as many Pods of a revision as are wanted: what a Deployment and its ReplicaSet do in a cluster. */
export function createPods({ client, world, journal, revision, drainSeconds, onChange }: PodsOptions) {
  const { owner, name } = revision
  const workload = `${owner.namespace}/${owner.name}`
  const hash = randomName(9, world.random)
  const pods = new Map<string, Known>()
  let wanted = 0
  let isCold = false
  let problem: string | undefined
  let retryMs = 1000
  let cancelRetry: (() => void) | undefined

  const isAlive = ({ object }: Known): boolean =>
    object.metadata.deletionTimestamp === undefined && !['Failed', 'Succeeded'].includes(statusOf(object).phase ?? '')
  const isReady = (pod: Known): boolean =>
    isAlive(pod) &&
    (statusOf(pod.object).conditions ?? []).some(({ type, status }) => type === 'Ready' && status === 'True')
  const alive = (): readonly Known[] => [...pods.values()].filter(isAlive)

  const add = (object: KubeObject, cold: boolean): void => {
    const { name: podName = '', uid = '' } = object.metadata
    pods.set(uid, {
      namespace: owner.namespace,
      name: podName,
      uid,
      inFlight: 0,
      object,
      createdAt: world.now(),
      isCold: cold,
      wasReady: false,
    })
    journal({ what: 'instance', workload, pod: podName, state: 'starting', isCold: cold })
  }
  const create = (): boolean => {
    const podName = `${name}-deployment-${hash}-${randomName(5, world.random)}`
    try {
      add(client.create(podResource, podFor(revision, hash, podName, drainSeconds)), isCold)
      problem = undefined
      retryMs = 1000
      return true
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error)
      cancelRetry?.()
      cancelRetry = world.after(retryMs, reconcile)
      retryMs = Math.min(retryMs * 2, 60_000)
      return false
    }
  }
  function reconcile(): void {
    const now = alive()
    for (let count = now.length; count < wanted && create(); count++);
    if (problem !== undefined) onChange()
    // Those that are not ready go first, then the youngest, as a ReplicaSet chooses.
    const surplus = [...now]
      .sort((a, b) => Number(isReady(a)) - Number(isReady(b)) || b.createdAt - a.createdAt)
      .slice(0, Math.max(0, now.length - wanted))
    for (const { name: podName, uid } of surplus)
      client.delete(podResource, { namespace: owner.namespace, name: podName }, { uid })
  }

  return {
    /** `cold`: whether there is nothing that could serve until the new ones do. */
    scale: (count: number, cold: boolean, why: string): void => {
      if (count !== wanted) journal({ what: 'scale', workload, from: wanted, to: count, why })
      wanted = count
      isCold = cold
      reconcile()
    },
    wanted: () => wanted,
    ready: (): readonly ReadyPod[] => [...pods.values()].filter(isReady),
    alive: () => alive().length,
    /** Also those that are ending. */
    count: () => pods.size,
    changed: ({ type, object }: PodEvent): void => {
      const uid = object.metadata.uid ?? ''
      const known = pods.get(uid)
      if (type === 'DELETED') {
        if (known) journal({ what: 'instance', workload, pod: known.name, state: 'ended' })
        pods.delete(uid)
      } else if (known) known.object = object
      else add(object, false)
      const pod = pods.get(uid)
      if (pod && !pod.wasReady && isReady(pod)) {
        pod.wasReady = true
        const ms = world.now() - pod.createdAt
        journal({ what: 'instance', workload, pod: pod.name, state: 'ready', isCold: pod.isCold, ms })
      }
      reconcile()
      onChange()
    },
    /** Why no pod gets ready: a reason and a message as the revision's conditions have them. `isLate`: the progress deadline is over. */
    failure: (isLate: boolean): { readonly reason: string; readonly message: string } | undefined => {
      if (problem !== undefined) return { reason: 'FailedCreate', message: problem }
      for (const { object } of alive()) {
        for (const { state, lastState } of statusOf(object).containerStatuses ?? []) {
          const ended = lastState?.terminated
          if (ended)
            return {
              reason: `ExitCode${ended.exitCode}`,
              message: `Container failed with: ${ended.message || (ended.exitCode === 0 ? 'container exited with no error' : '')}`,
            }
          if (state?.waiting && isLate)
            return { reason: state.waiting.reason ?? '', message: state.waiting.message ?? '' }
        }
      }
      return undefined
    },
    close: (): void => {
      cancelRetry?.()
      wanted = 0
      for (const { object } of alive()) client.delete(podResource, refOf(object), { uid: object.metadata.uid ?? '' })
    },
  }
}
