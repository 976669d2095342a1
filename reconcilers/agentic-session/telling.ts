import { type Action, type Kind, type Measure, one, secondsBetween, type Telling } from '#sdk/index.ts'
import { accountKind, roleBindingKind, roleKind, secretKind } from './children.ts'
import { earliest } from './earliest.ts'
import type { FailureReason } from './failure.ts'
import { idleAtOf, inactivityTimeoutOf } from './idle.ts'
import { jobKind } from './job.ts'
import {
  deadlineLateness,
  phaseTransitions,
  podCreation,
  sessionErrors,
  sessionsCompleted,
  sessionsTotal,
  startupDuration,
  tokenProvision,
} from './metrics.ts'
import { attemptOf } from './observe.ts'
import { abandonedAt } from './pods.ts'
import { type AgenticSession, type Phase, phaseOf, type Status, timeoutOf } from './schema.ts'
import { MISSING } from './secrets.ts'
import { type Case, IDLE, POD_SCHEDULED, type SessionPlan, START_AGAIN } from './transitions.ts'

/** What the plan has to tell and to count, by the status as it was found and as the plan leaves it. Pure. */
export const withTelling = (situation: Case, plan: SessionPlan): SessionPlan => {
  const { object: session } = situation
  const actions = plan.actions?.map((action) => timed(action, session.metadata.namespace))
  const news = plan.status && newsOf(situation, plan.status)
  const events = [...(news ? [eventOf(news)] : []), ...waitsForNode(session.status, plan.status)]
  return {
    ...plan,
    ...(actions && { actions }),
    ...(events.length > 0 && { events }),
    ...(news && { measures: measuresOf(situation, news) }),
  }
}

const timed = (action: Action, namespace: string): Action => {
  const labels = { namespace }
  if (action.verb === 'create' && action.kind === jobKind) return { ...action, timed: { metric: podCreation, labels } }
  return isOfIdentity(action) ? { ...action, timed: { metric: tokenProvision, labels } } : action
}

/** The account of a runner, its rights, and the Secret that is drawn for it; not those that are copied. */
const isOfIdentity = (action: Action): boolean =>
  action.verb === 'ensure' &&
  (identity.includes(action.kind) || (action.kind === secretKind && action.random !== undefined))

const identity: readonly Kind[] = [accountKind, roleKind, roleBindingKind]

type News = {
  readonly from: Phase | 'None'
  readonly to: Phase
  /** The reason of `Ready`, and what it says. */
  readonly reason: string
  readonly message: string
}

/** `undefined` where neither the phase, nor the attempt, nor the reason of `Ready` is another. */
const newsOf = ({ object: session }: Case, status: Status): News | undefined => {
  const from = isNew(session) ? 'None' : phaseOf(session)
  const to = phaseOf({ ...session, status })
  const { reason = to, message = '' } = readyIn(status) ?? {}
  const isOther = from !== to || reason !== readyIn(session.status)?.reason || status.attempt !== attemptOf(session)
  return isOther ? { from, to, reason, message } : undefined
}

const readyIn = (status: Status | undefined) => status?.conditions?.find(({ type }) => type === 'Ready')

/** Nobody has looked after it yet. Dead letters may have been written into its status before, and its phase by the default of the schema. */
export const isNew = ({ status }: AgenticSession): boolean =>
  (status?.phase ?? 'Pending') === 'Pending' && status?.attempt === undefined && status?.startTime === undefined

/** What its owner can do about a failure. */
const advice: Readonly<Record<FailureReason, string>> = {
  DeadlineExceeded: 'raise spec.timeout',
  RunnerExit: 'look at what the runner said',
  PrerequisiteFailed: 'give the runner what it lacks',
  OOMKilled: 'give the runner less to do, or more memory',
  Disrupted: 'look at who ended its Pod',
  Evicted: 'its node needed the room',
  Preempted: 'its node needed the room',
  NodeLost: 'look after the node',
  ImageNotPulled: 'mend the name of the image, its registry or the access to it',
  RunnerNotStarted: 'mend what keeps the container from starting',
  JobFailed: 'look at the Events of its Job',
  JobMissing: 'find out who deleted its Job',
  ChildNameTaken: 'delete what has its name',
  JobNameTaken: 'delete that Job',
  InvalidSpec: 'mend the spec',
}

const QUOTA = 'QuotaExceeded'

/** When the scheduler's reason becomes known, or another: its own Events are about a Pod, which few may look at. */
const waitsForNode = (before: Status | undefined, after: Status | undefined): readonly Telling[] => {
  const unscheduledIn = (status: Status | undefined) =>
    status?.phase === 'Creating'
      ? status.conditions?.find(({ type, status, message }) => type === POD_SCHEDULED && status === 'False' && message)
      : undefined
  const { reason, message } = unscheduledIn(after) ?? {}
  if (!reason || reason === unscheduledIn(before)?.reason) return []
  return [{ type: 'Warning', reason, message: `waiting for a node: ${message}` }]
}

/** What a session that is Pending waits for somebody to mend. */
const waits: readonly string[] = [QUOTA, MISSING]

const eventOf = ({ to, reason, message }: News): Telling => {
  const said = message || (to === 'Running' ? 'the runner has started' : `the session is ${to}`)
  const type = isFailure(to, reason) || waits.includes(reason) ? 'Warning' : 'Normal'
  return { type, reason, message: [said, ...todoOf(to, reason, message)].join('; ') }
}

const todoOf = (to: Phase, reason: string, message: string): readonly string[] => {
  if (reason === QUOTA) return ["make room in the namespace's quota, the next sweep tries again"]
  if (to !== 'Failed' || message.includes(START_AGAIN)) return []
  return [...(isFailureReason(reason) ? [advice[reason]] : []), `to start again, ${START_AGAIN}`]
}

const isFailureReason = (reason: string): reason is FailureReason => Object.hasOwn(advice, reason)

/** Also where it is Stopping for that, or Pending since another attempt follows. */
const isFailure = (to: Phase, reason: string): boolean =>
  to === 'Failed' || ((to === 'Stopping' || to === 'Pending') && isFailureReason(reason))

const ends: readonly string[] = ['Stopped', 'Failed', 'Completed']

const measuresOf = (situation: Case, { from, to, reason }: News): readonly Measure[] => {
  const { namespace } = situation.object.metadata
  const isTransition = from !== to
  const isEnd = isTransition && ends.includes(to)
  // What was Stopping for a failure was counted when that was noticed.
  const hasFailed = isTransition && from !== 'Stopping' && isFailure(to, reason)
  return [
    ...(from === 'None' ? [one(sessionsTotal, { namespace })] : []),
    ...(isTransition ? [one(phaseTransitions, { namespace, from_phase: from, to_phase: to })] : []),
    ...(isEnd ? [one(sessionsCompleted, { namespace, final_phase: to })] : []),
    ...(hasFailed ? [one(sessionErrors, { namespace, phase: from, error_type: reason })] : []),
    ...(isTransition && to === 'Running' ? startupOf(situation) : []),
    ...(isTransition && from !== 'Stopping' ? latenessOf(situation, to, reason) : []),
  ]
}

/** The first attempt waits from the session's creation, a later one from its own; until its Job was written to be ready, however late that is noticed. */
const startupOf = ({ object: session, observed: { job }, now }: Case): readonly Measure[] => {
  const { creationTimestamp, namespace } = session.metadata
  const { attempt, startTime } = session.status ?? {}
  const isFirst = (attempt ?? 1) === 1 && (attempt !== undefined || startTime === undefined)
  const since = new Date((isFirst ? creationTimestamp : startTime) ?? now)
  const until = job?.statusAt ?? now
  return [{ metric: startupDuration, labels: { namespace }, value: secondsBetween(since, until) }]
}

const latenessOf = (situation: Case, to: Phase, reason: string): readonly Measure[] => {
  const deadline = passedBy(situation, to, reason)
  const value = deadline && secondsBetween(deadline, situation.now)
  return value === undefined ? [] : [{ metric: deadlineLateness, labels: { deadline: reason }, value }]
}

/** The deadline for which the session is ended, by the times that are written down. */
const passedBy = ({ object: session, observed, settings }: Case, to: Phase, reason: string): Date | undefined => {
  const { job, project } = observed
  if (!job || (to !== 'Stopping' && to !== 'Failed')) return undefined
  switch (reason) {
    case 'DeadlineExceeded':
      return new Date(job.since.getTime() + timeoutOf(session) * 1000)
    case IDLE:
      return idleAtOf(session, job, inactivityTimeoutOf(session, project, settings))
    case 'NodeLost':
      return to === 'Stopping' ? earliest(...observed.pods.map(abandonedAt)) : undefined
    default:
      return undefined
  }
}
