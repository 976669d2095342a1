import type { ObjectEvent } from '#sdk/index.ts'
import { factsOf, isExpired, type JobObject } from './job.ts'

/**
 * Of the five changes that a Job reports in its life, a plan depends on two: its Pod is ready, it has ended. And on its going, unless it
 * was over for as long as it may stay: its end was told when it came, and sweeps have had an hour since. Pure.
 */
export const ignoredJob = ({ change, object: job }: ObjectEvent<JobObject>): string | undefined => {
  if (isExpired(job)) return 'Expired'
  const { isReady, end } = factsOf(job)
  return change === 'delete' || isReady || end ? undefined : 'NoNews'
}
