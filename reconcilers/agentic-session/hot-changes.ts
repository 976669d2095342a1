import type { Answers, Change, Live, Post, Situation, WantedCondition } from '#sdk/index.ts'
import { AGUI_TOKEN, secretKind } from './children.ts'
import { conditionsOf, pauseOf, RECONCILED, TELLING, turnOf } from './hot-conditions.ts'
import type { Part, Standing } from './hot-part.ts'
import { reposPart } from './hot-repos.ts'
import { workflowPart } from './hot-workflow.ts'
import type { JobFacts } from './job.ts'
import { namesOf } from './names.ts'
import type { Observed } from './observe.ts'
import { profileOf } from './profiles.ts'
import { type AgenticSession, phaseOf, type Status } from './schema.ts'
import { type Field, isOverridden } from './started-with.ts'

/*
 * What a runner is told of its spec while it runs. Before it is told, the status says so: the condition `Reconciled` is Unknown meanwhile, which
 * keeps all others off that runner, and its entries are `Cloning`, so that nothing that it may have been told is forgotten.
 */

export type Hot = {
  /** The fields that a runner can be told of: for the others it has to start again. */
  readonly fields: readonly Field[]
  readonly status: Pick<Status, 'reconciledRepos' | 'reconciledWorkflow'>
  readonly conditions: readonly WantedCondition[]
  /** What is to be told now, if anything. */
  readonly post?: Post
  /** Whether something is still to be told, now or later. */
  readonly isOpen: boolean
  /** When to try again. */
  readonly checkAgainAt?: Date
}

type Case = Situation<Live<AgenticSession>, Observed>

/** What the runner of a session that runs is to be told, and what of it has been. Pure. */
export const hotChangesOf = (situation: Case, job: JobFacts): Hot => {
  const { object: session, now } = situation
  const answers: Answers = situation.answers ?? new Map()
  const { reconciledRepos, reconciledWorkflow } = session.status ?? {}
  const asItIs = {
    ...(reconciledRepos && { reconciledRepos }),
    ...(reconciledWorkflow && { reconciledWorkflow }),
  }
  if (job.port === undefined) return { fields: [], status: asItIs, conditions: [], isOpen: false }

  const { repos, workflow } = partsOf(situation, job)
  const parts: readonly Part<unknown>[] = [...(workflow ? [workflow] : []), ...(repos ? [repos] : [])]
  const fields: Field[] = [...(repos ? (['repos'] as const) : []), ...(workflow ? (['activeWorkflow'] as const) : [])]

  const answerTo = (change: Change) => {
    const answer = answers.get(change.about)
    return answer && JSON.stringify(answer.change) === JSON.stringify(change) ? answer : undefined
  }
  const standingOf = (change: Change): Standing => {
    const answer = answerTo(change)
    return answer ? (answer.objection === undefined ? 'taken' : 'failed') : 'asked'
  }
  const open = parts.flatMap(({ changes }) => changes.filter((change) => !answerTo(change)))
  const entries = () => {
    const repoEntries = repos?.after(standingOf)
    const workflowEntry = workflow?.after(standingOf)
    return {
      ...(repoEntries && { reconciledRepos: repoEntries }),
      ...(workflowEntry && { reconciledWorkflow: workflowEntry }),
    }
  }

  if (open.length === 0) {
    const conditions = conditionsOf(parts, (change) => answerTo(change)?.objection)
    const isToBeTriedAgain = parts.some(({ changes }) => changes.some((change) => standingOf(change) === 'failed'))
    return {
      fields,
      status: entries(),
      conditions,
      isOpen: false,
      ...(isToBeTriedAgain && { checkAgainAt: new Date(now.getTime() + pauseOf(session, now) * 1000) }),
    }
  }
  const later = { fields, status: asItIs, conditions: [], isOpen: true }
  // That it runs is news which does not wait for its runner.
  if (phaseOf(session) !== 'Running' || job.isTerminating || job.deletingSince || job.isSuspended) return later
  const turn = answers.size > 0 ? 'now' : turnOf(session, now)
  if (turn instanceof Date) return { ...later, checkAgainAt: turn }
  if (turn === 'lost') {
    const lost = () => 'whoever was telling it to the runner did not come back'
    const checkAgainAt = new Date(now.getTime() + pauseOf(session, now) * 1000)
    return { ...later, conditions: conditionsOf(parts, lost), checkAgainAt }
  }
  const { namespace } = session.metadata
  const { service, secret } = namesOf(session)
  return {
    fields,
    status: entries(),
    isOpen: true,
    conditions: [{ type: RECONCILED, status: 'Unknown', reason: TELLING, message: 'the runner is being told' }],
    post: {
      url: `http://${service}.${namespace}.svc:${job.port}`,
      secret: { kind: secretKind, ref: { namespace, name: secret }, key: AGUI_TOKEN },
      changes: open,
    },
  }
}

/** What the session or its profile sets itself is not told of: it would not reach the next attempt either. */
const partsOf = ({ object: session, settings, now }: Case, { startedWith }: JobFacts) => {
  const environments = [session.spec?.environmentVariables, profileOf(session, settings)?.env]
  return {
    repos: isOverridden('repos', ...environments) ? undefined : reposPart(session, startedWith, now),
    workflow: isOverridden('activeWorkflow', ...environments) ? undefined : workflowPart(session, startedWith, now),
  }
}
