import type { KubeObject } from '../api-server/types.ts'
import { type Client, type Ref, refOf } from '../client.ts'
import { installCrd } from '../install-crd.ts'
import type { Journal } from '../journal.ts'
import type { World } from '../world.ts'
import { triggersOf } from './check.ts'
import { noFallback, paused, ready } from './conditions.ts'
import { scaledObjectCrd, scaledObjects } from './crd.ts'
import { operatorHands } from './operator-hands.ts'
import {
  type Condition,
  isPausedInStatus,
  signatureOf,
  specOf,
  statusOf,
  type Wishes,
  wishesOf,
  withConditions,
} from './scaled-object.ts'

export type KedaOptions = { readonly client: Client; readonly world: World; readonly journal?: Journal }

const defaultPollSeconds = 30

type Loop = {
  signature: string
  generation?: number
  stopPolling?: () => void
  stopRetry?: () => void
  failures: number
}

/** KEDA's operator: installs ScaledObjects and follows them. The answer ends it and leaves the objects. */
export function runKeda({ client, world, journal = () => undefined }: KedaOptions): () => void {
  const loops = new Map<string, Loop>()
  let isOver = false
  installCrd(client, scaledObjectCrd)

  const changed = (type: string, object: KubeObject): void => {
    const key = `${object.metadata.namespace}/${object.metadata.name}`
    const loop = loops.get(key) ?? { signature: '', failures: 0 }
    if (type === 'DELETED') {
      halt(loop)
      loops.delete(key)
      return
    }
    loops.set(key, loop)
    const signature = signatureOf(object)
    if (signature === loop.signature) return
    loop.signature = signature
    loop.failures = 0
    reconcile(refOf(object), loop)
  }
  const { look, targetFor, rescale, save, mark, finish } = operatorHands({ client, world, journal })
  const halt = (loop: Loop): void => {
    loop.stopPolling?.()
    loop.stopRetry?.()
    delete loop.generation
  }

  const reconcile = (ref: Ref, loop: Loop): void => {
    loop.stopRetry?.()
    const object = client.get(scaledObjects, ref)
    if (!object) return
    if (object.metadata.deletionTimestamp !== undefined) {
      halt(loop)
      finish(object)
      return
    }
    const marked = mark(object)
    try {
      const conditions = settle(marked, loop)
      save(ref, { conditions: withConditions(statusOf(marked), ...conditions, noFallback) })
      loop.failures = 0
    } catch (error) {
      const message = (error as Error).message
      const failed: Condition = { type: 'Ready', status: 'False', reason: 'ScaledObjectCheckFailed', message }
      const unknown: Condition = {
        type: 'Active',
        status: 'Unknown',
        reason: 'UnknownState',
        message: 'ScaledObject check failed',
      }
      save(ref, { conditions: withConditions(statusOf(marked), failed, unknown, noFallback) })
      // The work queue's back-off: from 5 ms, doubled, to 1000 s.
      const wait = Math.min(1_000_000, 5 * 2 ** loop.failures)
      loop.failures += 1
      loop.stopRetry = world.after(wait, () => !isOver && reconcile(ref, loop))
    }
  }

  /** Its new conditions, and a poll loop that runs or not as it should. Throws with the message of a condition. */
  const settle = (object: KubeObject, loop: Loop): readonly Condition[] => {
    const spec = specOf(object)
    const status = statusOf(object)
    const wishes = wishesOf(object)
    const target = targetFor(object)
    if (wishes.isPaused) {
      halt(loop)
      const replicas = pausedReplicasOf(wishes)
      if (replicas !== undefined && target.replicas() !== replicas) rescale(object, replicas, 'paused')
      save(refOf(object), { pausedReplicaCount: replicas ?? null })
      return [paused, { type: 'Ready', status: 'True', reason: 'ScaledObjectReady', message: 'ScaledObject is paused' }]
    }
    if (typeof status.pausedReplicaCount === 'number') save(refOf(object), { pausedReplicaCount: null })
    const original = replicasOrThrow(() => target.replicas())
    const triggers = triggersOf(spec)
    save(refOf(object), {
      scaleTargetKind: 'apps/v1.Deployment',
      scaleTargetGVKR: { group: 'apps', kind: 'Deployment', resource: 'deployments', version: 'v1' },
      originalReplicaCount: status.originalReplicaCount ?? original,
      triggersTypes: 'cron',
      authenticationsTypes: '',
    })
    if (loop.generation !== object.metadata.generation) {
      halt(loop)
      loop.generation = object.metadata.generation ?? 0
      const everyMs = (spec.pollingInterval ?? defaultPollSeconds) * 1000
      const next = (): void => {
        loop.stopPolling = world.after(everyMs, next)
        if (!isOver) look(refOf(object), triggers)
      }
      loop.stopPolling = world.after(0, next)
    }
    const pausing: readonly Condition[] =
      wishes.isScaleInPaused || wishes.isScaleOutPaused
        ? [paused]
        : isPausedInStatus(status)
          ? [
              {
                type: 'Paused',
                status: 'False',
                reason: 'ScaledObjectUnpaused',
                message: 'pause annotation removed for ScaledObject',
              },
            ]
          : []
    return [ready, ...pausing]
  }

  const stop = client.follow(scaledObjects, ({ type, object }) => {
    world.after(0, () => !isOver && changed(type, object))
  })
  return () => {
    isOver = true
    stop()
    for (const loop of loops.values()) halt(loop)
  }
}

const prefixed = <T>(prefix: string, work: () => T): T => {
  try {
    return work()
  } catch (error) {
    throw new Error(`${prefix}: ${(error as Error).message}`)
  }
}
const pausedReplicasOf = (wishes: Wishes): number | undefined =>
  prefixed(
    'failed to scale target to paused replica count: failed to parse paused replica count',
    wishes.pausedReplicas,
  )
const replicasOrThrow = (read: () => number): number =>
  prefixed("ScaledObject doesn't have correct scaleTargetRef specification", read)
