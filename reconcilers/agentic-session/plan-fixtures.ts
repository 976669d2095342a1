import type { Live, Refusal } from '#sdk/index.ts'
import { NOW, settings } from '#test/ports.ts'
import { aSession } from './fixtures.ts'
import type { ProjectSettings } from './idle.ts'
import { factsOf, type JobObject } from './job.ts'
import { planSession } from './plan.ts'
import type { PodObject } from './pods.ts'
import type { AgenticSession } from './schema.ts'

export type Given = {
  readonly session?: Live<AgenticSession>
  readonly job?: Live<JobObject> | undefined
  readonly previous?: Live<JobObject>
  readonly pods?: readonly Live<PodObject>[]
  readonly project?: ProjectSettings
  readonly refusal?: Refusal
  readonly now?: Date
}

export const plan = ({ session = aSession(), job, previous, pods = [], project, refusal, now = NOW }: Given = {}) =>
  planSession({
    object: session,
    observed: { job: job && factsOf(job), previous: previous && factsOf(previous), pods, project },
    now,
    settings,
    refusal,
  })

/** `reason, actions, => phase, ...` where it looks again. */
export const inWords = ({ reason, actions = [], status, again }: ReturnType<typeof plan>): string => {
  const verbs = {
    ...{ create: '+job', ensure: '+child', correct: '~child', delete: '-job' },
    ...{ annotate: '+note', unannotate: '-request' },
  }
  const did = actions.map(({ verb }) => verbs[verb])
  return [reason, ...did, ...(status ? [`=> ${status.phase}`] : []), ...(again ? ['...'] : [])].join(' ')
}

export const conditionOf = (status: AgenticSession['status'], type: string) =>
  status?.conditions?.find((condition) => condition.type === type)

export const readyOf = (status: AgenticSession['status']) => conditionOf(status, 'Ready')

/** The session as the plan's status leaves it. */
export const afterPlan = (given: Given): Live<AgenticSession> => {
  const { session = aSession() } = given
  const { status } = plan(given)
  return status ? { ...session, status } : session
}
