import { type Live, listed, type WantedCondition, withConditions } from '#sdk/index.ts'
import type { Child, Part } from './children.ts'
import type { ProjectSettings, ProjectStatus } from './schema.ts'

/** A child as it was observed: there, unless it is in trouble. */
export type ChildState = {
  readonly child: Child
  readonly trouble?: string
  /** Is as somebody else made it, and left so. */
  readonly isKept?: boolean
}

/** What should have gone and is still there. */
type Stale = readonly { readonly object: Live; readonly trouble: string }[]

const condition = (type: string, reason: string, message: string, isTrue = true): WantedCondition => ({
  type,
  status: isTrue ? 'True' : 'False',
  reason,
  message,
})

type Found = {
  readonly states: readonly ChildState[]
  readonly stale: Stale
  /** What is wrong with the settings themselves. */
  readonly faults: readonly string[]
}

/** The whole status of a project that is looked after. Pure. */
export const managedStatus = (
  settings: Live<ProjectSettings>,
  { states, stale, faults, now }: Found & { readonly now: Date },
): ProjectStatus => {
  const of = (part: Part) => states.filter(({ child }) => child.part === part)
  const troublesOf = (part: Part) =>
    of(part).flatMap(({ child, trouble }) => (trouble === undefined ? [] : `${child.words}: ${trouble}`))
  const bound = of('groups').filter(({ trouble }) => trouble === undefined).length
  const groups = [
    ...troublesOf('groups'),
    ...stale.map(({ object, trouble }) => `RoleBinding ${object.metadata.name} should go: ${trouble}`),
  ]
  const [trigger, limits] = [troublesOf('trigger'), troublesOf('limits')]
  const isKept = of('limits').some((state) => state.isKept)
  const parts = [
    faults.length > 0
      ? condition('GroupAccessReady', 'InvalidSettings', listed([...faults, ...groups]), false)
      : groups.length > 0
        ? condition('GroupAccessReady', 'BindingsRefused', listed(groups), false)
        : condition('GroupAccessReady', bound > 0 ? 'GroupsBound' : 'NoGroups', `${bound} entries of spec.groupAccess`),
    trigger.length > 0
      ? condition('TriggerAccessReady', 'TriggerAccessRefused', listed(trigger), false)
      : condition('TriggerAccessReady', 'TriggerAccessGranted', 'scheduled sessions can be made'),
    limits.length > 0
      ? condition('LimitRangeReady', 'LimitRangeRefused', listed(limits), false)
      : isKept
        ? condition('LimitRangeReady', 'KeptAsFound', 'its figures are not those of the platform, and are left alone')
        : condition('LimitRangeReady', 'PlatformDefaults', 'containers that say nothing get the default figures'),
  ]
  const broken = parts.find(({ status }) => status === 'False')
  const ready = broken
    ? { ...broken, type: 'Ready' }
    : condition('Ready', 'ProjectReady', 'the project has all that its settings say')
  return statusWith(settings, {
    counts: {
      groupBindingsCreated: bound,
      scheduledSessionRBACReady: trigger.length === 0,
      limitRangeReady: limits.length === 0,
    },
    conditions: [ready, ...parts],
    now,
  })
}

/** The whole status of a project that is no longer looked after. Pure. */
export const unmanagedStatus = (
  settings: Live<ProjectSettings>,
  { stale, now }: { readonly stale: Stale; readonly now: Date },
): ProjectStatus => {
  const left = stale.map(({ object, trouble }) => `${object.kind} ${object.metadata.name} should go: ${trouble}`)
  const message = listed([
    'the namespace has not the label ambient-code.io/managed=true: label it to have its sessions looked after',
    ...left,
  ])
  const conditions = ['Ready', 'GroupAccessReady', 'TriggerAccessReady', 'LimitRangeReady'].map((type) =>
    condition(type, 'NotManaged', message, false),
  )
  const counts = { groupBindingsCreated: 0, scheduledSessionRBACReady: false, limitRangeReady: false }
  return statusWith(settings, { counts, conditions, now })
}

type Parts = {
  readonly counts: Pick<ProjectStatus, 'groupBindingsCreated' | 'scheduledSessionRBACReady' | 'limitRangeReady'>
  readonly conditions: readonly WantedCondition[]
  readonly now: Date
}

const statusWith = ({ metadata, status }: Live<ProjectSettings>, { counts, conditions, now }: Parts): ProjectStatus => {
  const observedGeneration = metadata.generation ?? 0
  return {
    ...status,
    ...counts,
    observedGeneration,
    conditions: withConditions(status?.conditions ?? [], conditions, { observedGeneration, now }),
  }
}
