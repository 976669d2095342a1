import type { CloudEvent } from 'cloudevents'
import { PermanentError } from './errors.ts'
import { type Kind, type KubernetesObject, type Ref, refOf } from './object.ts'
import { type ObjectEvent, objectEventOf } from './object-event.ts'
import { type Outcome, outcomeOf, settled, worstOf } from './outcome.ts'
import type { Ports, Settings } from './ports.ts'
import { type Reconciler, reconcile } from './reconcile.ts'

export type Verb = 'get' | 'list' | 'create' | 'patch' | 'delete'

/** One rule of the function's role: the only place where a permission is declared. */
export type Access = {
  /** Empty for the core group. */
  readonly apiGroup: string
  /** The plural, with the subresource behind a slash where one is meant: `agenticsessions/status`. */
  readonly resource: string
  readonly verbs: readonly Verb[]
  /** Not used, but held: the API server lets nobody give away in a Role what they do not have, nor bind what they may not `bind`. */
  readonly toGrant?: readonly (Verb | 'update' | 'watch' | 'bind')[]
  /** Of these names only; of all where it is absent. */
  readonly resourceNames?: readonly string[]
}

/**
 * What wakes a function: changes of a kind (of objects with these labels only), the clock (every so many minutes of the hour, in
 * UTC), the events that could not be delivered to the others, or a command.
 */
export type Trigger =
  | { readonly changes: Kind; readonly labels?: Readonly<Record<string, string>> }
  | { readonly everyMinutes: number }
  | { readonly deadLetters: true }
  /** Whoever runs it by name. These variables of the environment are the data of its event. */
  | { readonly command: readonly string[] }

export type FunctionDefinition = {
  /** The name of its folder, of its Knative Service or Deployment, and of its ServiceAccount. */
  readonly name: string
  readonly on: readonly Trigger[]
  readonly access: readonly Access[]
  /** What is wrong with the settings as far as this function uses them. A process with any does not start. Pure. */
  readonly mistakesIn?: (settings: Settings) => readonly string[]
  /** Never throws, and may be called with the same event any number of times. */
  handle(event: CloudEvent<unknown>, ports: Ports): Promise<Outcome>
}

/** Checks the types of a function and returns it. Every `functions/<name>/index.ts` exports one by default. */
export const defineFunction = (definition: FunctionDefinition): FunctionDefinition => definition

export type Door<C extends KubernetesObject> = {
  /** Why no plan depends on this change, in one word; `undefined` where one may. */
  ignore(event: ObjectEvent<C>): string | undefined
  target(event: ObjectEvent<C>): Ref | undefined
  /** What else is to be looked after once the target was, whatever became of that. */
  also?(event: ObjectEvent<C>, ports: Ports): Promise<Outcome>
}

/**
 * A function's `handle` for changes of `kind`: which changes it may ignore, and whom the others are about. Both are pure, and see the
 * object as the event has it. Whatever is not ignored is reconciled from the live object.
 */
export const onChange =
  <C extends KubernetesObject, T extends KubernetesObject, O>(
    kind: Kind<C>,
    reconciler: Reconciler<T, O>,
    door: Door<C>,
  ) =>
  async (event: CloudEvent<unknown>, ports: Ports): Promise<Outcome> => {
    try {
      const change = objectEventOf(kind, event)
      const { uid, resourceVersion } = change.object.metadata
      const version = `${change.change} ${uid} ${resourceVersion}`
      const way = ports.handled.has(version) ? { reason: 'Duplicate' } : throughDoor(door, change)
      if ('reason' in way) {
        ports.log.debug({ kind: kind.kind, ref: refOf(change.object), reason: way.reason }, 'ignored')
        return settled(way.reason)
      }
      const own = await reconcile(reconciler, way.target, ports)
      const outcome = door.also ? worstOf(own, await door.also(change, ports)) : own
      if (outcome.state === 'settled' || outcome.state === 'waiting') ports.handled.add(version)
      return outcome
    } catch (error) {
      return outcomeOf(error)
    }
  }

/** Whom a change is about, or why it is ignored. Only the API server promises a schema; whoever forges an event promises nothing. */
const throughDoor = <C extends KubernetesObject>(
  door: Door<C>,
  change: ObjectEvent<C>,
): { readonly target: Ref } | { readonly reason: string } => {
  try {
    const reason = door.ignore(change)
    if (reason !== undefined) return { reason }
    const target = door.target(change)
    if (!target) return { reason: 'NotOurs' }
    if (typeof target.name !== 'string' || typeof target.namespace !== 'string')
      throw new TypeError('a name is not a text')
    return { target }
  } catch (cause) {
    throw new PermanentError('MalformedEvent', 'the object in the event is not what its kind says', { cause })
  }
}

/** A function's `handle` for changes of several kinds: the first that knows the kind of an event takes it. */
export const oneOf =
  (first: FunctionDefinition['handle'], ...others: readonly FunctionDefinition['handle'][]) =>
  async (event: CloudEvent<unknown>, ports: Ports): Promise<Outcome> => {
    let outcome = await first(event, ports)
    for (const other of others) {
      if (outcome.state !== 'rejected' || outcome.reason !== 'UnknownEvent') break
      outcome = await other(event, ports)
    }
    return outcome
  }

/** How many objects a sweep reconciles side by side. The host's bound on reconciles still holds. */
const SIDE_BY_SIDE = 10

/**
 * A function's `handle` for a schedule: reconciles every object that `targets` finds. One that fails does not keep the others
 * waiting; the outcome is the gravest of all.
 */
export const onSchedule =
  <T extends KubernetesObject, O>(reconciler: Reconciler<T, O>, targets: (ports: Ports) => AsyncIterable<Ref>) =>
  (_event: CloudEvent<unknown>, ports: Ports): Promise<Outcome> =>
    reconcileAll(reconciler, targets(ports), ports)

/** Reconciles all objects that are named, some side by side, as `onSchedule` does. Never throws. */
export const reconcileAll = async <T extends KubernetesObject, O>(
  reconciler: Reconciler<T, O>,
  targets: AsyncIterable<Ref>,
  ports: Ports,
): Promise<Outcome> => {
  const found = targets[Symbol.asyncIterator]()
  let worst = settled('Swept')
  const work = async () => {
    for (let next = await found.next(); !next.done; next = await found.next()) {
      const outcome = await reconcile(reconciler, next.value, ports)
      worst = worstOf(worst, outcome)
    }
  }
  for (const end of await Promise.allSettled(Array.from({ length: SIDE_BY_SIDE }, work))) {
    if (end.status === 'rejected') worst = worstOf(worst, outcomeOf(end.reason))
  }
  return worst
}

/** A function's `handle` for a command, of the variables that it asked for. */
export const onCommand =
  (work: (variables: Readonly<Record<string, string | undefined>>, ports: Ports) => Promise<Outcome>) =>
  ({ data }: CloudEvent<unknown>, ports: Ports): Promise<Outcome> =>
    work(data as Readonly<Record<string, string | undefined>>, ports).catch(outcomeOf)
