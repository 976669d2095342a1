import type { FieldSet } from './field-set.ts'
import { fromFieldsV1, toFieldsV1 } from './fields-v1.ts'
import { isObject } from './shapes.ts'
import type { JsonObject, ManagedFieldsEntry } from './types.ts'

export type Operation = 'Apply' | 'Update'

/** Who owns: an applier is the same in every version, an updater is not. */
export type ManagerId = {
  readonly manager: string
  readonly operation: Operation
  /** Empty for an applier: not part of who it is. */
  readonly apiVersion: string
  readonly subresource: string
}

export type Owner = {
  readonly id: ManagerId
  readonly fields: FieldSet
  readonly apiVersion: string
  readonly operation: Operation
  readonly time: string | undefined
}

/** Owners by `keyOf` their id. */
export type Owners = ReadonlyMap<string, Owner>

const keys = new Map<string, string>()
const MOST_KEYS = 1000

export function keyOf({ manager, operation, apiVersion, subresource }: ManagerId): string {
  const id = `${operation} ${apiVersion} ${subresource} ${manager}`
  const known = keys.get(id)
  if (known !== undefined) return known
  const made = JSON.stringify({
    ...(manager && { manager }),
    operation,
    ...(apiVersion && { apiVersion }),
    ...(subresource && { subresource }),
  })
  if (keys.size >= MOST_KEYS) keys.clear()
  keys.set(id, made)
  return made
}

export function idOf({
  manager,
  operation,
  apiVersion,
  subresource,
}: {
  manager: string
  operation: Operation
  apiVersion: string
  subresource?: string | undefined
}): ManagerId {
  return {
    manager: manager || 'unknown',
    operation,
    apiVersion: operation === 'Apply' ? '' : apiVersion,
    subresource: subresource ?? '',
  }
}

/** Seconds, as metav1.Time is stored. */
export function stamp(now: number): string {
  if (now !== last.now) last = { now, text: new Date(now).toISOString().replace(/\.\d+Z$/, 'Z') }
  return last.text
}

/** Many are written at one moment. */
let last = { now: Number.NaN, text: '' }

/** `undefined` where one entry cannot be read: then the server goes on as if there were none. */
export function decodeOwners(entries: readonly ManagedFieldsEntry[]): Owners | undefined {
  const owners = new Map<string, Owner>()
  for (const { manager = '', operation, apiVersion, fieldsType, fieldsV1, subresource = '', time } of entries) {
    if (operation !== 'Apply' && operation !== 'Update') return undefined
    if (!apiVersion || fieldsType !== 'FieldsV1') return undefined
    const fields = fieldsOrNothing(fieldsV1 ?? {})
    if (!fields) return undefined
    const id: ManagerId = { manager, operation, apiVersion: operation === 'Apply' ? '' : apiVersion, subresource }
    owners.set(keyOf(id), { id, fields, apiVersion, operation, time: time ?? undefined })
  }
  return owners
}

function fieldsOrNothing(fields: JsonObject): FieldSet | undefined {
  try {
    return fromFieldsV1(fields)
  } catch {
    return undefined // it is the caller who says what that means
  }
}

/** Sorted as the server sorts: appliers first, older ones first. */
export function encodeOwners(owners: Owners): readonly ManagedFieldsEntry[] {
  return [...owners.values()]
    .map(
      ({ id, fields, apiVersion, operation, time }): ManagedFieldsEntry => ({
        ...(id.manager && { manager: id.manager }),
        operation,
        apiVersion,
        ...(time !== undefined && { time }),
        fieldsType: 'FieldsV1',
        fieldsV1: toFieldsV1(fields),
        ...(id.subresource && { subresource: id.subresource }),
      }),
    )
    .toSorted(
      (one, other) =>
        text(one.operation, other.operation) ||
        (one.time === other.time ? 0 : seconds(one.time) - seconds(other.time)) ||
        text(one.manager, other.manager) ||
        text(one.apiVersion, other.apiVersion) ||
        text(one.subresource, other.subresource),
    )
}

const text = (one = '', other = ''): number => (one < other ? -1 : one > other ? 1 : 0)

export const seconds = (time: string | undefined): number =>
  time === undefined ? 0 : Math.floor(Date.parse(time) / 1000)

export function entriesOf(object: JsonObject | undefined): readonly ManagedFieldsEntry[] | undefined {
  const metadata = object?.['metadata']
  const entries = isObject(metadata) ? metadata['managedFields'] : undefined
  return Array.isArray(entries) ? entries : undefined
}

const nothing: JsonObject = {}

export function withEntries(object: JsonObject, entries: readonly ManagedFieldsEntry[]): JsonObject {
  const metadata = (object['metadata'] ?? nothing) as JsonObject // of an object that was decoded
  if (entries.length > 0) return { ...object, metadata: { ...metadata, managedFields: entries } }
  const { managedFields: _, ...others } = metadata
  return { ...object, metadata: others }
}

/** `[]` and `[{}]` ask the server to forget who owns what. */
export function isReset(entries: readonly ManagedFieldsEntry[] | undefined): boolean {
  if (!entries) return false
  const [only] = entries
  return entries.length === 0 || (entries.length === 1 && only !== undefined && Object.keys(only).length === 0)
}
