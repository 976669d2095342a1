import type { Telling } from './events.ts'
import { mergePatch } from './merge-patch.ts'
import type { Histogram, Labels, Measure } from './metrics.ts'
import { type Kind, type KubernetesObject, keyOf, type Live, type Ref, refOf } from './object.ts'
import type { Announcement } from './outcome.ts'
import type { Post } from './post.ts'

/** A write, safe to repeat: its precondition makes a second one harmless. */
export type Action = Write & { readonly timed?: Timed }

/** Where to put the seconds that an action took, once all actions of its plan succeeded. Those of one metric are added up first. */
type Timed = { readonly metric: Histogram; readonly labels: Labels }

type Write =
  /** The name must be deterministic: two creators then collide instead of making two. */
  | { readonly verb: 'create'; readonly kind: Kind; readonly object: KubernetesObject }
  | Ensure
  /** A merge patch for the object as it was read, and no other: its uid and resourceVersion are in the body. */
  | { readonly verb: 'correct'; readonly kind: Kind; readonly ref: Ref; readonly body: object }
  | { readonly verb: 'delete'; readonly kind: Kind; readonly ref: Ref; readonly uid: string; readonly force?: true }
  /** Takes annotations off the planned object itself, provided it has not changed since it was read. */
  | { readonly verb: 'unannotate'; readonly annotations: readonly string[] }
  /** Writes annotations on it, under the same condition. */
  | { readonly verb: 'annotate'; readonly annotations: Readonly<Record<string, string>> }

/**
 * Creates an object of ours; where it is there, sets right what is otherwise than in `object`, and leaves all that `object` does not name.
 * Ours is what an owner reference of `object` owns; anything else of that name is refused as `NameTaken`.
 */
export type Ensure = {
  readonly verb: 'ensure'
  readonly kind: Kind
  readonly object: KubernetesObject
  /** Top-level fields that cannot change once the object is made. */
  readonly keep?: readonly string[]
  /**
   * Keys of a Secret's `data` that hold chance. They stay as long as the annotations of `object` do, and are drawn anew with the write that
   * changes one of those.
   */
  readonly random?: readonly string[]
  /** An annotation that counts up. Where it is ahead of `object`, a later writer was there, and nothing is set back by one who had slept. */
  readonly countedBy?: string
  /** What marks an object that several may own: with this annotation one without our owner reference is joined instead of refused. */
  readonly sharedBy?: string
}

/**
 * What should happen to one object. Actions are carried out in order, then the status is written if it differs, so it may say
 * what holds once they have succeeded.
 */
export type Plan<S extends object = object> = {
  /** Why, in one PascalCase word of a closed set. It is the plan's log line and a metric label. */
  readonly reason: string
  readonly actions?: readonly Action[]
  /**
   * Each action for itself: where the API server refuses one, the others are carried out, and the plan is asked again with `refusals`
   * instead of the status being written.
   */
  readonly eachForItself?: true
  /** The whole wanted status, fields of others included; a field left out is removed. */
  readonly status?: S
  /**
   * Told after the status is written, so that of several with the same plan one tells, and then the plan is asked again, with the answers.
   * Nothing that a runner answers is an error.
   */
  readonly post?: Post
  /** Look again at once, at what these writes have made. */
  readonly again?: boolean
  /** When time alone will make another plan due. */
  readonly checkAgainAt?: Date
  readonly announce?: Announcement
  /** What to tell as core/v1 Events, and to count: both only where this plan's status was written, so never twice. */
  readonly events?: readonly Telling[]
  readonly measures?: readonly Measure[]
}

export const create = <T extends KubernetesObject>(kind: Kind<T>, object: T): Action => ({
  verb: 'create',
  kind,
  object,
})

export const ensure = <T extends KubernetesObject>(
  kind: Kind<T>,
  object: T,
  options: Omit<Ensure, 'verb' | 'kind' | 'object'> = {},
): Ensure => ({ verb: 'ensure', kind, object, ...options })

/** What makes `found` into `wanted`, an object that was derived from it; `undefined` where they are equal. */
export const correct = <T extends KubernetesObject>(kind: Kind<T>, found: Live<T>, wanted: T): Action | undefined => {
  const patch = mergePatch(found, wanted)
  if (!patch) return undefined
  const { uid, resourceVersion } = found.metadata
  const metadata = { ...(patch['metadata'] as object | undefined), uid, resourceVersion }
  return { verb: 'correct', kind, ref: refOf(found), body: { ...patch, metadata } }
}

export const remove = (kind: Kind, ref: Ref, uid: string): Action => ({ verb: 'delete', kind, ref, uid })

/** Without waiting for whoever should end it: a Pod whose node does not answer may run on there. */
export const removeByForce = (kind: Kind, ref: Ref, uid: string): Action => ({
  verb: 'delete',
  kind,
  ref,
  uid,
  force: true,
})

export const unannotate = (...annotations: readonly string[]): Action => ({ verb: 'unannotate', annotations })

export const annotate = (annotations: Readonly<Record<string, string>>): Action => ({ verb: 'annotate', annotations })

/** Whether carrying the plan out would write nothing, and tell nobody. */
export const isIdle = (plan: Plan, object: { readonly status?: object }): boolean =>
  !plan.again && !plan.post && !plan.actions?.length && !(plan.status && mergePatch(object.status ?? {}, plan.status))

/** The object that an action is about, as `Kind namespace/name`; `undefined` for the planned object itself. */
export const aimOf = (action: Action): string | undefined => {
  if (action.verb === 'annotate' || action.verb === 'unannotate') return undefined
  return `${action.kind.kind} ${keyOf('object' in action ? refOf(action.object) : action.ref)}`
}
