import { keyOf } from '../api-server/store.ts'
import { type Client, refOf } from '../client.ts'
import type { World } from '../world.ts'
import { createCache } from './cache.ts'
import { asPod, isEnded } from './pods.ts'
import { CLAIMS, PODS } from './resources.ts'
import { createWorkQueue } from './work-queue.ts'

const PROTECTION = 'kubernetes.io/pvc-protection'

/** Binds every PersistentVolumeClaim at once to a volume of its own, which is no object here; and lets a deleted one go when no Pod uses it. */
export function runClaimController(client: Client, world: World): () => void {
  /** How many Pods that have not ended use a claim, by its key. */
  const users = new Map<string, Set<string>>()
  const sync = (key: string): void => {
    const claim = claims.get(key)
    if (!claim) return
    const { metadata, spec, status } = claim
    const { accessModes, resources } = (spec ?? {}) as {
      accessModes?: readonly string[]
      resources?: { requests?: object }
    }
    if (metadata.deletionTimestamp !== undefined) {
      const finalizers = (metadata.finalizers ?? []).filter((each) => each !== PROTECTION)
      if (users.has(key) || finalizers.length === metadata.finalizers?.length) return
      client.patch(CLAIMS, refOf(claim), { metadata: { finalizers: finalizers.length > 0 ? finalizers : null } })
      return
    }
    if ((status as { phase?: string } | undefined)?.phase === 'Bound') return
    const volumeName = `pvc-${metadata.uid}`
    const bound = client.patch(CLAIMS, refOf(claim), {
      metadata: {
        annotations: { 'pv.kubernetes.io/bind-completed': 'yes', 'pv.kubernetes.io/bound-by-controller': 'yes' },
      },
      spec: { volumeName },
    })
    client.update(
      CLAIMS,
      { ...bound, status: { phase: 'Bound', accessModes, capacity: resources?.requests } },
      'status',
    )
  }
  const queue = createWorkQueue(world, sync)
  const claims = createCache(client, CLAIMS, (claim, _, isDeleted) => {
    if (!isDeleted) queue.add(keyOf(claim))
  })
  const stopFollowing = client.follow(PODS, ({ type, object }) => {
    const pod = asPod(object)
    const { namespace, uid = '' } = pod.metadata
    for (const { persistentVolumeClaim } of pod.spec.volumes ?? []) {
      if (!persistentVolumeClaim) continue
      const key = `${namespace}/${persistentVolumeClaim.claimName}`
      const all = users.get(key) ?? new Set<string>()
      if (type !== 'DELETED' && !isEnded(pod)) users.set(key, all.add(uid))
      else if (all.delete(uid) && all.size === 0) {
        users.delete(key)
        queue.add(key)
      }
    }
  })
  return () => {
    for (const stop of [stopFollowing, queue.stop, claims.stop]) stop()
  }
}
