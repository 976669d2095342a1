import { compareObjects } from './compare.ts'
import {
  difference,
  emptySet,
  type FieldSet,
  intersection,
  isEmpty,
  recursiveDifference,
  setOf,
  union,
} from './field-set.ts'
import { keyOf, type ManagerId, type Owner, type Owners, seconds } from './managed-fields.ts'
import { reconciled } from './reconcile.ts'
import { resetFields } from './reset-fields.ts'
import type { FieldType, JsonObject, TypeInfo } from './types.ts'

const MAX_UPDATERS = 10

/** Nobody owns what names an object or what the server alone writes. */
const unowned: FieldSet = setOf(
  ...['apiVersion', 'kind', 'metadata'].map((field) => [{ field }]),
  ...[
    'name',
    'namespace',
    'creationTimestamp',
    'selfLink',
    'uid',
    'clusterName',
    'generation',
    'managedFields',
    'resourceVersion',
  ].map((field) => [{ field: 'metadata' }, { field }]),
)

export const owned = (fields: FieldSet): FieldSet => difference(fields, unowned)

/** Entries of versions that are not served any more go. */
export function inServedVersions(owners: Owners, type: TypeInfo): Owners {
  const served = [type.apiVersion, ...(type.alsoVersions ?? [])]
  return new Map(
    [...owners]
      .filter(([, { apiVersion }]) => served.includes(apiVersion))
      .map(([key, owner]) => {
        const fields = known(type.root, owner.fields)
        return [key, fields === owner.fields ? owner : { ...owner, fields }]
      }),
  )
}

const reconciledOf = new WeakMap<FieldType, WeakMap<FieldSet, FieldSet>>()

/** As `reconciled`, remembered: equal sets are mostly the same one, see fields-v1.ts. */
function known(type: FieldType, fields: FieldSet): FieldSet {
  const ofType = reconciledOf.get(type) ?? new WeakMap<FieldSet, FieldSet>()
  reconciledOf.set(type, ofType)
  const found = ofType.get(fields) ?? reconciled(type, fields)
  ofType.set(fields, found)
  return found
}

/** Remembers of a set that was made by this type's fields that it is as `reconciled` gives it. */
export function remember(type: TypeInfo, fields: FieldSet): void {
  reconciledOf.get(type.root)?.set(fields, fields)
}

export type Change = {
  readonly type: TypeInfo
  readonly before: JsonObject
  readonly after: JsonObject
  readonly owners: Owners
  readonly subresource: string
}

/**
 * What a change takes from everybody but `self`: fields that it sets and fields that it removes. Who loses a field by its
 * being set is in `conflicts`. Pure.
 */
export function afterChange(change: Change, self: string | undefined) {
  const { type, before, after, owners, subresource } = change
  const reset = resetFields(type, subresource)
  const compared = compareObjects(type.root, before, after)
  const removed = recursiveDifference(compared.removed, reset)
  const set = recursiveDifference(union(compared.modified, compared.added), reset)
  const conflicts: { readonly owner: Owner; readonly fields: FieldSet }[] = []
  const left = new Map<string, Owner>()
  for (const [key, owner] of owners) {
    const lost = key === self ? emptySet : intersection(owner.fields, set)
    if (!isEmpty(lost)) conflicts.push({ owner, fields: lost })
    const fields = key === self ? owner.fields : difference(difference(owner.fields, lost), removed)
    if (!isEmpty(fields)) left.set(key, fields === owner.fields ? owner : { ...owner, fields })
  }
  return { conflicts, owners: left, set, removed, reset } as const
}

/** Who owns what after an update: who makes it owns what it set, besides what it owned already and did not remove. Pure. */
export function afterUpdate(change: Change, id: ManagerId, now: string): Owners {
  const { owners, set, reset } = afterChange(change, undefined)
  const fields = owned(recursiveDifference(set, reset))
  const result = new Map(owners)
  if (!isEmpty(fields)) {
    const key = keyOf(id)
    const before = owners.get(key)
    const { apiVersion } = change.type
    result.set(key, {
      id,
      apiVersion,
      operation: id.operation,
      time: now,
      fields: before ? union(fields, before.fields) : fields,
    })
  }
  return capped(result)
}

/** At most ten updaters: the oldest of one version become one, named `ancient-changes`. */
function capped(owners: Owners): Owners {
  if (owners.size <= MAX_UPDATERS) return owners
  const updaters = [...owners.values()]
    .filter(({ operation }) => operation === 'Update')
    .toSorted((one, other) => seconds(one.time) - seconds(other.time) || (keyOf(one.id) < keyOf(other.id) ? -1 : 1))
  const result = new Map(owners)
  const firsts = new Map<string, Owner>()
  let count = updaters.length
  for (const owner of updaters) {
    if (count <= MAX_UPDATERS) break
    const { apiVersion } = owner
    const first = firsts.get(apiVersion)
    if (!first) {
      firsts.set(apiVersion, owner)
      continue
    }
    const id: ManagerId = { manager: 'ancient-changes', operation: 'Update', apiVersion, subresource: '' }
    const key = keyOf(id)
    const bucket = result.get(key) ?? first
    if (bucket === first) result.delete(keyOf(first.id))
    result.delete(keyOf(owner.id))
    result.set(key, { ...owner, id, fields: union(owner.fields, bucket.fields) })
    count--
  }
  return result
}
