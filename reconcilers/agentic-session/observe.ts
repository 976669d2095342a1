import type { Cluster, Live, Settings } from '#sdk/index.ts'
import { asksItsProject, PROJECT_SETTINGS, type ProjectSettings, projectSettingsKind } from './idle.ts'
import { factsOf, isStarting, type JobFacts, jobKind, jobNameOf, SESSION_UID } from './job.ts'
import { type PodObject, podKind } from './pods.ts'
import { profileOf } from './profiles.ts'
import { type AgenticSession, phaseOf } from './schema.ts'
import { observeSecrets, type Secrets } from './secrets.ts'

/** What a plan depends on besides the session. */
export type Observed = {
  /** The Job under the name of this attempt, whoever made it. */
  readonly job: JobFacts | undefined
  /** A running Job of an earlier attempt. It can only be there if an instance made it that had slept through a restart. */
  readonly previous: JobFacts | undefined
  /** The Pods of this attempt's Job, where it failed, does not start, or is about to end: they know why. */
  readonly pods: readonly Live<PodObject>[]
  /** The settings of its project, where they say when it is idle, or what its runner is to be started with. */
  readonly project: ProjectSettings | undefined
  /** What its profile asks for, where that matters now. */
  readonly secrets?: Secrets | undefined
}

/** Attempts count from 1. */
export const attemptOf = (session: AgenticSession): number => session.status?.attempt ?? 1

export const observe = async (
  session: Live<AgenticSession>,
  cluster: Cluster,
  settings: Settings,
): Promise<Observed> => {
  const { namespace, uid } = session.metadata
  const attempt = attemptOf(session)
  const name = jobNameOf(session, attempt)
  const found = await cluster.get(jobKind, { namespace, name })
  const job = found && factsOf(found)
  let previous: JobFacts | undefined
  if (attempt > 1) {
    for await (const other of cluster.list(jobKind, { namespace, labelSelector: `${SESSION_UID}=${uid}` })) {
      const facts = factsOf(other)
      if (facts.ref.name !== name && !facts.end && !facts.deletingSince) previous = facts
    }
  }
  const pods: Live<PodObject>[] = []
  const isEnding = job && !job.end && (job.isTerminating || job.deletingSince)
  const hasFailed = job?.end?.state === 'Failed' && session.status?.phase !== 'Failed'
  if (job && (hasFailed || isStarting(session, job) || isEnding)) {
    const labelSelector = `batch.kubernetes.io/controller-uid=${job.uid}`
    for await (const pod of cluster.list(podKind, { namespace, labelSelector })) pods.push(pod)
  }
  const isToStart = !job && phaseOf(session) === 'Pending'
  const project =
    asksItsProject(session, job) || (isToStart && profileOf(session, settings)?.projectMcpServers)
      ? await cluster.get(projectSettingsKind, { namespace, name: PROJECT_SETTINGS })
      : undefined
  return {
    job,
    previous,
    pods,
    project,
    secrets: job?.end ? undefined : await observeSecrets(session, cluster, settings),
  }
}
