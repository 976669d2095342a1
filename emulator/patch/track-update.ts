import { fromFieldsV1 } from './fields-v1.ts'
import {
  decodeOwners,
  encodeOwners,
  entriesOf,
  idOf,
  isReset,
  type Owners,
  stamp,
  withEntries,
} from './managed-fields.ts'
import { afterUpdate, inServedVersions, remember } from './ownership.ts'
import { UnnamedItem } from './shapes.ts'
import type { JsonObject, ManagedFieldsEntry, TypeInfo } from './types.ts'

export type TrackUpdate = {
  readonly type: TypeInfo
  /** As stored; `undefined` for a create. */
  readonly before: JsonObject | undefined
  /**
   * As the client wants it, with its own `managedFields`, defaults applied and absent structs filled (`withStructs`), but
   * before admission and before what the server itself sets: what those add is nobody's.
   */
  readonly after: JsonObject
  /** The `fieldManager` parameter, or `managerFromUserAgent`. */
  readonly manager: string
  readonly now: number
  /** Through which subresource the write came, `status` for one. */
  readonly subresource?: string
}

/**
 * Who owns what after a create, an update or a patch that is no apply. The answer takes the place of
 * `metadata.managedFields` (`withManagedFields`); empty means that the object has none. Times move only for who sets
 * something; a write that changes nothing else does not move them either: see `keepTimes`. Pure.
 */
export function trackUpdate(update: TrackUpdate): readonly ManagedFieldsEntry[] {
  try {
    return entriesAfter(update)
  } catch (error) {
    // As the real server has it: who owns what can then not be said, and the object loses its managedFields.
    if (error instanceof UnnamedItem) return []
    throw error
  }
}

function entriesAfter(update: TrackUpdate): readonly ManagedFieldsEntry[] {
  const { type, before, after, manager, now, subresource = '' } = update
  const known = ownersBefore(before, after, subresource)
  if (known.size === 0 && before !== undefined) return []
  const owners = afterUpdate(
    {
      type,
      before: before ?? withEntries(type.empty, []),
      after,
      owners: inServedVersions(known, type),
      subresource,
    },
    idOf({ manager, operation: 'Update', apiVersion: type.apiVersion, subresource }),
    stamp(now),
  )
  const entries = encodeOwners(owners)
  for (const { fieldsV1 } of entries) if (fieldsV1) remember(type, fromFieldsV1(fieldsV1))
  return entries
}

const none: Owners = new Map()

/** Clients may write managedFields themselves, but not through a subresource; those that leave them out keep them. */
function ownersBefore(before: JsonObject | undefined, after: JsonObject, subresource: string): Owners {
  const stored = decodeOwners(entriesOf(before) ?? []) ?? none
  if (subresource !== '') return stored
  const sent = entriesOf(after)
  if (isReset(sent)) return none
  const decoded = decodeOwners(sent ?? [])
  return decoded && decoded.size > 0 ? decoded : stored
}

/** The object with these entries, and no others. */
export const withManagedFields: (object: JsonObject, entries: readonly ManagedFieldsEntry[]) => JsonObject = withEntries

/** What the server calls a client that gives no `fieldManager`: its User-Agent up to the first slash. */
export function managerFromUserAgent(userAgent: string): string {
  if (userAgent !== last.userAgent) last = { userAgent, manager: readManager(userAgent) }
  return last.manager
}

/** Mostly one client asks many times. */
let last = { userAgent: '', manager: '' }

function readManager(userAgent: string): string {
  const [name = ''] = userAgent.split('/')
  return [...name]
    .slice(0, 128)
    .filter((char) => /[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.test(char))
    .join('')
}
