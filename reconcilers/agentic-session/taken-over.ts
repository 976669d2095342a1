import type { AgenticSession, SessionCondition } from './schema.ts'

/*
 * What the upstream operator left in a status, at the moment when we write it for the first time. It counted no attempts.
 */

const isTakenOver = ({ status }: AgenticSession): boolean =>
  status?.attempt === undefined && status?.startTime !== undefined

/**
 * Whether upstream has run this session's prompt. It set the start time of a session that was only waiting, for a Secret perhaps, and gave one whose
 * runner started the condition `RunnerStarted` for good. Its oldest installations had no conditions.
 */
export const hasRunBefore = (session: AgenticSession): boolean => {
  const { phase, conditions = [] } = session.status ?? {}
  if (!isTakenOver(session)) return false
  return conditions.length === 0 ? phase !== 'Pending' : conditions.some(({ type }) => type === 'RunnerStarted')
}

/** Nobody would ever take these back: they tell of children that we do not make. */
const retired: readonly string[] = ['PodCreated', 'PVCReady', 'S3Available', 'TempContentPodReady']

/** The conditions that are still somebody's to keep. */
export const keptConditionsOf = (session: AgenticSession): readonly SessionCondition[] => {
  const { conditions = [] } = session.status ?? {}
  return isTakenOver(session) ? conditions.filter(({ type }) => !retired.includes(type)) : conditions
}
