import {
  type Action,
  create,
  type Live,
  type Plan,
  remove,
  type Situation,
  secondsOf,
  unannotate,
  type WantedCondition,
  withConditions,
} from '#sdk/index.ts'
import { desiredPhaseOf, requestAnnotations } from './annotations.ts'
import { type Failure, failureOf, isOfRunner } from './failure.ts'
import { type JobFacts, jobKind, jobNameOf } from './job.ts'
import { attemptOf, type Observed } from './observe.ts'
import { runnerJobFor } from './runner-job.ts'
import { type AgenticSession, type Phase, phases, type Status, timeoutOf } from './schema.ts'
import { faultsOf } from './spec-faults.ts'

type SessionPlan = Plan<Status>
type Case = Situation<Live<AgenticSession>, Observed>

/** The Job controller keeps the clock, and its Pods have a minute to end. Only when a Job outlives that is it ended here. */
const DEADLINE_GRACE_SECONDS = 120

const RUNNER_STARTED = 'RunnerStarted'

const START_AGAIN = 'annotate it with ambient-code.io/desired-phase=Running'

/** A phase that is none of ours is the `Error` of an old installation. */
export const phaseOf = ({ status }: AgenticSession): Phase => {
  const phase = status?.phase ?? 'Pending'
  return phases.includes(phase) ? phase : 'Failed'
}

/** What should happen to a session now. Pure. */
export const planSession = (situation: Case): SessionPlan => {
  const { object: session, observed } = situation
  if (session.metadata.deletionTimestamp !== undefined) return { reason: 'Deleting' }
  const isOurs = (job: JobFacts | undefined) => job?.owner?.uid === session.metadata.uid
  const job = isOurs(observed.job) ? observed.job : undefined
  const stray = isOurs(observed.previous) ? observed.previous : undefined
  const plan = planAttempt(situation, job)
  return stray && !stray.end ? { ...plan, actions: [...removalOf(stray), ...(plan.actions ?? [])] } : plan
}

const planAttempt = (situation: Case, job: JobFacts | undefined): SessionPlan => {
  const { object: session } = situation
  switch (phaseOf(session)) {
    case 'Pending':
      return job ? planWithJob(situation, job) : planStart(situation)
    case 'Creating':
    case 'Running':
      return job ? planWithJob(situation, job) : planWithoutJob(situation)
    case 'Stopping':
      return planStopping(situation, job)
    case 'Stopped':
    case 'Completed':
    case 'Failed':
      return planEnded(situation, job)
  }
}

const planStart = (situation: Case): SessionPlan => {
  const { object: session, observed, settings, refusal } = situation
  if (desiredPhaseOf(session) === 'Stopped') return stopped(situation)
  if (observed.job) {
    const message = `Job ${observed.job.ref.name} exists and does not belong to this session; delete it, then ${START_AGAIN}`
    return failed(situation, { reason: 'JobNameTaken', message })
  }
  const faults = faultsOf(session.spec)
  if (faults.length > 0) return failed(situation, { reason: 'InvalidSpec', message: faults.join('; ') })
  switch (refusal?.reason) {
    case 'Invalid':
      return failed(situation, { reason: 'InvalidSpec', message: refusal.message })
    case 'QuotaExceeded': {
      const { reason, message } = refusal
      const conditions = [ready(false, reason, message), jobCreated(false, reason, message)]
      return { reason, status: next(situation, { phase: 'Pending' }, conditions) }
    }
    case 'NamespaceTerminating':
      return { reason: refusal.reason }
    case undefined: {
      const job = runnerJobFor(session, attemptOf(session), settings)
      return {
        reason: 'Start',
        actions: [...startCarriedOut(session), create(jobKind, job)],
        status: creating(situation),
      }
    }
  }
}

const planWithJob = (situation: Case, job: JobFacts): SessionPlan => {
  const { object: session, observed, now } = situation
  if (job.end?.state === 'Complete') return completed(situation, job.end.at)
  if (job.end) return failed(situation, failureOf(job.end, observed.pods, timeoutOf(session)), job.end.at)
  if (desiredPhaseOf(session) === 'Stopped')
    return stopping(situation, { reason: 'Stopping', message: 'waiting for the runner to end' })
  const deadline = job.isSuspended ? undefined : deadlineOf(session, job.since)
  if (deadline && now >= deadline) {
    return { ...stopping(situation, outlived(session)), actions: startCarriedOut(session) }
  }
  const isRunning = job.isReady || phaseOf(session) === 'Running'
  return {
    reason: isRunning ? 'Running' : 'Creating',
    actions: startCarriedOut(session),
    status: isRunning ? running(situation) : creating(situation),
    ...(deadline && { checkAgainAt: deadline }),
  }
}

/** It was there: somebody deleted it. Only the owner can say whether a second run is wanted. */
const planWithoutJob = (situation: Case): SessionPlan => {
  const { object: session } = situation
  if (desiredPhaseOf(session) === 'Stopped') return stopped(situation)
  const name = jobNameOf(session, attemptOf(session))
  const message = `Job ${name} was deleted before its end was seen; to start again, ${START_AGAIN}`
  return failed(situation, { reason: 'JobMissing', message })
}

const planEnded = (situation: Case, job: JobFacts | undefined): SessionPlan => {
  const { object: session } = situation
  // Made by an instance that had not seen the session end. It must not run, and a new attempt must not run beside it.
  if (job && !job.end) return { reason: 'Leftover', actions: removalOf(job) }
  switch (desiredPhaseOf(session)) {
    case 'Running':
      return restart(situation)
    case 'Stopped':
      return { reason: 'StopCarriedOut', actions: [unannotate(...requestAnnotations.Stopped)] }
    case undefined:
      return { reason: phaseOf(session) }
  }
}

/** A new attempt with a Job of its own name. The request is taken off by the plan that makes that Job. */
const restart = (situation: Case): SessionPlan => {
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

const creating = (situation: Case): Status =>
  next(situation, { phase: 'Creating' }, [
    ready(false, 'Creating', 'waiting for the runner to start'),
    jobCreated(true),
    runnerStarted(false, 'Creating'),
  ])

/** Once running it stays so until the Job ends: a Job that is about to end has no ready Pod either. */
const running = (situation: Case): Status =>
  next(situation, { phase: 'Running' }, [ready(true, 'Running', ''), jobCreated(true), runnerStarted(true)])

/** The reason is written down before the Job goes: whoever finds it gone must still know why. */
const stopping = (
  situation: Case,
  { reason, message }: { readonly reason: string; readonly message: string },
): SessionPlan => {
  const status = next(situation, { phase: 'Stopping' }, [ready(false, reason, message), jobCreated(true)])
  return { reason, status, again: true }
}

const planStopping = (situation: Case, job: JobFacts | undefined): SessionPlan => {
  if (job) return { reason: 'Stopping', actions: removalOf(job) }
  const { object: session } = situation
  const isOutlived = session.status?.conditions?.some(
    ({ type, reason }) => type === 'Ready' && reason === 'DeadlineExceeded',
  )
  return isOutlived ? failed(situation, outlived(session)) : stopped(situation)
}

const stopped = (situation: Case): SessionPlan => {
  const message = `stopped by request; to start again, ${START_AGAIN}`
  const conditions = [
    ready(false, 'UserStopped', message),
    jobCreated(false, 'UserStopped', message),
    runnerStarted(false, 'UserStopped'),
  ]
  const change = { phase: 'Stopped', stoppedReason: 'user', completionTime: secondsOf(situation.now) } as const
  return ended('UserStopped', situation, next(situation, change, conditions))
}

const completed = (situation: Case, at: Date): SessionPlan => {
  const conditions = [
    ready(false, 'Completed', 'the runner ended with exit code 0'),
    jobCreated(true),
    runnerStarted(true),
  ]
  const change = { phase: 'Completed', completionTime: secondsOf(at) } as const
  const plan = ended('Completed', situation, next(situation, change, conditions))
  return { ...plan, actions: startCarriedOut(situation.object) }
}

const failed = (situation: Case, { reason, message }: Failure, at = situation.now): SessionPlan => {
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
  const hasRun = wanted.some(({ type, status }) => type === RUNNER_STARTED && status === 'True')
  return {
    attempt,
    jobName: jobNameOf(session, attempt),
    startTime: secondsOf(now),
    ...session.status,
    ...(hasRun && { hasRun }),
    observedGeneration,
    ...change,
    conditions: withConditions(session.status?.conditions ?? [], wanted, { observedGeneration, now }),
  }
}

/**
 * In a session that has neither ended nor is stopping, `Running` asks for what is under way: left there, it would start the next
 * attempt by itself.
 */
const startCarriedOut = (session: Live<AgenticSession>): readonly Action[] =>
  desiredPhaseOf(session) === 'Running' && phaseOf(session) !== 'Stopping'
    ? [unannotate(...requestAnnotations.Running)]
    : []

const removalOf = (job: JobFacts): readonly Action[] => (job.isDeleting ? [] : [remove(jobKind, job.ref, job.uid)])

const deadlineOf = (session: AgenticSession, since: Date): Date | undefined => {
  const timeout = timeoutOf(session)
  return timeout > 0 ? new Date(since.getTime() + (timeout + DEADLINE_GRACE_SECONDS) * 1000) : undefined
}

const outlived = (session: AgenticSession): Failure => ({
  reason: 'DeadlineExceeded',
  message: `the session ran into its timeout of ${timeoutOf(session)} s (spec.timeout) and its Job did not end by itself`,
})

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
