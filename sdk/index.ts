export { type Cluster, type ListQuery, labelSelectorOf } from './cluster.ts'
export { conditionsSchema, listed, secondsOf, type WantedCondition, withConditions } from './conditions.ts'
export { EVENTS_DELIVERED, withoutDeadLetters } from './dead-letters.ts'
export * from './errors.ts'
export type { Telling } from './events.ts'
export {
  type Access,
  defineFunction,
  type FunctionDefinition,
  onChange,
  onCommand,
  oneOf,
  onSchedule,
  reconcileAll,
  type Trigger,
  type Verb,
} from './function.ts'
export { mergePatch } from './merge-patch.ts'
export {
  type Counter,
  type Gauge,
  type Histogram,
  type Labels,
  type Measure,
  one,
  type Survey,
  secondsBetween,
} from './metrics.ts'
export { managedNamespace } from './namespaces.ts'
export { groupOf, type Kind, type KubernetesObject, keyOf, type Live, type Ref, refOf } from './object.ts'
export type { ObjectEvent } from './object-event.ts'
export { about, onDeadLetter } from './on-dead-letter.ts'
export { type Announcement, type Outcome, settled, worstOf } from './outcome.ts'
export {
  type Action,
  annotate,
  correct,
  create,
  type Ensure,
  ensure,
  isIdle,
  type Plan,
  remove,
  removeByForce,
  unannotate,
} from './plan.ts'
export type { Log, Ports, Settings } from './ports.ts'
export type { Answers, Change, Post } from './post.ts'
export {
  defineReconciler,
  type Reconciler,
  type Refusal,
  type Refusals,
  reconcile,
  type Situation,
} from './reconcile.ts'
export { faultsIn, type Schema } from './schema-faults.ts'
