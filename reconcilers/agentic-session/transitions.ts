import {
  type Action,
  type Live,
  type Plan,
  type Refusal,
  type Situation,
  secondsOf,
  unannotate,
  type WantedCondition,
  withConditions,
} from '#sdk/index.ts'
import { desiredPhaseOf, requestAnnotations } from './annotations.ts'
import { type Failure, isOfRunner } from './failure.ts'
import { jobNameOf } from './job.ts'
import { attemptOf, type Observed } from './observe.ts'
import { type AgenticSession, phaseOf, type Status } from './schema.ts'

/*
 * What a session becomes, and what its status then says. When it becomes what is for `plan.ts` to decide.
 */

export type SessionPlan = Plan<Status>
export type Case = Situation<Live<AgenticSession>, Observed>

const RUNNER_STARTED = 'RunnerStarted'

export const START_AGAIN = 'annotate the session with ambient-code.io/desired-phase=Running'

/** There is no room for its Job. Nothing rings when there is: the sweep tries again. */
export const queued = (situation: Case, { reason, message }: Refusal): SessionPlan => {
  const conditions = [ready(false, reason, message), jobCreated(false, reason, message)]
  return { reason, status: next(situation, { phase: 'Pending' }, conditions) }
}

/** A new attempt with a Job of its own name. The request is taken off by the plan that makes that Job. */
export const restart = (situation: Case): SessionPlan => {
  const { object: session, now } = situation
  const attempt = attemptOf(session) + 1
  const message = `attempt ${attempt} was asked for`
  const conditions = [
    ready(false, 'Restarting', message),
    jobCreated(false, 'Restarting', message),
    runnerStarted(false, 'Restarting'),
  ]
  const change = { phase: 'Pending', attempt, jobName: jobNameOf(session, attempt), startTime: secondsOf(now) } as const
  const { completionTime: _, stoppedReason: __, lastActivityTime: ___, ...status } = next(situation, change, conditions)
  return { reason: 'Restart', status, again: true }
}

export const creating = (situation: Case): Status =>
  next(situation, { phase: 'Creating' }, [
    ready(false, 'Creating', 'waiting for the runner to start'),
    jobCreated(true),
    runnerStarted(false, 'Creating'),
  ])

/** Once running it stays so until the Job ends: a Job that is about to end has no ready Pod either. */
export const running = (situation: Case): Status =>
  next(situation, { phase: 'Running' }, [ready(true, 'Running', ''), jobCreated(true), runnerStarted(true)])

/** The reason is written down before the Job goes: whoever finds it gone must still know why. */
export const stopping = (
  situation: Case,
  { reason, message }: { readonly reason: string; readonly message: string },
): SessionPlan => {
  const status = next(situation, { phase: 'Stopping' }, [ready(false, reason, message), jobCreated(true)])
  return { reason, status, again: true }
}

export const stopped = (situation: Case): SessionPlan => {
  const message = `stopped by request; to start again, ${START_AGAIN}`
  const conditions = [
    ready(false, 'UserStopped', message),
    jobCreated(false, 'UserStopped', message),
    runnerStarted(false, 'UserStopped'),
  ]
  const change = { phase: 'Stopped', stoppedReason: 'user', completionTime: secondsOf(situation.now) } as const
  return ended('UserStopped', situation, next(situation, change, conditions))
}

export const completed = (situation: Case, at: Date): SessionPlan => {
  const conditions = [
    ready(false, 'Completed', 'the runner ended with exit code 0'),
    jobCreated(true),
    runnerStarted(true),
  ]
  const change = { phase: 'Completed', completionTime: secondsOf(at) } as const
  const plan = ended('Completed', situation, next(situation, change, conditions))
  return { ...plan, actions: startCarriedOut(situation.object) }
}

export const failed = (situation: Case, { reason, message }: Failure, at = situation.now): SessionPlan => {
  const hasJob = situation.observed.job?.owner?.uid === situation.object.metadata.uid
  const conditions = [
    ready(false, reason, message),
    hasJob ? jobCreated(true) : jobCreated(false, reason, message),
    ...(isOfRunner(reason) ? [runnerStarted(true)] : []),
  ]
  const change = { phase: 'Failed', completionTime: secondsOf(at) } as const
  const plan = ended(reason, situation, next(situation, change, conditions))
  return { ...plan, actions: startCarriedOut(situation.object) }
}

const ended = (reason: string, { object }: Case, status: Status): SessionPlan => {
  const { namespace, name, uid } = object.metadata
  return {
    reason,
    status,
    // A stop is still to be taken off, a start that came while stopping to be carried out.
    again: desiredPhaseOf(object) === 'Stopped' || phaseOf(object) === 'Stopping',
    announce: {
      type: `dev.dormouse.agenticsession.${status.phase?.toLowerCase()}`,
      subject: `${namespace}/${name}`,
      data: { namespace, name, uid, attempt: status.attempt, phase: status.phase, reason },
    },
  }
}

/** The status as it is, with these changes. The fields of others stay. */
const next = ({ object: session, now }: Case, change: Partial<Status>, wanted: readonly WantedCondition[]): Status => {
  const attempt = attemptOf(session)
  const observedGeneration = session.metadata.generation ?? 0
  const isRunning = wanted.some(({ type, status }) => type === RUNNER_STARTED && status === 'True')
  return {
    attempt,
    jobName: jobNameOf(session, attempt),
    startTime: secondsOf(now),
    ...session.status,
    ...((isRunning || isTakenOver(session)) && { hasRun: true }),
    observedGeneration,
    ...change,
    conditions: withConditions(session.status?.conditions ?? [], wanted, { observedGeneration, now }),
  }
}

/** The upstream operator counted no attempts, and took a start time for a sign that the runner had run. */
const isTakenOver = ({ status }: AgenticSession): boolean =>
  status?.attempt === undefined && status?.startTime !== undefined

/**
 * In a session that has neither ended nor is stopping, `Running` asks for what is under way: left there, it would start the next
 * attempt by itself.
 */
export const startCarriedOut = (session: Live<AgenticSession>): readonly Action[] =>
  desiredPhaseOf(session) === 'Running' && phaseOf(session) !== 'Stopping'
    ? [unannotate(...requestAnnotations.Running)]
    : []

const condition =
  (type: string, whenTrue: string) =>
  (isTrue: boolean, reason = whenTrue, message = ''): WantedCondition => ({
    type,
    status: isTrue ? 'True' : 'False',
    reason,
    message,
  })
const ready = condition('Ready', 'Running')
const runnerStarted = condition(RUNNER_STARTED, 'ContainerRunning')
const jobCreated = condition('JobCreated', 'JobCreated')
