import { keyOf } from '../api-server/store.ts'
import { type Client, refOf } from '../client.ts'
import type { World } from '../world.ts'
import { createCache } from './cache.ts'
import { asJob, conditionOf } from './job/job.ts'
import { JOBS } from './resources.ts'
import { createWorkQueue } from './work-queue.ts'

/** Deletes Jobs, with their Pods before them, `ttlSecondsAfterFinished` after their end. */
export function runTtlController(client: Client, world: World): () => void {
  const sync = (key: string): void => {
    const found = jobs.get(key)
    if (!found || found.metadata.deletionTimestamp !== undefined) return
    const job = asJob(found)
    const { ttlSecondsAfterFinished: ttl } = job.spec
    const end = conditionOf(job, 'Complete', 'Failed')
    if (ttl === undefined || !end) return
    const leftMs = Date.parse(end.lastTransitionTime) + ttl * 1000 - world.now()
    if (leftMs > 0) {
      queue.addAfter(key, leftMs)
      return
    }
    client.delete(JOBS, refOf(job), { uid: job.metadata.uid ?? '', policy: 'Foreground' })
  }
  const queue = createWorkQueue(world, sync)
  const jobs = createCache(client, JOBS, (object, _, isDeleted) => {
    const { ttlSecondsAfterFinished: ttl } = asJob(object).spec
    if (!isDeleted && ttl !== undefined) queue.add(keyOf(object))
  })
  return () => {
    queue.stop()
    jobs.stop()
  }
}
