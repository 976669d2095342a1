import { at, equal, isObject, listAt, textAt, timestamp } from './json.ts'
import type { KubeObject } from './types.ts'

type Condition = { readonly type: string; readonly status: string; readonly reason: string; readonly message: string }

/** A condition keeps its time while its status is the same. Pure. */
export function withCondition(crd: KubeObject, condition: Condition, now: number): KubeObject {
  const conditions = listAt(crd, 'status', 'conditions')
  const isSame = (each: unknown): boolean => at(each, 'type') === condition.type
  const old = conditions.find(isSame)
  const lastTransitionTime = at(old, 'status') === condition.status ? at(old, 'lastTransitionTime') : timestamp(now)
  const { type, status, ...rest } = condition
  const made = { type, status, lastTransitionTime, ...rest }
  const all = old === undefined ? [...conditions, made] : conditions.map((each) => (isSame(each) ? made : each))
  return { ...crd, status: { ...(isObject(crd['status']) && crd['status']), conditions: all } }
}

export const terminating = {
  pending: {
    type: 'Terminating',
    status: 'True',
    reason: 'InstanceDeletionPending',
    message: 'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon',
  },
  inProgress: {
    type: 'Terminating',
    status: 'True',
    reason: 'InstanceDeletionInProgress',
    message: 'CustomResource deletion is in progress',
  },
  completed: {
    type: 'Terminating',
    status: 'False',
    reason: 'InstanceDeletionCompleted',
    message: 'removed all instances',
  },
} as const satisfies Record<string, Condition>

/**
 * What the naming and establishing controllers of the real server write some milliseconds later: names that another definition of the
 * group has are not accepted. The same object where nothing is to be written. Pure.
 */
export function withNamesAccepted(crd: KubeObject, all: readonly KubeObject[], now: number): KubeObject {
  const group = textAt(crd, 'spec', 'group')
  const others = all.filter(
    (each) => each.metadata.name !== crd.metadata.name && textAt(each, 'spec', 'group') === group,
  )
  const taken = (...keys: readonly string[]): readonly string[] =>
    others.flatMap((each) => keys.flatMap((key) => textsAt(each, 'status', 'acceptedNames', key)))
  const resources = taken('plural', 'singular', 'shortNames')
  const kinds = taken('kind', 'listKind')
  const accepted: Record<string, unknown> = { plural: '', kind: '', ...objectAt(crd, 'status', 'acceptedNames') }
  let refusal: Pick<Condition, 'reason' | 'message'> | undefined
  for (const [key, reason, names] of [
    ['plural', 'PluralConflict', resources],
    ['singular', 'SingularConflict', resources],
    ['shortNames', 'ShortNamesConflict', resources],
    ['kind', 'KindConflict', kinds],
    ['listKind', 'ListKindConflict', kinds],
  ] as const) {
    const own = textsAt(crd, 'status', 'acceptedNames', key)
    const wrong = textsAt(crd, 'spec', 'names', key).filter((name) => !own.includes(name) && names.includes(name))
    const texts = wrong.map((name) => `${JSON.stringify(name)} is already in use`)
    if (texts.length > 0) refusal = { reason, message: texts.length > 1 ? `[${texts.join(', ')}]` : (texts[0] ?? '') }
    else set(accepted, key, at(crd, 'spec', 'names', key))
  }
  set(accepted, 'categories', at(crd, 'spec', 'names', 'categories'))
  const named = { ...crd, status: { ...objectAt(crd, 'status'), acceptedNames: accepted } }
  const type = 'NamesAccepted'
  const names = refusal
    ? { type, status: 'False', ...refusal }
    : { type, status: 'True', reason: 'NoConflicts', message: 'no conflicts found' }
  const judged = withCondition(named, names, now)
  const next = isEstablished(crd) ? judged : withCondition(judged, established(!refusal), now)
  return equal(next['status'], crd['status']) ? crd : next
}

const established = (isAccepted: boolean): Condition =>
  isAccepted
    ? {
        type: 'Established',
        status: 'True',
        reason: 'InitialNamesAccepted',
        message: 'the initial names have been accepted',
      }
    : { type: 'Established', status: 'False', reason: 'NotAccepted', message: 'not all names are accepted' }

export const isEstablished = (crd: KubeObject): boolean =>
  listAt(crd, 'status', 'conditions').some(
    (each) => at(each, 'type') === 'Established' && at(each, 'status') === 'True',
  )

const textsAt = (value: unknown, ...path: readonly string[]): readonly string[] => {
  const found = at(value, ...path) ?? []
  return (Array.isArray(found) ? found : [found]).map(String).filter((text) => text !== '')
}

const objectAt = (value: unknown, ...path: readonly string[]): object => {
  const found = at(value, ...path)
  return isObject(found) ? found : {}
}

function set(object: Record<string, unknown>, key: string, value: unknown): void {
  if (value === undefined) delete object[key]
  else object[key] = value
}
