import { timestamp } from '../../api-server/json.ts'
import { verdictOn } from './failure-policy.ts'
import { isFailed, isTracked, type JobStatus } from './job.ts'
import { condition, counted, type Ending, withCondition } from './status.ts'
import type { Sync } from './sync.ts'

const MOST_UNCOUNTED = 500

/**
 * Counts the Pods that have ended, each once whatever fails on the way: first its uid goes into the status, then its finalizer goes, then it is in
 * the counter. And ends the Job when there is an ending and nothing is left to count.
 */
export function track(
  sync: Sync,
  ending: Ending | undefined,
  { status, hasChanged }: { status: JobStatus; hasChanged: boolean },
): void {
  const { job, pods, now, control, write, rememberBackoff } = sync
  const withFinalizer = new Set(pods.filter(isTracked).map(({ metadata }) => metadata.uid ?? ''))
  const has = (uid: string): boolean => withFinalizer.has(uid)
  let next = counted(status, has)
  let isDirty = hasChanged || next !== status

  const succeeded = [...(next.uncountedTerminatedPods?.succeeded ?? [])]
  const failed = [...(next.uncountedTerminatedPods?.failed ?? [])]
  const free: (typeof pods)[number][] = []
  let isFull = false
  for (const pod of pods.filter(isTracked)) {
    const uid = pod.metadata.uid ?? ''
    const isLost = isFailed(pod, job)
    const isOver = job.metadata.deletionTimestamp !== undefined || ending !== undefined
    if (!isOver && !isLost && pod.status.phase !== 'Succeeded') continue
    free.push(pod)
    if (pod.status.phase === 'Succeeded' && !failed.includes(uid)) {
      if (!succeeded.includes(uid)) succeeded.push(uid)
    } else if ((isLost || ending?.type === 'FailureTarget') && !failed.includes(uid)) {
      if (verdictOn(job, pod)?.action !== 'Ignore') failed.push(uid)
    }
    isFull = succeeded.length + failed.length >= MOST_UNCOUNTED
    if (isFull) break
  }
  const known = next.uncountedTerminatedPods
  if (succeeded.length > (known?.succeeded?.length ?? 0) || failed.length > (known?.failed?.length ?? 0)) isDirty = true
  next = { ...next, uncountedTerminatedPods: { succeeded, failed } }
  if (ending) {
    const conditions = withCondition(next.conditions, condition(ending, now))
    // A FailureTarget that is there already is written anew with whatever else there is to write.
    if (conditions !== next.conditions) isDirty = true
    if (conditions) next = { ...next, conditions }
  }
  if (isDirty) {
    next = write(next).status
    rememberBackoff(sync.backoff)
  }
  for (const pod of free) {
    control.removeFinalizer(pod)
    withFinalizer.delete(pod.metadata.uid ?? '')
  }
  const recounted = counted(next, has)
  const final = !isFull && ending && ended(recounted, ending, now)
  if (final) {
    write(final)
    report(sync, ending)
  } else if (recounted !== next) write(recounted)
}

/** With its last condition, or `undefined` while something of it is uncounted or still running. */
function ended(status: JobStatus, ending: Ending, now: number): JobStatus | undefined {
  const { succeeded = [], failed = [] } = status.uncountedTerminatedPods ?? {}
  if (succeeded.length + failed.length > 0 || (status.terminating ?? 0) > 0 || (status.ready ?? 0) > 0) return undefined
  const type = ending.type === 'FailureTarget' ? 'Failed' : 'Complete'
  const conditions = withCondition(status.conditions, condition({ ...ending, type }, now))
  return {
    ...status,
    ...(conditions && { conditions }),
    ...(type === 'Complete' && { completionTime: timestamp(now) }),
  }
}

const report = ({ record }: Sync, { type, reason, message }: Ending): void =>
  type === 'FailureTarget' ? record('Warning', reason, message) : record('Normal', 'Completed', 'Job completed')
