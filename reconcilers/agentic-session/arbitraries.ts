import fc from 'fast-check'
import type { Live, Plan, Refusal, Situation } from '#sdk/index.ts'
import { NOW, settings } from '#test/ports.ts'
import { aDeadLetter, aJob, aPod, aSession, minutesAgo } from './fixtures.ts'
import { factsOf, type JobObject } from './job.ts'
import { attemptOf, type Observed } from './observe.ts'
import { planSession } from './plan.ts'
import { type AgenticSession, phases } from './schema.ts'

/** A session and its Jobs, as the API server has them, and what it says to another one. */
export type World = {
  readonly session: Live<AgenticSession>
  readonly job: Live<JobObject> | undefined
  readonly previous: Live<JobObject> | undefined
  readonly refusal: Refusal | undefined
}

const job = fc.record({
  isReady: fc.boolean(),
  isSuspended: fc.boolean(),
  isDeleting: fc.boolean(),
  end: fc.constantFrom(undefined, undefined, 'Complete' as const, 'Failed' as const),
  startTime: fc.option(fc.integer({ min: 0, max: 12 }).map(minutesAgo), { nil: undefined }),
  ownerUid: fc.constantFrom(undefined, undefined, 'somebody-else'),
})

const session = fc
  .record({
    phase: fc.constantFrom(undefined, ...phases, 'Error' as const),
    desired: fc.constantFrom(undefined, 'Running' as const, 'Stopped' as const),
    attempt: fc.integer({ min: 1, max: 3 }),
    generation: fc.integer({ min: 1, max: 3 }),
    isDeleting: fc.constantFrom(false, false, false, true),
    timeout: fc.constantFrom(undefined, 0, 120, 300),
    observedGeneration: fc.integer({ min: 1, max: 3 }),
    deadLetter: fc.constantFrom(undefined, undefined, aDeadLetter),
  })
  .map(({ timeout, observedGeneration, deadLetter, ...rest }) =>
    aSession({
      ...rest,
      spec: { ...(timeout !== undefined && { timeout }) },
      ...((rest.phase || deadLetter) && { status: { observedGeneration, ...deadLetter } }),
    }),
  )

/** Any state that the world may be in, likely or not. */
export const aWorld: fc.Arbitrary<World> = fc
  .record({
    session,
    job: fc.option(job, { nil: undefined }),
    previous: fc.option(job, { nil: undefined }),
    refusal: fc.constantFrom(
      undefined,
      ...(['Invalid', 'QuotaExceeded', 'NamespaceTerminating'] as const).map((reason) => ({ reason, message: 'no' })),
    ),
  })
  .map(({ session, job, previous, refusal }) => {
    const attempt = attemptOf(session)
    const jobOf = (attempt: number, { ownerUid, ...facts }: NonNullable<typeof job>) =>
      aJob({ session, attempt, ...facts, ...(ownerUid && { ownerUid }) })
    return {
      session,
      job: job && jobOf(attempt, job),
      previous: previous && attempt > 1 ? jobOf(attempt - 1, previous) : undefined,
      refusal,
    }
  })

/** Its Pod is there, and says nothing. */
const situationOf = ({ session, job, previous, refusal }: World): Situation<Live<AgenticSession>, Observed> => ({
  object: session,
  observed: { job: job && factsOf(job), previous: previous && factsOf(previous), pods: [aPod()], project: undefined },
  now: NOW,
  settings,
  refusal,
})

export const planFor = (world: World): ReturnType<typeof planSession> => planSession(situationOf(world))

/** The world once a plan is carried out: what is deleted stays until its Pods have ended. */
export const carriedOut = (world: World, plan: Plan): World => {
  let { session, job, previous } = world
  const deleting = (job: Live<JobObject>) => ({
    ...job,
    metadata: { ...job.metadata, deletionTimestamp: minutesAgo(0) },
  })
  for (const action of plan.actions ?? []) {
    switch (action.verb) {
      case 'create':
        job = { ...aJob({ session, startTime: minutesAgo(0) }), ...specOf(action.object) }
        break
      case 'delete':
        if (job?.metadata.uid === action.uid) job = deleting(job)
        if (previous?.metadata.uid === action.uid) previous = deleting(previous)
        break
      case 'annotate': {
        const annotations = { ...session.metadata.annotations, ...action.annotations }
        session = { ...session, metadata: { ...session.metadata, annotations } }
        break
      }
      case 'unannotate': {
        const annotations = { ...session.metadata.annotations }
        for (const key of action.annotations) delete annotations[key]
        session = { ...session, metadata: { ...session.metadata, annotations } }
      }
    }
  }
  if (plan.status) {
    const isNewAttempt = attemptOf(session) !== attemptOf({ ...session, status: plan.status })
    session = { ...session, status: plan.status }
    if (isNewAttempt) return { ...world, session, job: undefined, previous: job }
  }
  return { ...world, session, job, previous }
}

/** The world after one wake-up: plans are carried out until one does not ask to look again. */
export const afterWakeUp = (world: World): World => {
  let next = world
  for (let round = 0; round < 4; round++) {
    const plan = planFor(next)
    next = carriedOut(next, plan)
    if (!plan.again) return next
  }
  throw new Error('four plans in a row ask to look again')
}

/** Jobs are all that these plans create. */
const specOf = (object: JobObject) => object.spec && { spec: object.spec }
