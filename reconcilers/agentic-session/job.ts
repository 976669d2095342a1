import type { Job } from 'kubernetes-types/batch/v1.js'
import { type Kind, type KubernetesObject, type Live, type Ref, refOf } from '#sdk/index.ts'
import { type AgenticSession, sessionKind } from './schema.ts'
import { portOf, type StartedWith, startedWithOf } from './started-with.ts'

export type JobObject = KubernetesObject & Pick<Job, 'spec' | 'status'>

export const jobKind: Kind<JobObject> = { apiVersion: 'batch/v1', kind: 'Job', plural: 'jobs', scope: 'Namespaced' }

/** The label that ApiServerSource, the Trigger and the sweep select our Jobs by. It stays on them for life. */
export const jobLabels = { 'app.kubernetes.io/managed-by': 'dormouse' } as const

/** The label that a session finds all its Jobs by, those of earlier attempts included. */
export const SESSION_UID = 'ambient-code.io/session-uid'

/** What a plan needs to know about a Job. */
export type JobFacts = {
  readonly ref: Ref
  readonly uid: string
  /** The AgenticSession that controls it. */
  readonly owner: { readonly ref: Ref; readonly uid: string } | undefined
  /** When its deletion was asked for. */
  readonly deletingSince: Date | undefined
  /** Whether it has Pods that are to go and have not gone. */
  readonly isTerminating: boolean
  /** What its runner was told at its start, while it may run. */
  readonly startedWith: StartedWith
  /** Where its runner listens while it may run, if anywhere. */
  readonly port: number | undefined
  /** How long its Pods may take to end. */
  readonly graceSeconds: number
  /** Suspended Jobs have no running clock. */
  readonly isSuspended: boolean
  readonly isReady: boolean
  /** When its status was last written: of one that has just become ready, when that was. */
  readonly statusAt: Date | undefined
  /** From here on the deadline counts. */
  readonly since: Date
  /** How long it may take; `undefined` is no limit. */
  readonly timeoutSeconds: number | undefined
  readonly end: JobEnd | undefined
}

export type JobEnd = {
  readonly state: 'Complete' | 'Failed'
  readonly reason: string
  readonly message: string
  readonly at: Date
}

export const factsOf = (job: Live<JobObject>): JobFacts => {
  const end = endOf(job)
  const pod = job.spec?.template?.spec
  return {
    ref: refOf(job),
    uid: job.metadata.uid,
    owner: ownerOf(job),
    deletingSince: timeOf(job.metadata.deletionTimestamp),
    isTerminating: (job.status?.terminating ?? 0) > 0,
    startedWith: end ? {} : startedWithOf(pod),
    port: end ? undefined : portOf(pod),
    graceSeconds: pod?.terminationGracePeriodSeconds ?? GRACE_SECONDS,
    isSuspended: job.spec?.suspend === true,
    isReady: (job.status?.ready ?? 0) > 0,
    statusAt: timeOf(job.metadata.managedFields?.findLast(({ subresource }) => subresource === 'status')?.time),
    since: new Date(job.status?.startTime ?? job.metadata.creationTimestamp ?? 0),
    timeoutSeconds: job.spec?.activeDeadlineSeconds,
    end,
  }
}

/** Whether its runner is to be expected, and has not been seen. */
export const isStarting = (
  { status }: AgenticSession,
  { isReady, isSuspended, deletingSince, end }: JobFacts,
): boolean => status?.phase === 'Creating' && !isReady && !isSuspended && !deletingSince && !end

const timeOf = (text: string | undefined): Date | undefined => (text === undefined ? undefined : new Date(text))

/** How long a runner may take to end once it is told to. */
export const GRACE_SECONDS = 60

/** What a kubelet that lives takes at most, beyond the grace, to report that a Pod has ended. */
export const REPORT_SECONDS = 60

/** From when on its Pods should have ended, where it is being deleted: by then their node does not answer. */
export const heldUpAt = ({ deletingSince, end, graceSeconds }: JobFacts): Date | undefined =>
  end || !deletingSince ? undefined : new Date(deletingSince.getTime() + (graceSeconds + REPORT_SECONDS) * 1000)

/** How long a Job stays after its end. Longer than many sweeps: it must not vanish before its end was seen. */
export const TTL_SECONDS = 3600

/** A kubelet has tried a pull four times by then. */
export const START_GRACE_SECONDS = 60

const startGraceEndsAt = ({ since }: JobFacts): Date => new Date(since.getTime() + START_GRACE_SECONDS * 1000)

/** Whether it is time to ask why its runner has not started. */
export const isLateToStart = (session: AgenticSession, job: JobFacts, now: Date): boolean =>
  isStarting(session, job) && now >= startGraceEndsAt(job)

/** When it will be. */
export const lateToStartAt = (session: AgenticSession, job: JobFacts, now: Date): Date | undefined =>
  isStarting(session, job) && now < startGraceEndsAt(job) ? startGraceEndsAt(job) : undefined

/**
 * Whether the TTL controller deletes it, or might have: it was deleted no sooner than its time to live after its end. All these times are whole
 * seconds, rounded down. One that is deleted by the clock of an API server behind the controller's is not told apart, and costs a look; so does
 * one whose time somebody has cut, since no sweep may have seen its end.
 */
export const isExpired = (job: Live<JobObject>): boolean => {
  const { end } = factsOf(job)
  const { ttlSecondsAfterFinished: ttl } = job.spec ?? {}
  const { deletionTimestamp } = job.metadata
  if (!end || ttl === undefined || ttl < TTL_SECONDS || deletionTimestamp === undefined) return false
  return Date.parse(deletionTimestamp) >= end.at.getTime() + ttl * 1000
}

/** `Complete` and `Failed` are the last conditions that the Job controller sets; `SuccessCriteriaMet` and `FailureTarget` only announce them. */
const endOf = (job: JobObject): JobEnd | undefined => {
  for (const { type, status, reason, message, lastTransitionTime } of job.status?.conditions ?? []) {
    if (status !== 'True' || (type !== 'Complete' && type !== 'Failed')) continue
    const at = new Date(job.status?.completionTime ?? lastTransitionTime ?? 0)
    return { state: type, reason: reason ?? '', message: message ?? '', at }
  }
  return undefined
}

const ownerOf = (job: Live<JobObject>): JobFacts['owner'] => {
  const owner = job.metadata.ownerReferences?.find(
    ({ controller, kind, apiVersion }) =>
      controller && kind === sessionKind.kind && apiVersion === sessionKind.apiVersion,
  )
  return owner && { ref: { namespace: job.metadata.namespace, name: owner.name }, uid: owner.uid }
}

/**
 * `<session>-<8 digits of its uid>-<attempt>`, at most 63 characters, since it becomes a label of the Pods. The uid keeps a session that
 * was deleted and made again under the same name from meeting the old one's Job.
 */
export const jobNameOf = (session: Live<AgenticSession>, attempt: number): string => {
  const end = `-${session.metadata.uid.slice(0, 8)}-${attempt}`
  const start = session.metadata.name.slice(0, 63 - end.length).replace(/[-.]+$/, '')
  return start + end
}
