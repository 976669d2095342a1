import type { Change, WantedCondition } from '#sdk/index.ts'
import type { Part } from './hot-part.ts'
import type { AgenticSession, SessionCondition } from './schema.ts'

/*
 * What the conditions say of a runner that is told of its spec while it runs, and when it is to be told again by what they say.
 */

export const RECONCILED = 'Reconciled'

/** All conditions that are about the runner of one attempt. */
export const hotConditions: readonly string[] = [RECONCILED, 'ReposReconciled', 'WorkflowReconciled']

/** The reason of `Reconciled` while somebody tells the runner. */
export const TELLING = 'Reconciling'
const NOT_TAKEN = 'UpdateFailed'
const failures: Readonly<Record<Part<unknown>['field'], string>> = {
  'spec.repos': 'RepoReconciliationFailed',
  'spec.activeWorkflow': 'WorkflowReconciliationFailed',
}

/** Whoever tells a runner is through after ten seconds, or is gone. */
const CLAIM_SECONDS = 60
/** Between two tries: as long as it has not worked for, within these bounds. */
const LEAST_PAUSE_SECONDS = 60
const LONGEST_PAUSE_SECONDS = 600

/** As many objections as somebody reads. */
const MOST = 5

/** What is so by what was objected to; nothing of `Reconciled` where nothing was. Pure. */
export const conditionsOf = (
  parts: readonly Part<unknown>[],
  objectionTo: (change: Change) => string | undefined,
): readonly WantedCondition[] => {
  const wrong = parts.flatMap((part) => {
    const message = wordsOf(part, objectionTo)
    return message === undefined ? [] : [{ ...part, message }]
  })
  const own = parts.flatMap(({ field, condition: { type, reason }, isThere }): readonly WantedCondition[] => {
    const message = wrong.find((part) => part.field === field)?.message
    if (message !== undefined) return [{ type, status: 'False', reason: NOT_TAKEN, message }]
    return isThere ? [{ type, status: 'True', reason, message: '' }] : []
  })
  const first = wrong.find(({ field }) => field === 'spec.repos') ?? wrong[0]
  if (!first) return own
  const all = wrong.map(({ field, message }) => `${field}: ${message}`)
  const message = `${all.join('; ')}. The next attempt starts with all of it`
  return [...own, { type: RECONCILED, status: 'False', reason: failures[first.field], message }]
}

const wordsOf = (
  { changes, objections }: Part<unknown>,
  objectionTo: (change: Change) => string | undefined,
): string | undefined => {
  const told = changes.flatMap((change) => {
    const objection = objectionTo(change)
    return objection === undefined ? [] : [`${change.about}: ${objection}`]
  })
  const all = [...objections, ...told]
  if (all.length === 0) return undefined
  const more = all.length > MOST ? [`and ${all.length - MOST} more`] : []
  // Half a character at a cut is made whole by the API server, too: left so, it would be written again at every sweep.
  return [...all.slice(0, MOST).map((text) => text.slice(0, 500).toWellFormed()), ...more].join('; ')
}

/** Whether it is time to tell, or when it will be; `lost` where somebody said that he would, and was not heard of again. Pure. */
export const turnOf = (session: AgenticSession, now: Date): 'now' | 'lost' | Date => {
  const reconciled = conditionOf(session, RECONCILED)
  const since = new Date(reconciled?.lastTransitionTime ?? 0)
  if (reconciled?.reason === TELLING) {
    const until = after(since, CLAIM_SECONDS)
    return now < until ? until : 'lost'
  }
  const isOfThisSpec = reconciled?.observedGeneration === session.metadata.generation
  if (!isOfThisSpec || !Object.values(failures).includes(reconciled?.reason ?? '')) return 'now'
  const until = after(since, pauseOf(session, since))
  return now < until ? until : 'now'
}

/** How long to leave the runner alone after a try at this time that did not work, in seconds. Pure. */
export const pauseOf = (session: AgenticSession, at: Date): number => {
  const since = hotConditions
    .map((type) => conditionOf(session, type))
    .filter((condition) => condition?.reason === NOT_TAKEN)
    .map((condition) => Date.parse(condition?.lastTransitionTime ?? ''))
  const seconds = since.length > 0 ? (at.getTime() - Math.min(...since)) / 1000 : 0
  return Math.min(Math.max(seconds, LEAST_PAUSE_SECONDS), LONGEST_PAUSE_SECONDS)
}

const conditionOf = ({ status }: AgenticSession, type: string): SessionCondition | undefined =>
  status?.conditions?.find((condition) => condition.type === type)

const after = (time: Date, seconds: number): Date => new Date(time.getTime() + seconds * 1000)
