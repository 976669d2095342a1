import { keyOf } from '../../api-server/store.ts'
import type { KubeObject } from '../../api-server/types.ts'
import type { Client } from '../../client.ts'
import type { World } from '../../world.ts'
import { controllerOf, createCache } from '../cache.ts'
import { createEventRecorder } from '../event-recorder.ts'
import { asPod } from '../pods.ts'
import { JOBS, PODS } from '../resources.ts'
import { createWorkQueue } from '../work-queue.ts'
import type { Backoff } from './backoff.ts'
import { asJob, isFinished, isTracked } from './job.ts'
import { podControl } from './pod-control.ts'
import { written } from './status.ts'
import { syncJob } from './sync.ts'

/** What Pods report is looked at together, once a second. */
const BATCH_MS = 1000
const OURS = 'kubernetes.io/job-controller'

/**
 * The Job controller of kube-controller-manager 1.36: it makes Pods, counts their ends, and ends the Job. What it does not implement it ends with the
 * reason NotImplemented: Indexed Jobs, backoffLimitPerIndex, successPolicy, manualSelector. It adopts no Pods.
 */
export function runJobController(client: Client, world: World): () => void {
  const record = createEventRecorder(client, world, { component: 'job-controller' })
  const control = podControl(client, record)
  const backoffs = new Map<string, Backoff>()

  const sync = (key: string): void => {
    const found = jobs.get(key)
    if (!found) return
    const job = asJob(found)
    const { uid = '' } = job.metadata
    if (isFinished(job)) return void backoffs.delete(uid)
    const { managedBy = OURS } = job.spec as { managedBy?: string }
    if (managedBy !== OURS) return
    syncJob({
      job,
      pods: pods.controlledBy(uid).map(asPod),
      now: world.now(),
      control,
      before: backoffs.get(uid),
      record: (type, reason, message) => record(job, type, reason, message),
      // Of what the sync wrote itself the status is always the last, so that only the version has to be looked up.
      write: (status) => asJob(client.update(JOBS, { ...(jobs.get(key) ?? job), status: written(status) }, 'status')),
      rememberBackoff: (backoff) => backoffs.set(uid, backoff),
      lookAgainAfter: (ms) => queue.addAfter(key, ms),
    })
  }
  const syncOrphan = (key: string): void => {
    const pod = pods.get(key)
    if (pod && isTracked(pod) && isOrphan(pod)) control.removeFinalizer(asPod(pod))
  }
  /** Whether no Job is there to count it: that would hold it forever. */
  const isOrphan = (pod: KubeObject): boolean => {
    const owner = controllerOf(pod)
    if (owner && owner.kind !== 'Job') return false
    const job = owner && jobs.get(`${pod.metadata.namespace}/${owner.name}`)
    return !job || job.metadata.uid !== owner?.uid || isFinished(asJob(job))
  }

  const queue = createWorkQueue(world, sync)
  const orphans = createWorkQueue(world, syncOrphan)
  const jobs = createCache(client, JOBS, (job, before, isDeleted) => {
    const key = keyOf(job)
    const { uid = '' } = job.metadata
    if (isDeleted) {
      backoffs.delete(uid)
      for (const pod of pods.controlledBy(uid)) if (isTracked(pod)) orphans.add(keyOf(pod))
    } else if (!before || before.metadata.generation !== job.metadata.generation) queue.add(key)
    else {
      queue.addAfter(key, BATCH_MS)
      if (isFinished(asJob(job))) for (const pod of pods.controlledBy(uid)) if (isTracked(pod)) orphans.add(keyOf(pod))
    }
  })
  const pods = createCache(client, PODS, (pod, before, isDeleted) => {
    const owner = controllerOf(pod)
    const ownerBefore = before && controllerOf(before)
    if (ownerBefore && ownerBefore.uid !== owner?.uid && ownerBefore.kind === 'Job')
      queue.add(`${pod.metadata.namespace}/${ownerBefore.name}`)
    if (owner?.kind === 'Job') {
      const key = `${pod.metadata.namespace}/${owner.name}`
      if (jobs.get(key)?.metadata.uid === owner.uid) return queue.addAfter(key, BATCH_MS)
    }
    if (!isDeleted && isTracked(pod) && isOrphan(pod)) orphans.add(keyOf(pod))
  })
  return () => {
    for (const each of [queue, orphans, jobs, pods]) each.stop()
  }
}
