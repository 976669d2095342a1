import type { ObjectEvent } from '#sdk/index.ts'
import { factsOf, type JobObject } from './job.ts'

/** Of the five changes that a Job reports in its life, a plan depends on two: its Pod is ready, it has ended. And on its going. Pure. */
export const ignoredJob = ({ change, object: job }: ObjectEvent<JobObject>): string | undefined => {
  const { isReady, end } = factsOf(job)
  return change === 'delete' || isReady || end ? undefined : 'NoNews'
}
