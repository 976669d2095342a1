import type { Cluster } from './cluster.ts'
import { ensureObject } from './ensure.ts'
import {
  ConflictError,
  ForbiddenError,
  NotFoundError,
  type RefusalReason,
  RefusedError,
  TransientError,
} from './errors.ts'
import { mergePatch } from './merge-patch.ts'
import { type Histogram, type Labels, secondsBetween } from './metrics.ts'
import { type Kind, type KubernetesObject, keyOf, type Live, type Ref, refOf } from './object.ts'
import { type Announcement, type Outcome, outcomeOf, settled } from './outcome.ts'
import { type Action, aimOf, type Plan } from './plan.ts'
import type { Ports, Settings } from './ports.ts'
import { type Answer, type Answers, answersTo, tokenOf } from './post.ts'
import { tell } from './tell.ts'

/** The API server would not take what the last plan wanted to create. */
export type Refusal = { readonly reason: RefusalReason; readonly message: string }

/** What was refused of actions that go each for itself: the error of each, by what it was about (`Kind namespace/name`). */
export type Refusals = ReadonlyMap<string, RefusedError | ForbiddenError>

export type Situation<T, O> = {
  readonly object: T
  readonly observed: O
  readonly now: Date
  readonly settings: Settings
  readonly refusal?: Refusal | undefined
  readonly refusals?: Refusals
  /** What was told outside the cluster since this wake-up began. */
  readonly answers?: Answers
}

export type Reconciler<T extends KubernetesObject = KubernetesObject, O = unknown> = {
  readonly kind: Kind<T>
  /** What should be where there is no such object, if anything; it is created, and reconciled. */
  absent?(ref: Ref, cluster: Cluster): Promise<T | undefined>
  /** Reads what the plan depends on besides the object itself. Writes nothing. */
  observe(object: Live<T>, cluster: Cluster, settings: Settings): Promise<O>
  /** Decides. Pure: reads no clock, no environment, no network, and may be called as often as one likes. */
  plan(situation: Situation<Live<T>, O>): Plan
  /** Where to put the seconds that each reconcile takes. */
  readonly duration?: {
    readonly metric: Histogram
    /** `object` as it was found; `undefined` where there was none. */
    labels(object: Live<T> | undefined, isSuccess: boolean): Labels
  }
}

/** Checks the types of a reconciler and returns it. */
export const defineReconciler = <T extends KubernetesObject, O>(reconciler: Reconciler<T, O>): Reconciler<T, O> =>
  reconciler

/** How often one wake-up looks again after a conflict before it leaves the rest to a redelivery. */
const ROUNDS = 6

/**
 * Brings one object to where its plan wants it: observe, plan, act, write the status if it differs. Safe to repeat, to
 * interrupt anywhere, and to run in several processes at once. Never throws.
 */
export const reconcile = <T extends KubernetesObject, O>(
  reconciler: Reconciler<T, O>,
  ref: Ref,
  ports: Ports,
): Promise<Outcome> =>
  ports.turn(`${reconciler.kind.kind} ${keyOf(ref)}`, async () => {
    const start = ports.now()
    let found: Live<T> | undefined
    const look = async () => {
      found = await find(reconciler, ref, ports.cluster)
      return found
    }
    const outcome = await attempt(reconciler, ref, ports, look).catch(outcomeOf)
    const fields = { kind: reconciler.kind.kind, ref, state: outcome.state, reason: outcome.reason }
    const isSuccess = outcome.state === 'settled' || outcome.state === 'waiting'
    if (isSuccess) ports.log.info(fields, 'reconciled')
    else ports.log.warn({ ...fields, cause: outcome.error.message }, 'not reconciled')
    const { duration } = reconciler
    if (duration) {
      const labels = duration.labels(found, isSuccess)
      ports.measure({ metric: duration.metric, labels, value: secondsBetween(start, ports.now()) })
    }
    return outcome
  })

const attempt = async <T extends KubernetesObject, O>(
  reconciler: Reconciler<T, O>,
  ref: Ref,
  ports: Ports,
  look: () => Promise<Live<T> | undefined>,
): Promise<Outcome> => {
  const { cluster, now, settings } = ports
  const { kind } = reconciler
  let object = await look()
  const refusals: Refused = new Map()
  const answers = new Map<string, Answer>()
  let refusal: Refusal | undefined
  let announce: Announcement | undefined
  for (let round = 0; round < ROUNDS; round++) {
    if (object === undefined) return settled('Gone')
    const observed = await reconciler.observe(object, cluster, settings)
    const plan = reconciler.plan({ object, observed, now: now(), settings, refusal, refusals, answers })
    const before = refusals.size
    try {
      const token = plan.post && (await tokenOf(plan.post, cluster))
      object = await carryOut(plan, kind, object, { ...ports, refusals })
      if (plan.post && token && refusals.size === before) {
        for (const answer of await answersTo(plan.post, token, ports.askRunner))
          answers.set(answer.change.about, answer)
      }
    } catch (error) {
      if (error instanceof RefusedError && refusal === undefined) refusal = error
      else if (!(error instanceof ConflictError || error instanceof NotFoundError)) throw error
      object = await find(reconciler, ref, cluster)
      continue
    }
    announce = plan.announce ?? announce
    if (plan.again || plan.post || refusals.size > before) continue
    // The status tells the owner; that we lack a permission must reach whoever installed us, too.
    for (const error of refusals.values()) if (error instanceof ForbiddenError) throw error
    const { reason, checkAgainAt } = plan
    return checkAgainAt
      ? { state: 'waiting', reason, until: checkAgainAt, announce }
      : { state: 'settled', reason, announce }
  }
  throw new TransientError(`reconcile ${kind.kind} ${keyOf(ref)}: it changed under our hands ${ROUNDS} times in a row`)
}

type Refused = Map<string, RefusedError | ForbiddenError>
/** `refusals` gets what is refused of actions that go each for itself. */
type Tools = Ports & { readonly refusals: Refused }

const find = async <T extends KubernetesObject, O>(
  { kind, absent }: Reconciler<T, O>,
  ref: Ref,
  cluster: Cluster,
): Promise<Live<T> | undefined> => {
  const found = await cluster.get(kind, ref)
  const missing = found || !absent ? undefined : await absent(ref, cluster)
  if (!missing) return found
  try {
    return await cluster.create(kind, missing)
  } catch (error) {
    if (error instanceof ConflictError) return cluster.get(kind, ref)
    if (error instanceof RefusedError && error.reason === 'NamespaceTerminating') return undefined
    throw error
  }
}

/** The one loop that acts. Returns the object as our writes left it: each had the resourceVersion of the one before. */
const carryOut = async <T extends KubernetesObject>(
  plan: Plan,
  kind: Kind<T>,
  planned: Live<T>,
  ports: Tools,
): Promise<Live<T>> => {
  const before = ports.refusals.size
  const object = await act(plan, kind, planned, ports)
  if (ports.refusals.size > before) return object
  const patch = plan.status && mergePatch((object as { status?: object }).status ?? {}, plan.status)
  if (!patch) return object
  const body = { metadata: versionOf(object), status: patch }
  const written = await ports.cluster.patchStatus(kind, refOf(object), body)
  await tell(plan, written, ports)
  return written
}

const act = async <T extends KubernetesObject>(
  { actions = [], eachForItself }: Plan,
  kind: Kind<T>,
  planned: Live<T>,
  ports: Tools,
): Promise<Live<T>> => {
  const { now, measure, refusals } = ports
  let object = planned
  const taken = new Map<Histogram, { readonly labels: Labels; readonly value: number }>()
  for (const action of actions) {
    const start = now()
    try {
      object = await perform(action, kind, object, ports)
    } catch (error) {
      const aim = eachForItself && aimOf(action)
      if (!aim || !(error instanceof RefusedError || error instanceof ForbiddenError)) throw error
      refusals.set(aim, error)
      continue
    }
    if (!action.timed) continue
    const { metric, labels } = action.timed
    taken.set(metric, { labels, value: (taken.get(metric)?.value ?? 0) + secondsBetween(start, now()) })
  }
  for (const [metric, { labels, value }] of taken) measure({ metric, labels, value })
  return object
}

const perform = async <T extends KubernetesObject>(
  action: Action,
  kind: Kind<T>,
  object: Live<T>,
  { cluster, random }: Ports,
): Promise<Live<T>> => {
  const annotated = (annotations: Readonly<Record<string, string | null>>) =>
    cluster.patch(kind, refOf(object), { metadata: { ...versionOf(object), annotations } })
  switch (action.verb) {
    case 'ensure':
      await ensureObject(action, cluster, random)
      return object
    case 'create':
      await cluster.create(action.kind, action.object)
      return object
    case 'correct':
      await cluster.patch(action.kind, action.ref, action.body)
      return object
    case 'delete':
      await cluster.delete(action.kind, action.ref, action.uid, { force: action.force })
      return object
    case 'annotate':
      return annotated(action.annotations)
    case 'unannotate':
      return annotated(Object.fromEntries(action.annotations.map((key) => [key, null])))
  }
}

const versionOf = (object: Live) => ({ resourceVersion: object.metadata.resourceVersion, uid: object.metadata.uid })
