import type { Cluster } from './cluster.ts'
import { ensureObject } from './ensure.ts'
import { ConflictError, NotFoundError, type RefusalReason, RefusedError, TransientError } from './errors.ts'
import { mergePatch } from './merge-patch.ts'
import { type Kind, type KubernetesObject, keyOf, type Live, type Ref, refOf } from './object.ts'
import { type Announcement, type Outcome, outcomeOf, settled } from './outcome.ts'
import type { Action, Plan } from './plan.ts'
import type { Ports, Settings } from './ports.ts'

/** The API server would not take what the last plan wanted to create. */
export type Refusal = { readonly reason: RefusalReason; readonly message: string }

export type Situation<T, O> = {
  readonly object: T
  readonly observed: O
  readonly now: Date
  readonly settings: Settings
  readonly refusal?: Refusal | undefined
}

export type Reconciler<T extends KubernetesObject = KubernetesObject, O = unknown> = {
  readonly kind: Kind<T>
  /** Reads what the plan depends on besides the object itself. Writes nothing. */
  observe(object: Live<T>, cluster: Cluster, settings: Settings): Promise<O>
  /** Decides. Pure: reads no clock, no environment, no network, and may be called as often as one likes. */
  plan(situation: Situation<Live<T>, O>): Plan
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
    const outcome = await attempt(reconciler, ref, ports).catch(outcomeOf)
    const fields = { kind: reconciler.kind.kind, ref, state: outcome.state, reason: outcome.reason }
    if (outcome.state === 'rejected' || outcome.state === 'failed') {
      ports.log.warn({ ...fields, cause: outcome.error.message }, 'not reconciled')
    } else ports.log.info(fields, 'reconciled')
    return outcome
  })

const attempt = async <T extends KubernetesObject, O>(
  reconciler: Reconciler<T, O>,
  ref: Ref,
  { cluster, now, settings, random }: Ports,
): Promise<Outcome> => {
  const { kind } = reconciler
  let object = await cluster.get(kind, ref)
  let refusal: Refusal | undefined
  let announce: Announcement | undefined
  for (let round = 0; round < ROUNDS; round++) {
    if (object === undefined) return settled('Gone')
    const observed = await reconciler.observe(object, cluster, settings)
    const plan = reconciler.plan({ object, observed, now: now(), settings, refusal })
    try {
      object = await carryOut(plan, kind, object, { cluster, random })
    } catch (error) {
      if (error instanceof RefusedError && refusal === undefined) refusal = error
      else if (!(error instanceof ConflictError || error instanceof NotFoundError)) throw error
      object = await cluster.get(kind, ref)
      continue
    }
    announce = plan.announce ?? announce
    if (plan.again) continue
    const { reason, checkAgainAt } = plan
    return checkAgainAt
      ? { state: 'waiting', reason, until: checkAgainAt, announce }
      : { state: 'settled', reason, announce }
  }
  throw new TransientError(`reconcile ${kind.kind} ${keyOf(ref)}: it changed under our hands ${ROUNDS} times in a row`)
}

type Tools = Pick<Ports, 'cluster' | 'random'>

/** The one loop that acts. Returns the object as our writes left it: each had the resourceVersion of the one before. */
const carryOut = async <T extends KubernetesObject>(
  plan: Plan,
  kind: Kind<T>,
  planned: Live<T>,
  ports: Tools,
): Promise<Live<T>> => {
  const { cluster } = ports
  let object = planned
  for (const action of plan.actions ?? []) object = await perform(action, kind, object, ports)
  const patch = plan.status && mergePatch((object as { status?: object }).status ?? {}, plan.status)
  if (!patch) return object
  return cluster.patchStatus(kind, refOf(object), { metadata: versionOf(object), status: patch })
}

const perform = async <T extends KubernetesObject>(
  action: Action,
  kind: Kind<T>,
  object: Live<T>,
  { cluster, random }: Tools,
): Promise<Live<T>> => {
  switch (action.verb) {
    case 'ensure':
      await ensureObject(action, cluster, random)
      return object
    case 'create':
      await cluster.create(action.kind, action.object)
      return object
    case 'delete':
      await cluster.delete(action.kind, action.ref, action.uid, { force: action.force })
      return object
    case 'unannotate': {
      const annotations = Object.fromEntries(action.annotations.map((key) => [key, null]))
      return cluster.patch(kind, refOf(object), { metadata: { ...versionOf(object), annotations } })
    }
  }
}

const versionOf = (object: Live) => ({ resourceVersion: object.metadata.resourceVersion, uid: object.metadata.uid })
