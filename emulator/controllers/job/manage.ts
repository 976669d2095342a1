import { byWorth, type PodObject } from '../pods.ts'
import { remainingMs } from './backoff.ts'
import { isSuspended, replacesOnlyFailed } from './job.ts'
import type { Sync } from './sync.ts'

/** The counters of a status in the making. */
export type Counts = {
  active: number
  ready: number
  terminating: number
  readonly succeeded: number
  readonly failed: number
}

const MOST_AT_ONCE = 500

/** Makes or deletes Pods until as many are active as the Job wants, or only some of them; never both. Keeps `counts`. */
export function managePods(
  { job, control, backoff, now, lookAgainAfter }: Sync,
  active: readonly PodObject[],
  counts: Counts,
): void {
  const { parallelism, completions } = job.spec
  const release = (pods: readonly PodObject[]): void => {
    const deleted = control.release(job, pods)
    counts.active -= deleted.count
    counts.terminating += deleted.count
    counts.ready -= deleted.ready
  }
  if (isSuspended(job)) {
    release(active)
    return
  }
  const wanted =
    completions === undefined
      ? counts.succeeded > 0
        ? active.length
        : parallelism
      : Math.max(0, Math.min(parallelism, completions - counts.succeeded))
  const surplus = active.length - wanted
  if (surplus > 0) {
    release([...active].sort(byWorth).slice(0, Math.min(surplus, MOST_AT_ONCE)))
    return
  }
  const missing = wanted - active.length - (replacesOnlyFailed(job) ? counts.terminating : 0)
  if (missing <= 0) return
  const wait = remainingMs(backoff, now)
  if (wait > 0) {
    lookAgainAfter(wait)
    return
  }
  const count = Math.min(missing, MOST_AT_ONCE)
  for (let made = 0; made < count; made += 1) control.create(job)
  counts.active += count
}
