import { createHash } from 'node:crypto'
import type { Deployment } from 'kubernetes-types/apps/v1.d.ts'
import { equal, timestamp } from '../api-server/json.ts'
import { keyOf } from '../api-server/store.ts'
import type { KubeObject } from '../api-server/types.ts'
import { type Client, refOf } from '../client.ts'
import type { World } from '../world.ts'
import { controllerOf, createCache } from './cache.ts'
import { deploymentStatus } from './deployment-status.ts'
import { asPod, byWorth, isActive, isReady, type PodObject, podFrom } from './pods.ts'
import { DEPLOYMENTS, PODS } from './resources.ts'
import { createWorkQueue } from './work-queue.ts'

export type DeploymentObject = KubeObject & {
  readonly spec: NonNullable<Deployment['spec']> & { readonly template: KubeObject; readonly replicas: number }
  readonly status: NonNullable<Deployment['status']>
}

const HASH = 'pod-template-hash'

/**
 * Deployments without ReplicaSets: their Pods are the Deployment's own. It makes as many as it is to have, replaces those of another template within
 * maxSurge and maxUnavailable (or all at once, for Recreate), and keeps no history: nothing can be rolled back.
 */
export function runDeploymentController(client: Client, world: World): () => void {
  const sync = (key: string): void => {
    const found = deployments.get(key)
    if (!found) return
    // The API server has checked what it stores, and filled in the defaults.
    const deployment = found as unknown as DeploymentObject
    const { uid = '' } = deployment.metadata
    const pods = (): readonly PodObject[] => pods_.controlledBy(uid).map(asPod)
    if (deployment.metadata.deletionTimestamp === undefined && deployment.spec.paused !== true)
      reconcile(deployment, pods())
    const now = pods()
    const minReadyMs = (deployment.spec.minReadySeconds ?? 0) * 1000
    const isAvailable = (pod: PodObject): boolean => isReady(pod) && readySince(pod) + minReadyMs <= world.now()
    if (minReadyMs > 0)
      for (const pod of now)
        if (isReady(pod) && !isAvailable(pod)) queue.addAfter(key, readySince(pod) + minReadyMs - world.now())
    const hash = hashOf(deployment)
    const status = deploymentStatus(deployment, {
      now: world.now(),
      pods: now.filter(isActive),
      isUpdated: (pod) => pod.metadata.labels?.[HASH] === hash,
      isAvailable,
      terminating: now.filter((pod) => pod.metadata.deletionTimestamp !== undefined).length,
    })
    if (equal(status, deployment.status ?? {})) return
    client.update(DEPLOYMENTS, { ...(deployments.get(key) ?? found), status }, 'status')
  }

  const reconcile = (deployment: DeploymentObject, pods: readonly PodObject[]): void => {
    const { replicas, strategy, template } = deployment.spec
    const hash = hashOf(deployment)
    const active = pods.filter(isActive)
    const old = active.filter(({ metadata }) => metadata.labels?.[HASH] !== hash)
    const current = active.filter((pod) => !old.includes(pod))
    const remove = (all: readonly PodObject[]): void => {
      for (const pod of all) client.delete(PODS, refOf(pod), { uid: pod.metadata.uid ?? '' })
    }
    // What has ended by itself, evicted say, is replaced, and stays to be looked at.
    if (strategy?.type === 'Recreate' && old.length > 0) {
      remove(old)
      return
    }
    if (strategy?.type === 'Recreate' && pods.some((pod) => !current.includes(pod) && !isOver(pod))) return
    const { maxSurge, maxUnavailable } = bounds(deployment)
    const most = old.length > 0 ? replicas + maxSurge : replicas
    const missing = Math.min(replicas - current.length, most - active.length)
    for (let made = 0; made < missing; made += 1)
      client.create(PODS, { ...podFrom(template, deployment, { labels: { [HASH]: hash } }) })
    if (current.length > replicas) remove([...current].sort(byWorth).slice(0, current.length - replicas))
    if (old.length === 0) return
    const readyCount = active.filter(isReady).length
    const spare = Math.max(0, readyCount - (replicas - maxUnavailable))
    const sick = old.filter((pod) => !isReady(pod))
    const healthy = old.filter(isReady).sort(byWorth)
    remove([...sick, ...healthy.slice(0, spare)])
  }

  const queue = createWorkQueue(world, sync)
  const deployments = createCache(client, DEPLOYMENTS, (deployment, _, isDeleted) => {
    if (!isDeleted) queue.add(keyOf(deployment))
  })
  const pods_ = createCache(client, PODS, (pod) => {
    const owner = controllerOf(pod)
    if (owner?.kind === 'Deployment') queue.add(`${pod.metadata.namespace}/${owner.name}`)
  })
  return () => {
    for (const each of [queue, deployments, pods_]) each.stop()
  }
}

const isOver = ({ status: { phase } }: PodObject): boolean => phase === 'Succeeded' || phase === 'Failed'

const readySince = ({ status }: PodObject): number =>
  Date.parse(status.conditions?.find(({ type }) => type === 'Ready')?.lastTransitionTime ?? timestamp(0))

/** Of a template, in the alphabet of names; not the number that the real controller has. */
const hashOf = ({ spec }: DeploymentObject): string =>
  createHash('sha256')
    .update(JSON.stringify(spec.template))
    .digest('hex')
    .slice(0, 10)
    .replaceAll(/[013aeiou]/g, (letter) => ({ '0': 'b', '1': 'c', '3': 'd', a: 'f', e: 'g' })[letter] ?? 'h')

/** Percentages round up for the surge and down for what may lack. Both 0 means that one may lack. */
function bounds({ spec: { replicas, strategy } }: DeploymentObject): { maxSurge: number; maxUnavailable: number } {
  const { maxSurge = '25%', maxUnavailable = '25%' } = strategy?.rollingUpdate ?? {}
  const of = (value: number | string, round: (x: number) => number): number =>
    typeof value === 'number' ? value : round((Number.parseFloat(value) / 100) * replicas)
  const surge = of(maxSurge, Math.ceil)
  const lack = of(maxUnavailable, Math.floor)
  return { maxSurge: surge, maxUnavailable: surge === 0 && lack === 0 ? 1 : lack }
}
