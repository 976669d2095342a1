import { timestamp } from '../../api-server/json.ts'
import type { Condition, JobStatus, Uncounted } from './job.ts'

/** Why a Job ends: what comes into its status first, and once its Pods are counted the same as Complete or Failed. */
export type Ending = {
  readonly type: 'SuccessCriteriaMet' | 'FailureTarget'
  readonly reason: string
  readonly message: string
}

export const success: Ending = {
  type: 'SuccessCriteriaMet',
  reason: 'CompletionsReached',
  message: 'Reached expected number of succeeded pods',
}
export const failure = (reason: string, message: string): Ending => ({ type: 'FailureTarget', reason, message })

export const condition = (
  { type, reason, message }: { readonly type: string; readonly reason: string; readonly message: string },
  now: number,
  status: 'True' | 'False' = 'True',
): Condition => ({
  type,
  status,
  lastProbeTime: timestamp(now),
  lastTransitionTime: timestamp(now),
  reason,
  message,
})

/** The same list when the condition says that already, or was never true and is to be false. */
export function withCondition(
  conditions: readonly Condition[] | undefined,
  wanted: Condition,
): readonly Condition[] | undefined {
  const known = conditions?.find(({ type }) => type === wanted.type)
  if (!known) return wanted.status === 'False' ? conditions : [...(conditions ?? []), wanted]
  if (known.status === wanted.status && known.reason === wanted.reason && known.message === wanted.message)
    return conditions
  return conditions?.map((each) => (each === known ? wanted : each))
}

/** As Go writes it: counters that are 0 are left out. */
export function written(status: JobStatus): JobStatus {
  const { active, succeeded, failed, uncountedTerminatedPods, ...rest } = status
  return {
    ...rest,
    ...(active && { active }),
    ...(succeeded && { succeeded }),
    ...(failed && { failed }),
    ...(uncountedTerminatedPods && { uncountedTerminatedPods: uncounted(uncountedTerminatedPods) }),
  }
}

const uncounted = ({ succeeded = [], failed = [] }: Uncounted): Uncounted => ({
  ...(succeeded.length > 0 && { succeeded }),
  ...(failed.length > 0 && { failed }),
})

/** Counts the uncounted Pods whose finalizer is off; the same status where there is none. */
export function counted(status: JobStatus, hasFinalizer: (uid: string) => boolean): JobStatus {
  const { succeeded = [], failed = [] } = status.uncountedTerminatedPods ?? {}
  const still = { succeeded: succeeded.filter(hasFinalizer), failed: failed.filter(hasFinalizer) }
  if (still.succeeded.length === succeeded.length && still.failed.length === failed.length) return status
  return {
    ...status,
    succeeded: (status.succeeded ?? 0) + succeeded.length - still.succeeded.length,
    failed: (status.failed ?? 0) + failed.length - still.failed.length,
    uncountedTerminatedPods: still,
  }
}
