import {
  type Action,
  type Live,
  type Plan,
  type Refusal,
  type Situation,
  secondsOf,
  type WantedCondition,
  withConditions,
} from '#sdk/index.ts'
import { askedToStopBy, desiredPhaseOf, requestCarriedOut } from './annotations.ts'
import { type Failure, isOfRunner, isWorthAnother } from './failure.ts'
import type { Hot } from './hot-changes.ts'
import { hotConditions, RECONCILED, TELLING } from './hot-conditions.ts'
import { startedReposOf } from './hot-repos.ts'
import { isLateToStart, jobNameOf } from './job.ts'
import { attemptOf, type Observed } from './observe.ts'
import { unscheduledOf } from './pods.ts'
import { environmentOf } from './runner-job.ts'
import { type AgenticSession, phaseOf, type Spec, type Status, type StoppedReason } from './schema.ts'
import { MISSING, missingMessage, secretsReady } from './secrets.ts'
import { changedSince } from './started-with.ts'
import { hasRunBefore, keptConditionsOf } from './taken-over.ts'

/*
 * What a session becomes, and what its status then says. When it becomes what is for `plan.ts` to decide.
 */

export type SessionPlan = Plan<Status>
export type Case = Situation<Live<AgenticSession>, Observed>

const RUNNER_STARTED = 'RunnerStarted'
export const POD_SCHEDULED = 'PodScheduled'

/** The reason of a session that is stopped since nobody uses it. Where it is Stopping, the only record of why. */
export const IDLE = 'InactivityTimeout'

export const START_AGAIN = 'annotate the session with ambient-code.io/desired-phase=Running'

/** There is no room for its Job. Nothing rings when there is: the sweep tries again. */
export const queued = (situation: Case, { reason, message }: Refusal): SessionPlan => {
  const conditions = [ready(false, reason, message), jobCreated(false, reason, message)]
  return { reason, status: next(situation, { phase: 'Pending' }, conditions) }
}

/** Its runner would not start. Nothing rings when they are there: the sweep tries again. */
export const waitingForSecrets = (situation: Case, missing: readonly string[]): SessionPlan => {
  const message = missingMessage(missing)
  const conditions = [
    ready(false, MISSING, message),
    jobCreated(false, MISSING, message),
    ...secretsReady(situation.observed.secrets),
  ]
  return { reason: MISSING, status: next(situation, { phase: 'Pending' }, conditions) }
}

/** A new attempt that its owner asked for. The request is taken off by the plan that makes its Job. */
export const restart = (situation: Case): SessionPlan => {
  const { retries: _, ...status } = nextAttempt(situation, 'Restarting', 'was asked for')
  return { reason: 'Restart', status, again: true }
}

/** A new attempt, with a Job of its own name. */
const nextAttempt = (situation: Case, reason: string, why: string): Status => {
  const { object: session, now } = situation
  const attempt = attemptOf(session) + 1
  const message = `attempt ${attempt} ${why}`
  const conditions = [
    ready(false, reason, message),
    jobCreated(false, reason, message),
    podScheduled(false, reason),
    runnerStarted(false, reason),
  ]
  const change = { phase: 'Pending', attempt, jobName: jobNameOf(session, attempt), startTime: secondsOf(now) } as const
  const {
    completionTime: _,
    stoppedReason: __,
    lastActivityTime: ___,
    ...status
  } = withoutHot(next(situation, change, conditions))
  return status
}

/** A runner that starts gets all from its environment. What one before it was told is not so of this one, whoever wrote it down. */
const withoutHot = ({ reconciledRepos: _, reconciledWorkflow: __, conditions = [], ...status }: Status): Status => ({
  ...status,
  conditions: conditions.filter(({ type }) => !hotConditions.includes(type)),
})

/** Who made the Job may have been gone before he wrote that down, and its runner be ready by now. */
export const nothingTold = (situation: Case): Case => {
  const { object: session } = situation
  return session.status ? { ...situation, object: { ...session, status: withoutHot(session.status) } } : situation
}

export const creating = (situation: Case): Status => {
  const unscheduled = unscheduledOf(situation.observed.pods)
  const waitsFor = unscheduled
    ? `waiting for a node: ${unscheduled.message}`
    : (podless(situation) ?? 'waiting for the runner to start')
  const conditions = [
    ready(false, 'Creating', waitsFor),
    jobCreated(true),
    ...(unscheduled ? [podScheduled(false, unscheduled.reason, unscheduled.message)] : []),
    runnerStarted(false, 'Creating'),
    ...secretsReady(situation.observed.secrets),
  ]
  return withoutHot(next(situation, { phase: 'Creating' }, conditions))
}

/** A quota of Pods, a policy or a limit may refuse them. The Job controller says so in Events alone, and tries again. */
const podless = ({ object: session, observed: { job, pods }, now }: Case): string | undefined =>
  job && pods.length === 0 && isLateToStart(session, job, now)
    ? `waiting for a Pod: Job ${job.ref.name} has none; \`kubectl describe job ${job.ref.name}\` says why, such as a quota or a policy`
    : undefined

/** Once running it stays so until the Job ends: a Job that is about to end has no ready Pod either. */
export const running = (situation: Case, hot: Hot): Status => {
  const conditions = [ready(true, 'Running', ''), jobCreated(true), ...started]
  const {
    reconciledRepos: _,
    reconciledWorkflow: __,
    ...status
  } = next(situation, { phase: 'Running' }, [...conditions, ...specApplied(situation, hot)])
  return { ...status, ...hot.status }
}

/** Says what the runner was told of the spec, and where it was started with another and has to start again for that. */
const specApplied = ({ object: session, observed: { job }, settings }: Case, hot: Hot): readonly WantedCondition[] => {
  if (hot.isOpen || hot.conditions.some(({ type }) => type === RECONCILED)) return hot.conditions
  const changed = job ? changedSince(job.startedWith, environmentOf(session, settings)) : []
  const fields = changed.filter((field) => !hot.fields.includes(field)).map((field) => `spec.${field}`)
  const startedWith = hot.fields.includes('repos') && job ? startedReposOf(job.startedWith) : undefined
  if (startedWith && isPushChanged(session, startedWith)) fields.push('spec.repos[].autoPush')
  const message = `${fields.join(', ')} changed since the runner started: stop the session and start it again to apply that`
  if (fields.length > 0) return [...hot.conditions, reconciled(false, 'RestartNeeded', message)]
  const isSaid = session.status?.conditions?.some(({ type }) => type === RECONCILED)
  return [...hot.conditions, ...(isSaid ? [reconciled(true)] : [])]
}

/** A runner takes repositories while it runs, but not whether to push them at its end. */
const isPushChanged = ({ spec }: AgenticSession, startedWith: NonNullable<Spec['repos']>): boolean =>
  (spec?.repos ?? []).some(({ url, autoPush = false }) => {
    const before = startedWith.find((repo) => repo.url === url)?.autoPush ?? false
    return before !== autoPush
  })

/** The reason is written down before the Job goes: whoever finds it gone must still know why. */
export const stopping = (
  situation: Case,
  { reason, message }: { readonly reason: string; readonly message: string },
): SessionPlan => {
  const status = next(situation, { phase: 'Stopping' }, [ready(false, reason, message), jobCreated(true)])
  return { reason, status, again: true }
}

const stops = {
  user: { reason: 'UserStopped', why: 'stopped by request' },
  inactivity: { reason: IDLE, why: 'stopped since nobody had used it for long' },
  'run-finished': { reason: 'RunFinished', why: 'stopped since its run had finished' },
} as const satisfies Record<StoppedReason, { reason: string; why: string }>

export const stopped = (situation: Case): SessionPlan => {
  const { object: session } = situation
  const isIdle = session.status?.conditions?.some(({ type, reason }) => type === 'Ready' && reason === IDLE)
  const stoppedReason = isIdle && phaseOf(session) === 'Stopping' ? 'inactivity' : askedToStopBy(session)
  const { reason, why } = stops[stoppedReason]
  const message = `${why}; to start again, ${START_AGAIN}`
  const conditions = [ready(false, reason, message), jobCreated(false, reason, message), runnerStarted(false, reason)]
  const change = { phase: 'Stopped', stoppedReason, completionTime: secondsOf(situation.now) } as const
  return ended(reason, situation, next(situation, change, conditions))
}

export const completed = (situation: Case, at: Date): SessionPlan => {
  const conditions = [ready(false, 'Completed', 'the runner ended with exit code 0'), jobCreated(true), ...started]
  const change = { phase: 'Completed', completionTime: secondsOf(at) } as const
  const plan = ended('Completed', situation, next(situation, change, conditions))
  return { ...plan, actions: startCarriedOut(situation.object) }
}

/** Fails, unless what failed may fare better another time, and its owner wants that to be tried. */
export const failedOrRetried = (situation: Case, failure: Failure, at = situation.now): SessionPlan => {
  const { object: session } = situation
  const { backoffLimit = 0 } = session.spec ?? {}
  const retries = (session.status?.retries ?? 0) + 1
  if (retries > backoffLimit || !isWorthAnother(failure.reason) || desiredPhaseOf(session) === 'Stopped')
    return failed(situation, failure, at)
  const why = `follows by itself (${retries} of ${backoffLimit}) since the last one failed: ${failure.message}`
  const status = nextAttempt(situation, failure.reason, why)
  const hasRun = status.hasRun || isOfRunner(failure.reason)
  return { reason: 'Retry', status: { ...status, retries, ...(hasRun && { hasRun }) }, again: true }
}

export const failed = (situation: Case, { reason, message }: Failure, at = situation.now): SessionPlan => {
  const hasJob = situation.observed.job?.owner?.uid === situation.object.metadata.uid
  const conditions = [
    ready(false, reason, message),
    hasJob ? jobCreated(true) : jobCreated(false, reason, message),
    ...(isOfRunner(reason) ? started : []),
  ]
  const change = { phase: 'Failed', completionTime: secondsOf(at) } as const
  const plan = ended(reason, situation, next(situation, change, conditions))
  return { ...plan, actions: startCarriedOut(situation.object) }
}

const ended = (reason: string, { object }: Case, status: Status): SessionPlan => {
  const { namespace, name, uid } = object.metadata
  // Nobody is told any more.
  const conditions = status.conditions?.filter(({ reason }) => reason !== TELLING) ?? []
  return {
    reason,
    status: { ...status, conditions },
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
    ...((isRunning || hasRunBefore(session)) && { hasRun: true }),
    observedGeneration,
    ...change,
    conditions: withConditions(keptConditionsOf(session), wanted, { observedGeneration, now }),
  }
}

/**
 * In a session that has neither ended nor is stopping, `Running` asks for what is under way: left there, it would start the next
 * attempt by itself.
 */
export const startCarriedOut = (session: Live<AgenticSession>): readonly Action[] =>
  desiredPhaseOf(session) === 'Running' && phaseOf(session) !== 'Stopping' ? [requestCarriedOut] : []

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
const podScheduled = condition(POD_SCHEDULED, 'Scheduled')
const reconciled = condition(RECONCILED, 'SpecApplied')
const jobCreated = condition('JobCreated', 'JobCreated')

/** What is so wherever a runner has started. */
const started: readonly WantedCondition[] = [podScheduled(true), runnerStarted(true)]
