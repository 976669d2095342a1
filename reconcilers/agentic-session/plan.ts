import { type Action, create, listed, refOf, remove, removeByForce, withoutDeadLetters } from '#sdk/index.ts'
import { desiredPhaseOf, promptTaken, requestCarriedOut, runnerNamed } from './annotations.ts'
import { childrenOf } from './children.ts'
import { earliest } from './earliest.ts'
import { environmentFaultsOf } from './environment-faults.ts'
import { type Failure, failureOf, nodeLost, obstacleOf } from './failure.ts'
import { hotChangesOf } from './hot-changes.ts'
import { firstIdleAt, idleAtOf, inactivityTimeoutOf } from './idle.ts'
import {
  heldUpAt,
  isLateToStart,
  type JobEnd,
  type JobFacts,
  jobKind,
  jobNameOf,
  lateToStartAt,
  START_GRACE_SECONDS,
} from './job.ts'
import { attemptOf } from './observe.ts'
import { abandoned, abandonedAt, podKind } from './pods.ts'
import { profileFaultsOf, profileOf } from './profiles.ts'
import { environmentOf, runnerJobFor } from './runner-job.ts'
import { type AgenticSession, phaseOf, timeoutOf } from './schema.ts'
import { copying } from './secrets.ts'
import { faultsOf } from './spec-faults.ts'
import { withTelling } from './telling.ts'
import {
  type Case,
  completed,
  creating,
  failed,
  failedOrRetried,
  IDLE,
  nothingTold,
  queued,
  restart,
  running,
  type SessionPlan,
  START_AGAIN,
  startCarriedOut,
  stopped,
  stopping,
  waitingForSecrets,
} from './transitions.ts'

/** The Job controller keeps the clock, and its Pods have a minute to end. Only when a Job outlives that is it ended here. */
const DEADLINE_GRACE_SECONDS = 120

/** What should happen to a session now. Pure. */
export const planSession = (situation: Case): SessionPlan => {
  const { object: session, observed } = situation
  if (session.metadata.deletionTimestamp !== undefined) return { reason: 'Deleting' }
  const isOurs = (job: JobFacts | undefined) => job?.owner?.uid === session.metadata.uid
  const job = isOurs(observed.job) ? observed.job : undefined
  const stray = isOurs(observed.previous) ? observed.previous : undefined
  const plan = withTelling(situation, withNothingOwed(session, planAttempt(situation, job)))
  return stray && !stray.end ? { ...plan, actions: [...removalOf(stray), ...(plan.actions ?? [])] } : plan
}

/** A plan that is carried out makes good whatever the events were about that did not arrive, whoever was woken, and by what. */
const withNothingOwed = (session: AgenticSession, plan: SessionPlan): SessionPlan => {
  const status = plan.status ?? session.status
  return status?.deadLetters ? { ...plan, status: withoutDeadLetters(status) } : plan
}

const planAttempt = (situation: Case, job: JobFacts | undefined): SessionPlan => {
  const { object: session } = situation
  switch (phaseOf(session)) {
    case 'Pending':
      return job ? withPromptTaken(session, planWithJob(nothingTold(situation), job)) : planStart(situation)
    case 'Creating':
      return job ? withPromptTaken(session, planWithJob(nothingTold(situation), job)) : planWithoutJob(situation)
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

/** Who made the Job may have been gone before he took the word for it off, and the Job may be at its end. */
const withPromptTaken = (session: AgenticSession, plan: SessionPlan): SessionPlan => ({
  ...plan,
  actions: [...(plan.actions ?? []), ...promptTaken(session)],
})

const planStart = (situation: Case): SessionPlan => {
  const { object: session, observed, settings, refusal } = situation
  if (desiredPhaseOf(session) === 'Stopped') return stopped(situation)
  if (observed.job) {
    const message = `Job ${observed.job.ref.name} exists and does not belong to this session; delete that Job, then ${START_AGAIN}`
    return failed(situation, { reason: 'JobNameTaken', message })
  }
  const faults = startFaultsOf(situation)
  if (faults.length > 0) return failed(situation, { reason: 'InvalidSpec', message: listed(faults) })
  switch (refusal?.reason) {
    case 'Invalid':
      return failed(situation, { reason: 'InvalidSpec', message: refusal.message })
    case 'QuotaExceeded':
      return queued(situation, refusal)
    case 'NamespaceTerminating':
      return { reason: refusal.reason }
    case 'NameTaken':
      return failed(situation, {
        reason: 'ChildNameTaken',
        message: `${refusal.message}; delete it, then ${START_AGAIN}`,
      })
    case undefined: {
      const { secrets } = observed
      if (secrets && secrets.missing.length > 0) return waitingForSecrets(situation, secrets.missing)
      const attempt = attemptOf(session)
      const profile = profileOf(session, settings)
      const children = profile ? childrenOf(session, attempt, { profile, settings }) : []
      const job = runnerJobFor(session, attempt, settings, observed)
      return {
        reason: 'Start',
        actions: [
          ...startCarriedOut(session),
          ...children,
          ...(profile?.identity ? runnerNamed(session) : []),
          ...copying(session, secrets),
          create(jobKind, job),
          ...promptTaken(session),
        ],
        status: creating(situation),
        checkAgainAt: new Date(situation.now.getTime() + START_GRACE_SECONDS * 1000),
      }
    }
  }
}

/** Of the first kind that there are: what is wrong with a spec may hide what is wrong with its variables. */
const startFaultsOf = ({ object: session, settings, observed }: Case): readonly string[] => {
  const ofSpec = faultsOf(session.spec)
  if (ofSpec.length > 0) return ofSpec
  const ofProfile = profileFaultsOf(session, settings)
  return ofProfile.length > 0 ? ofProfile : environmentFaultsOf(session, environmentOf(session, settings, observed))
}

const planWithJob = (situation: Case, job: JobFacts): SessionPlan => {
  const { object: session, observed, now } = situation
  if (job.end?.state === 'Complete') return completed(situation, job.end.at)
  if (job.end) return failedOrRetried(situation, failureAt(situation, job.end), job.end.at)
  if (desiredPhaseOf(session) === 'Stopped')
    return stopping(situation, { reason: 'Stopping', message: 'waiting for the runner to end' })
  const deadline = job.isSuspended ? undefined : deadlineOf(job)
  if (deadline && now >= deadline) {
    return { ...stopping(situation, outlived(session)), actions: startCarriedOut(session) }
  }
  const lost = abandoned(observed.pods, now)
  if (lost.length > 0) return { ...stopping(situation, nodeLost(lost)), actions: startCarriedOut(session) }
  const obstacle = isLateToStart(session, job, now) ? obstacleOf(observed.pods) : undefined
  if (obstacle) return { ...stopping(situation, obstacle), actions: startCarriedOut(session) }
  const idleSeconds = inactivityTimeoutOf(session, observed.project, situation.settings)
  const idleAt = idleAtOf(session, job, idleSeconds)
  if (idleAt && now >= idleAt) {
    const message = `nobody has used the session for ${idleSeconds} s (spec.inactivityTimeout, or the default of its project)`
    return { ...stopping(situation, { reason: IDLE, message }), actions: startCarriedOut(session) }
  }
  const isRunning = job.isReady || phaseOf(session) === 'Running'
  const hot = isRunning ? hotChangesOf(situation, job) : undefined
  const status = hot ? running(situation, hot) : creating(situation)
  const nextIdleAt = phaseOf(session) === 'Running' ? idleAt : firstIdleAt({ ...session, status }, job, now)
  const checkAgainAt = earliest(
    deadline,
    nextIdleAt,
    lateToStartAt(session, job, now),
    hot?.checkAgainAt,
    ...observed.pods.map(abandonedAt),
  )
  return {
    reason: isRunning ? 'Running' : 'Creating',
    actions: [...startCarriedOut(session), ...(situation.refusal ? [] : copying(session, observed.secrets))],
    status,
    ...(hot?.post && { post: hot.post }),
    ...(hot?.isOpen && phaseOf(session) !== 'Running' && { again: true }),
    ...(checkAgainAt && { checkAgainAt }),
  }
}

/** A timeout that passed before the runner started has another cause than work that takes long. */
const failureAt = ({ object: session, observed }: Case, end: JobEnd): Failure => {
  const failure = failureOf(end, observed.pods, timeoutOf(session))
  if (failure.reason !== 'DeadlineExceeded' || phaseOf(session) !== 'Creating') return failure
  const why = obstacleOf(observed.pods)
  return { ...failure, message: `${failure.message}; its runner was not seen to start${why ? `: ${why.message}` : ''}` }
}

/** It was there: somebody deleted it. Only the owner can say whether a second run is wanted. */
const planWithoutJob = (situation: Case): SessionPlan => {
  const { object: session } = situation
  if (desiredPhaseOf(session) === 'Stopped') return stopped(situation)
  const name = jobNameOf(session, attemptOf(session))
  const message = `there is no Job ${name}: it was deleted before its end was seen, or another operator ran this session; to start again, ${START_AGAIN}`
  return failed(situation, { reason: 'JobMissing', message })
}

const planEnded = (situation: Case, job: JobFacts | undefined): SessionPlan => {
  const { object: session } = situation
  // Made by an instance that had not seen the session end. It must not run, and a new attempt must not run beside it.
  if (job && !job.end) return { reason: 'Leftover', actions: [...removalOf(job), ...forcedEnds(situation)] }
  switch (desiredPhaseOf(session)) {
    case 'Running':
      return restart(situation)
    case 'Stopped':
      return { reason: 'StopCarriedOut', actions: [requestCarriedOut] }
    case undefined:
      return { reason: phaseOf(session) }
  }
}

const planStopping = (situation: Case, job: JobFacts | undefined): SessionPlan => {
  if (job) {
    const { now, observed } = situation
    const times = [heldUpAt({ ...job, deletingSince: job.deletingSince ?? now }), ...observed.pods.map(abandonedAt)]
    // One that has passed was acted on as far as that is for us: who keeps a Pod for longer has a reason.
    const checkAgainAt = earliest(...times.filter((time) => time && time > now))
    return {
      reason: 'Stopping',
      actions: [...removalOf(job), ...forcedEnds(situation)],
      ...(checkAgainAt && { checkAgainAt }),
    }
  }
  const { object: session } = situation
  const ready = session.status?.conditions?.find(({ type }) => type === 'Ready')
  switch (ready?.reason) {
    case 'DeadlineExceeded':
      return failed(situation, outlived(session))
    case 'ImageNotPulled':
    case 'RunnerNotStarted':
    case 'NodeLost':
      return failedOrRetried(situation, { reason: ready.reason, message: ready.message ?? '' })
    default:
      return stopped(situation)
  }
}

const removalOf = (job: JobFacts): readonly Action[] => (job.deletingSince ? [] : [remove(jobKind, job.ref, job.uid)])

/** A Job goes once its Pods have. Those whose node should have said so by now are not waited for. */
const forcedEnds = ({ observed, now }: Case): readonly Action[] =>
  abandoned(observed.pods, now).map((pod) => removeByForce(podKind, refOf(pod), pod.metadata.uid))

const deadlineOf = ({ since, timeoutSeconds }: JobFacts): Date | undefined =>
  timeoutSeconds === undefined
    ? undefined
    : new Date(since.getTime() + (timeoutSeconds + DEADLINE_GRACE_SECONDS) * 1000)

const outlived = (session: AgenticSession): Failure => ({
  reason: 'DeadlineExceeded',
  message: `the session ran into its timeout of ${timeoutOf(session)} s (spec.timeout) and its Job did not end by itself`,
})
