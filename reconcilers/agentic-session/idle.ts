import type { Kind, KubernetesObject, Settings } from '#sdk/index.ts'
import type { JobFacts } from './job.ts'
import { type AgenticSession, phaseOf } from './schema.ts'

/** What a session needs to know of its project. */
export type ProjectSettings = KubernetesObject & {
  readonly spec?: { readonly inactivityTimeoutSeconds?: number; readonly mcpServers?: object }
}

/** One in each namespace, always of the same name. */
export const projectSettingsKind: Kind<ProjectSettings> = {
  apiVersion: 'vteam.ambient-code/v1alpha1',
  kind: 'ProjectSettings',
  plural: 'projectsettings',
  scope: 'Namespaced',
}
export const PROJECT_SETTINGS = 'projectsettings'

/** Whether its project's word on idling matters now: the session runs, and has none of its own. */
export const asksItsProject = (session: AgenticSession, job: JobFacts | undefined): boolean =>
  isInUse(session, job) && session.spec?.inactivityTimeout === undefined

const isInUse = (session: AgenticSession, job: JobFacts | undefined): boolean =>
  phaseOf(session) === 'Running' && job !== undefined && !job.end && !job.isSuspended

/** The session's own word, else its project's, else the platform's. 0 is never. What was stored before its schema came may say nothing at all. */
export const inactivityTimeoutOf = (
  { spec }: AgenticSession,
  project: ProjectSettings | undefined,
  { inactivityTimeoutSeconds }: Settings,
): number => {
  const ofProject = project?.spec?.inactivityTimeoutSeconds ?? -1
  return (
    spec?.inactivityTimeout ?? (Number.isInteger(ofProject) && ofProject >= 0 ? ofProject : inactivityTimeoutSeconds)
  )
}

/** When a running session has been left alone for too long, if it is not used until then. */
export const idleAtOf = (session: AgenticSession, job: JobFacts, timeoutSeconds: number): Date | undefined => {
  if (!isInUse(session, job) || timeoutSeconds === 0) return undefined
  const { lastActivityTime, startTime } = session.status ?? {}
  // An attempt that has just begun is no older than itself, whatever was done in the one before.
  const since = Math.max(Date.parse(lastActivityTime ?? startTime ?? ''), job.since.getTime()) || job.since.getTime()
  return new Date(since + timeoutSeconds * 1000)
}

/**
 * When to ask about idleness first, of a session that has just begun to run: by its own word where it has one; else at once, for the word of
 * its project was not read with that.
 */
export const firstIdleAt = (session: AgenticSession, job: JobFacts, now: Date): Date | undefined => {
  const own = session.spec?.inactivityTimeout
  return own === undefined ? (isInUse(session, job) ? now : undefined) : idleAtOf(session, job, own)
}
