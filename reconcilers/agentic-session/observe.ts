import type { Cluster, Live } from '#sdk/index.ts'
import { type PodObject, podKind } from './failure.ts'
import { factsOf, type JobFacts, jobKind, jobNameOf } from './job.ts'
import type { AgenticSession } from './schema.ts'

/** What a plan depends on besides the session. */
export type Observed = {
  /** The Job under the name of this attempt, whoever made it. */
  readonly job: JobFacts | undefined
  /** The Job of the attempt before. It can only be there and running if an instance made it that had slept through the restart. */
  readonly previous: JobFacts | undefined
  /** The Pods of this attempt's Job, where it failed: they know why. */
  readonly pods: readonly PodObject[]
}

/** Attempts count from 1. */
export const attemptOf = (session: AgenticSession): number => session.status?.attempt ?? 1

export const observe = async (session: Live<AgenticSession>, cluster: Cluster): Promise<Observed> => {
  const { namespace } = session.metadata
  const attempt = attemptOf(session)
  const read = async (name: string) => {
    const job = await cluster.get(jobKind, { namespace, name })
    return job && factsOf(job)
  }
  const job = await read(jobNameOf(session, attempt))
  const previous = attempt > 1 ? await read(jobNameOf(session, attempt - 1)) : undefined
  const pods: PodObject[] = []
  if (job?.end?.state === 'Failed' && session.status?.phase !== 'Failed') {
    const labelSelector = `batch.kubernetes.io/controller-uid=${job.uid}`
    for await (const pod of cluster.list(podKind, { namespace, labelSelector })) pods.push(pod)
  }
  return { job, previous, pods }
}
