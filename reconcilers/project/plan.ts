import {
  type Action,
  create,
  type Kind,
  type KubernetesObject,
  type Live,
  type Plan,
  type Refusals,
  refOf,
  removeByForce,
  type Situation,
  withoutDeadLetters,
} from '#sdk/index.ts'
import { type Child, childrenOf, LIMITS, TRIGGER } from './children.ts'
import { accountKind, bindingKind, limitRangeKind, roleKind } from './kinds.ts'
import type { Observed } from './observe.ts'
import { correctionOf, isChanged, isOtherwiseBound, isOurs, isRemovable } from './ours.ts'
import type { ProjectSettings, ProjectStatus } from './schema.ts'
import { isAccessKnown, settingsFaultsOf } from './settings-faults.ts'
import { type ChildState, managedStatus, unmanagedStatus } from './status.ts'

export type ProjectPlan = Plan<ProjectStatus>
type Case = Situation<Live<ProjectSettings>, Observed>

/** What should happen to a project now. Pure. */
export const planProject = (situation: Case): ProjectPlan => {
  const { object: settings, observed } = situation
  if (settings.metadata.deletionTimestamp !== undefined) return { reason: 'Deleting' }
  switch (observed.standing) {
    case 'terminating':
      return { reason: 'NamespaceTerminating' }
    case 'unmanaged':
      return planUnmanaged(situation)
    case 'managed':
      return planManaged(situation)
  }
}

const planManaged = ({ object: settings, observed, now, refusals = new Map() }: Case): ProjectPlan => {
  const children = childrenOf(settings)
  const states = children.map((child, index): ChildState & { readonly action?: Action | undefined } => {
    const isFirst = children.findIndex((other) => keyOf(other) === keyOf(child)) === index
    return isFirst ? stateOf(child, observed, refusals) : { child, trouble: 'its name is that of another entry' }
  })
  const wanted = new Set(children.map(keyOf))
  const faults = settingsFaultsOf(settings)
  const isStale = (found: Live): boolean =>
    found.kind === bindingKind.kind && isRemovable(found) && !wanted.has(keyOfObject(found))
  // An entry that cannot be understood may be that of any binding.
  const stale = isAccessKnown(settings) ? observed.found.filter(isStale) : []
  const { removals, kept } = removalsOf(stale, refusals)
  const actions = [...removals, ...states.flatMap(({ action }) => action ?? [])]
  if (actions.length > 0) return { reason: 'Changing', actions, eachForItself: true, again: true }
  const status = managedStatus(settings, { states, stale: kept, faults, now })
  return { reason: 'Managed', status: withoutDeadLetters(status) }
}

/** How a child stands, and what is done about it. What was refused is not tried a second time at this wake-up. */
const stateOf = (child: Child, { found: all }: Observed, refusals: Refusals) => {
  const { kind, object } = child
  const refused = refusals.get(aimAt(kind, object))
  if (refused) return { child, trouble: refused.message }
  const found = all.find((each) => keyOfObject(each) === keyOf(child))
  if (!found) return { child, action: create(kind, object) }
  if (child.part === 'limits' && !isOurs(child, found)) return { child, isKept: true }
  if (!isOurs(child, found))
    return { child, trouble: 'an object of that name is there and not ours; rename or delete it' }
  if (found.metadata.deletionTimestamp !== undefined) return { child, trouble: 'it is being deleted' }
  if (isOtherwiseBound(child, found)) return { child, action: removalOf(found) }
  return {
    child,
    action: correctionOf(child, found),
    ...(child.part === 'limits' && isChanged(child, found) && { isKept: true }),
  }
}

/** Takes away what was made for the project. Its ProjectSettings stay: they are the administrators'. */
const planUnmanaged = ({ object: settings, observed, now, refusals = new Map() }: Case): ProjectPlan => {
  const named = new Set([
    `${accountKind.kind} ${TRIGGER}`,
    `${roleKind.kind} ${TRIGGER}`,
    `${limitRangeKind.kind} ${LIMITS}`,
  ])
  const ours = observed.found.filter(
    (found) => isRemovable(found) && (found.kind === bindingKind.kind || named.has(keyOfObject(found))),
  )
  const { removals, kept } = removalsOf(ours, refusals)
  if (removals.length > 0) return { reason: 'Changing', actions: removals, eachForItself: true, again: true }
  // Somebody else's ProjectSettings, where we never were.
  if (!settings.status?.conditions?.length) return { reason: 'NotManaged' }
  return { reason: 'NotManaged', status: withoutDeadLetters(unmanagedStatus(settings, { stale: kept, now })) }
}

const removalsOf = (objects: readonly Live[], refusals: Refusals) => {
  const kept: { readonly object: Live; readonly trouble: string }[] = []
  const removals: Action[] = []
  for (const object of objects) {
    const refused = refusals.get(aimAt(object, object))
    if (refused) kept.push({ object, trouble: refused.message })
    // Something holds it up, and until it is gone it grants what it granted.
    else if (object.metadata.deletionTimestamp !== undefined) kept.push({ object, trouble: 'it is being deleted' })
    else removals.push(removalOf(object))
  }
  return { removals, kept }
}

const kinds: Readonly<Record<string, Kind>> = Object.fromEntries(
  [bindingKind, accountKind, roleKind, limitRangeKind].map((kind) => [kind.kind, kind]),
)

/** At once: a binding that waits for the collector of its dependents, of which it has none, goes on granting. */
const removalOf = (object: Live): Action =>
  removeByForce(kinds[object.kind] ?? bindingKind, refOf(object), object.metadata.uid)

const aimAt = ({ kind }: { readonly kind: string }, object: KubernetesObject): string =>
  `${kind} ${object.metadata.namespace ?? ''}/${object.metadata.name}`
const keyOf = ({ kind, object }: Child): string => `${kind.kind} ${object.metadata.name}`
const keyOfObject = ({ kind, metadata }: KubernetesObject): string => `${kind} ${metadata.name}`
