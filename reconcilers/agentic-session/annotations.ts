import type { AgenticSession } from './schema.ts'

/** The whole start and stop API of a session: `Running` or `Stopped`, set by users and the backend, taken off once it is carried out. */
export const DESIRED_PHASE = 'ambient-code.io/desired-phase'
const START_REQUESTED_AT = 'ambient-code.io/start-requested-at'
const STOP_REQUESTED_AT = 'ambient-code.io/stop-requested-at'

export type DesiredPhase = 'Running' | 'Stopped'

/** What was asked for and not carried out yet. Any other text asks for nothing. */
export const desiredPhaseOf = ({ metadata }: Pick<AgenticSession, 'metadata'>): DesiredPhase | undefined => {
  const desired = metadata.annotations?.[DESIRED_PHASE]
  return desired === 'Running' || desired === 'Stopped' ? desired : undefined
}

/** The annotations of a request that belong together and go together. */
export const requestAnnotations = {
  Running: [DESIRED_PHASE, START_REQUESTED_AT],
  Stopped: [DESIRED_PHASE, STOP_REQUESTED_AT],
} as const
