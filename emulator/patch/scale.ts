import { named } from './built-in-types.ts'
import { difference, has, isEmpty, setOf } from './field-set.ts'
import { decodeOwners, encodeOwners, type Owner } from './managed-fields.ts'
import type { Path } from './path-element.ts'
import type { ManagedFieldsEntry, TypeInfo } from './types.ts'

const SCALE_VERSION = 'autoscaling/v1'
const inScale: Path = [{ field: 'spec' }, { field: 'replicas' }]

/** For `apply` and `trackUpdate` of a Scale, with `subresource: 'scale'`. */
export const scaleType: TypeInfo = {
  apiVersion: SCALE_VERSION,
  kind: 'Scale',
  isCustom: false,
  hasStatus: false,
  root: named('Scale'),
  empty: { apiVersion: SCALE_VERSION, kind: 'Scale', metadata: {}, spec: {}, status: { replicas: 0 } },
}

type Scaled = {
  /** Of the object that is scaled. */
  readonly apiVersion: string
  readonly entries: readonly ManagedFieldsEntry[]
  /** Where the object has its replicas: `.spec.replicas` of a Deployment. */
  readonly replicas: readonly string[]
}

const pathOf = (replicas: readonly string[]): Path => replicas.map((field) => ({ field }))

/** Who owns the replicas of an object, as managedFields of its Scale. Pure. */
export function toScale({ apiVersion, entries, replicas }: Scaled): readonly ManagedFieldsEntry[] {
  const owners = [...(decodeOwners(entries) ?? [])].filter(
    ([, owner]) => owner.apiVersion === apiVersion && has(owner.fields, pathOf(replicas)),
  )
  return encodeOwners(
    new Map(owners.map(([key, owner]) => [key, { ...owner, apiVersion: SCALE_VERSION, fields: setOf(inScale) }])),
  )
}

/** The managedFields of the object after a write to its Scale has left `scaleEntries`. Pure. */
export function fromScale(
  { apiVersion, entries, replicas }: Scaled,
  scaleEntries: readonly ManagedFieldsEntry[],
): readonly ManagedFieldsEntry[] {
  const path = pathOf(replicas)
  const before = decodeOwners(entries) ?? new Map<string, Owner>()
  const scaled = new Map(decodeOwners(scaleEntries) ?? [])
  const result = new Map<string, Owner>()
  for (const [key, owner] of before) {
    if (owner.apiVersion !== apiVersion) continue
    // An updater is somebody else in the Scale's version: it comes back below, without its time.
    const fields = has(owner.fields, path) && !scaled.delete(key) ? difference(owner.fields, setOf(path)) : owner.fields
    if (!isEmpty(fields)) result.set(key, { ...owner, fields })
  }
  for (const [key, owner] of scaled) {
    if (has(owner.fields, inScale)) result.set(key, { ...owner, apiVersion, fields: setOf(path), time: undefined })
  }
  return encodeOwners(result)
}
