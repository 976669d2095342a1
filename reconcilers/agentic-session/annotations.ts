import { type Action, annotate, type Live, unannotate } from '#sdk/index.ts'
import { namesOf } from './names.ts'
import type { AgenticSession, StoppedReason } from './schema.ts'

/** The whole start and stop API of a session: `Running` or `Stopped`, set by users and the backend, taken off once it is carried out. */
export const DESIRED_PHASE = 'ambient-code.io/desired-phase'
export const STOP_REASON = 'ambient-code.io/stop-reason'
export const START_REQUESTED_AT = 'ambient-code.io/start-requested-at'
const STOP_REQUESTED_AT = 'ambient-code.io/stop-requested-at'

/** `true` has the next attempt run its prompt, though an earlier one has. Taken off once that attempt has its Job. */
export const FORCE_EXECUTE_PROMPT = 'ambient-code.io/force-execute-prompt'

export type DesiredPhase = 'Running' | 'Stopped'

type Annotated = Pick<AgenticSession, 'metadata'>

/** What was asked for and not carried out yet. Any other text asks for nothing. */
export const desiredPhaseOf = ({ metadata }: Annotated): DesiredPhase | undefined => {
  const desired = metadata.annotations?.[DESIRED_PHASE]
  return desired === 'Running' || desired === 'Stopped' ? desired : undefined
}

/** Who asked for the stop: the backend says so when nobody did. Any other text is a user's. */
export const askedToStopBy = ({ metadata }: Annotated): StoppedReason => {
  const reason = metadata.annotations?.[STOP_REASON]
  return reason === 'inactivity' || reason === 'run-finished' ? reason : 'user'
}

export const isPromptForced = ({ metadata }: Annotated): boolean =>
  metadata.annotations?.[FORCE_EXECUTE_PROMPT] === 'true'

/** Takes a request off: what was said with it, and what a request before it may have left. */
export const requestCarriedOut: Action = unannotate(DESIRED_PHASE, START_REQUESTED_AT, STOP_REQUESTED_AT, STOP_REASON)

/** Once the Job of the attempt is there. The next attempt is not forced by it. */
export const promptTaken = (session: Annotated): readonly Action[] =>
  isPromptForced(session) ? [unannotate(FORCE_EXECUTE_PROMPT)] : []

const RUNNER_ACCOUNT = 'ambient-code.io/runner-sa'

/**
 * Upstream's backend gives out its owner's GitHub token to nobody but the ServiceAccount that the session names, and only where it knows its
 * owner.
 */
export const runnerNamed = (session: Live<AgenticSession>): readonly Action[] => {
  const { account } = namesOf(session)
  if (!session.spec?.userContext?.userId || session.metadata.annotations?.[RUNNER_ACCOUNT] === account) return []
  return [annotate({ [RUNNER_ACCOUNT]: account })]
}
