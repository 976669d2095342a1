import { mergePatch } from './merge-patch.ts'
import type { Kind, KubernetesObject, Ref } from './object.ts'
import type { Announcement } from './outcome.ts'

/** A write, safe to repeat: its precondition makes a second one harmless. */
export type Action =
  /** The name must be deterministic: two creators then collide instead of making two. */
  | { readonly verb: 'create'; readonly kind: Kind; readonly object: KubernetesObject }
  | { readonly verb: 'delete'; readonly kind: Kind; readonly ref: Ref; readonly uid: string; readonly force?: true }
  /** Takes annotations off the planned object itself, provided it has not changed since it was read. */
  | { readonly verb: 'unannotate'; readonly annotations: readonly string[] }

/**
 * What should happen to one object. Actions are carried out in order, then the status is written if it differs, so it may say
 * what holds once they have succeeded.
 */
export type Plan<S extends object = object> = {
  /** Why, in one PascalCase word of a closed set. It is the plan's log line and a metric label. */
  readonly reason: string
  readonly actions?: readonly Action[]
  /** The whole wanted status, fields of others included; a field left out is removed. */
  readonly status?: S
  /** Look again at once, at what these writes have made. */
  readonly again?: boolean
  /** When time alone will make another plan due. */
  readonly checkAgainAt?: Date
  readonly announce?: Announcement
}

export const create = <T extends KubernetesObject>(kind: Kind<T>, object: T): Action => ({
  verb: 'create',
  kind,
  object,
})

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

/** Whether carrying the plan out would write nothing. */
export const isIdle = (plan: Plan, object: { readonly status?: object }): boolean =>
  !plan.again && !plan.actions?.length && !(plan.status && mergePatch(object.status ?? {}, plan.status))
