import { type Live, secondsOf } from '#sdk/index.ts'
import { NOW, settings } from '#test/ports.ts'
import { DESIRED_PHASE, type DesiredPhase } from './annotations.ts'
import { type JobObject, jobNameOf } from './job.ts'
import type { PodObject } from './pods.ts'
import { runnerJobFor } from './runner-job.ts'
import type { AgenticSession, Phase, Spec, Status } from './schema.ts'
import { RUNNER } from './started-with.ts'

export const minutesAgo = (minutes: number): string => secondsOf(new Date(NOW.getTime() - minutes * 60_000))

/** The status of a session that an event did not reach. */
export const aDeadLetter: Status = {
  deadLetters: { count: 1, ids: ['3a8e not taken by on-job-event'] },
  conditions: [
    {
      type: 'EventsDelivered',
      status: 'False',
      reason: 'DeadLettered',
      message: '1 event',
      lastTransitionTime: minutesAgo(2),
      observedGeneration: 1,
    },
  ],
}

type SessionFixture = {
  readonly name?: string
  readonly uid?: string
  readonly generation?: number
  readonly annotations?: Readonly<Record<string, string>>
  readonly desired?: DesiredPhase | undefined
  readonly isDeleting?: boolean
  readonly spec?: Spec
  /** Absent: nobody has looked at the session yet. `Error` is what an old installation may have left. */
  readonly phase?: Phase | 'Error' | undefined
  readonly attempt?: number
  /** More of the status. */
  readonly status?: Status
}

/** A session as the API server returns it: without a phase it is brand new. */
export const aSession = ({
  name = 'tidy-up',
  uid = '3f2504e0-4f89-41d3-9a0c-0305e82c3301',
  generation = 1,
  annotations,
  desired,
  isDeleting,
  spec = {},
  phase,
  attempt = 1,
  status,
}: SessionFixture = {}): Live<AgenticSession> => {
  const session = {
    apiVersion: 'vteam.ambient-code/v1alpha1',
    kind: 'AgenticSession',
    metadata: {
      name,
      namespace: 'team-a',
      uid,
      resourceVersion: '1',
      generation,
      creationTimestamp: minutesAgo(10),
      ...((annotations || desired) && {
        annotations: { ...annotations, ...(desired && { [DESIRED_PHASE]: desired }) },
      }),
      ...(isDeleting && { deletionTimestamp: minutesAgo(1) }),
    },
    spec,
  }
  if (!phase && !status) return session
  const written = {
    attempt,
    jobName: jobNameOf(session, attempt),
    startTime: '2026-03-01T11:50:00Z',
    observedGeneration: generation,
    ...status,
  }
  // An old installation's phase is not of the type, and that is the point of it.
  return { ...session, status: { ...written, ...(phase && { phase: phase as Phase }) } }
}

type JobFixture = {
  readonly session?: Live<AgenticSession>
  readonly attempt?: number
  readonly isReady?: boolean
  readonly isSuspended?: boolean
  readonly isDeleting?: boolean
  /** When its deletion was asked for. */
  readonly deletionTimestamp?: string | undefined
  readonly isTerminating?: boolean
  readonly end?: 'Complete' | 'Failed' | undefined
  readonly endReason?: string
  readonly endMessage?: string
  readonly startTime?: string | undefined
  /** The uid of the session that controls it. */
  readonly ownerUid?: string
}

/** The Job of a session's attempt, as the API server returns it: just made, its Pod not ready yet. */
export const aJob = ({
  session = aSession(),
  attempt = session.status?.attempt ?? 1,
  isReady,
  isSuspended,
  isDeleting,
  deletionTimestamp = isDeleting ? minutesAgo(1) : undefined,
  isTerminating,
  end,
  endReason = end === 'Complete' ? 'CompletionsReached' : 'BackoffLimitExceeded',
  endMessage = '',
  startTime,
  ownerUid = session.metadata.uid,
}: JobFixture = {}): Live<JobObject> => {
  const job = runnerJobFor(session, attempt, settings)
  const lastTransitionTime = minutesAgo(1)
  const [owner] = job.metadata.ownerReferences ?? []
  return {
    ...job,
    metadata: {
      ...job.metadata,
      namespace: session.metadata.namespace,
      uid: `job-uid-${attempt}`,
      resourceVersion: '1',
      creationTimestamp: minutesAgo(3),
      ownerReferences: owner ? [{ ...owner, uid: ownerUid }] : [],
      ...(deletionTimestamp && { deletionTimestamp }),
    },
    spec: { ...(job.spec as NonNullable<JobObject['spec']>), ...(isSuspended && { suspend: true }) },
    status: {
      ...(startTime && { startTime }),
      ...(isReady && { active: 1, ready: 1 }),
      ...(end === 'Complete' && { succeeded: 1, completionTime: lastTransitionTime }),
      ...(end === 'Failed' && { failed: 1 }),
      ...(isTerminating && { terminating: 1 }),
      ...(end && {
        conditions: [
          { type: end === 'Complete' ? 'SuccessCriteriaMet' : 'FailureTarget', status: 'True', lastTransitionTime },
          { type: end, status: 'True', reason: endReason, message: endMessage, lastTransitionTime },
        ],
      }),
    },
  }
}

type PodFixture = {
  readonly status?: PodObject['status']
  /** When it should have ended: its grace is in it. */
  readonly deletionTimestamp?: string
  readonly deletionGracePeriodSeconds?: number
}

/** The Pod of a Job, as the API server returns it: on a node, no word of it yet. */
export const aPod = ({ status = {}, ...metadata }: PodFixture = {}): Live<PodObject> => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'tidy-up-x', namespace: 'team-a', uid: 'pod-uid', resourceVersion: '1', ...metadata },
  spec: { nodeName: 'node-1', containers: [{ name: RUNNER, image: 'runner:1' }] },
  status,
})
