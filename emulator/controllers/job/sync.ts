import { timestamp } from '../../api-server/json.ts'
import { isActive, isReady, isTerminating, type PodObject } from '../pods.ts'
import { type Backoff, backoffAfter } from './backoff.ts'
import { isIgnored, verdictOn } from './failure-policy.ts'
import { conditionOf, isFailed, isSuspended, isTracked, type JobObject, type JobStatus } from './job.ts'
import { managePods } from './manage.ts'
import type { PodControl } from './pod-control.ts'
import { condition, type Ending, failure, success, withCondition } from './status.ts'
import { track } from './track.ts'
import { unsupported } from './unsupported.ts'

/** One look at a Job and its Pods, and what it takes with it. */
export type Sync = {
  readonly job: JobObject
  readonly pods: readonly PodObject[]
  readonly now: number
  readonly control: PodControl
  readonly backoff: Backoff
  readonly record: (type: 'Normal' | 'Warning', reason: string, message: string) => void
  /** Writes the status, and gives the Job as it is then. */
  readonly write: (status: JobStatus) => JobObject
  readonly rememberBackoff: (backoff: Backoff) => void
  readonly lookAgainAfter: (ms: number) => void
}

/** As syncJob in kube-controller-manager's pkg/controller/job, in its order: what is written when can be seen from outside. */
export function syncJob(given: Omit<Sync, 'backoff'> & { readonly before: Backoff | undefined }): void {
  const { job, pods, now } = given
  const known = { succeeded: [], failed: [], ...job.status.uncountedTerminatedPods }
  const ended = (phase: string, uncounted: readonly string[]) => (pod: PodObject) =>
    isTracked(pod) &&
    !uncounted.includes(pod.metadata.uid ?? '') &&
    (phase === 'Failed' ? isFailed(pod, job) : pod.status.phase === phase)
  const newlySucceeded = pods.filter(ended('Succeeded', known.succeeded))
  const newlyFailed = pods.filter(ended('Failed', known.failed))
  const counting = newlyFailed.filter((pod) => !isIgnored(job, pod))
  const backoff = backoffAfter(given.before, newlySucceeded, newlyFailed)
  const sync: Sync = { ...given, backoff }

  const active = pods.filter(isActive)
  const counts = {
    active: active.length,
    ready: active.filter(isReady).length,
    terminating: pods.filter(isTerminating).length,
    succeeded: (job.status.succeeded ?? 0) + newlySucceeded.length + known.succeeded.length,
    failed: (job.status.failed ?? 0) + counting.length + known.failed.length,
  }
  let startTime = job.status.startTime ?? (isSuspended(job) ? undefined : timestamp(now))
  let { conditions } = job.status
  let ending = endingOf(sync, counts.failed, startTime)

  if (ending) {
    const deleted = sync.control.delete(job, active)
    counts.active -= deleted.count
    counts.terminating += deleted.count
    counts.ready -= deleted.ready
  } else {
    const isManaged = job.metadata.deletionTimestamp === undefined
    if (isManaged) managePods(sync, active, counts)
    const { completions } = job.spec
    const isComplete = completions === undefined ? counts.succeeded > 0 : counts.succeeded >= completions
    if (isComplete && counts.active === 0) ending = success
    else if (isManaged) {
      const changed = withCondition(conditions, suspension(job, now))
      if (changed !== conditions) {
        conditions = changed
        startTime = isSuspended(job) ? undefined : timestamp(now)
        if (isSuspended(job)) sync.record('Normal', 'Suspended', 'Job suspended')
        else sync.record('Normal', 'Resumed', 'Job resumed')
      }
    }
  }
  const { startTime: _, conditions: __, ...rest } = job.status
  const { status } = job
  track(sync, ending, {
    hasChanged:
      conditions !== status.conditions ||
      counts.active !== (status.active ?? 0) ||
      counts.ready !== status.ready ||
      counts.terminating !== status.terminating,
    status: {
      ...rest,
      ...(startTime !== undefined && { startTime }),
      ...(conditions && { conditions }),
      uncountedTerminatedPods: known,
      active: counts.active,
      ready: counts.ready,
      terminating: counts.terminating,
    },
  })
}

const suspension = (job: JobObject, now: number) =>
  isSuspended(job)
    ? condition({ type: 'Suspended', reason: 'JobSuspended', message: 'Job suspended' }, now)
    : condition({ type: 'Suspended', reason: 'JobResumed', message: 'Job resumed' }, now, 'False')

/** Why the Job ends now or is ending already. */
function endingOf(
  { job, pods, now, lookAgainAfter }: Sync,
  failed: number,
  startTime: string | undefined,
): Ending | undefined {
  const begun = conditionOf(job, 'SuccessCriteriaMet') ?? conditionOf(job, 'FailureTarget')
  if (begun) return { type: begun.type as Ending['type'], reason: begun.reason, message: begun.message }
  const missing = unsupported(job)
  if (missing) return failure('NotImplemented', `The emulator does not implement ${missing}`)
  const fatal = pods.filter((pod) => isFailed(pod, job)).map((pod) => verdictOn(job, pod))
  const verdict = fatal.find((each) => each?.action === 'FailJob')
  if (verdict) return failure('PodFailurePolicy', verdict.message)
  const { activeDeadlineSeconds, backoffLimit } = job.spec
  if (failed > backoffLimit || hasTooManyRestarts(job, pods))
    return failure('BackoffLimitExceeded', 'Job has reached the specified backoff limit')
  if (activeDeadlineSeconds === undefined || isSuspended(job) || startTime === undefined) return undefined
  const leftMs = Date.parse(startTime) + activeDeadlineSeconds * 1000 - now
  if (leftMs <= 0 && job.status.startTime !== undefined)
    return failure('DeadlineExceeded', 'Job was active longer than specified deadline')
  lookAgainAfter(leftMs)
  return undefined
}

/** With restartPolicy OnFailure the containers' restarts are what the limit is about. */
function hasTooManyRestarts({ spec }: JobObject, pods: readonly PodObject[]): boolean {
  if (spec.template['spec'] && (spec.template['spec'] as { restartPolicy?: string }).restartPolicy !== 'OnFailure')
    return false
  const restarts = pods
    .filter(({ status: { phase } }) => phase === 'Running' || phase === 'Pending')
    .flatMap(({ status }) => [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])])
    .reduce((sum, { restartCount }) => sum + restartCount, 0)
  return spec.backoffLimit === 0 ? restarts > 0 : restarts >= spec.backoffLimit
}
