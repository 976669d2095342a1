import { entriesOf, withEntries } from './managed-fields.ts'
import { equal } from './shapes.ts'
import type { JsonObject, ManagedFieldsEntry } from './types.ts'

/**
 * The object to store: where nothing but times of managedFields differs from what is stored, with the stored times, so
 * that it is no write. Compare it, with the resourceVersion of `before`, to see that. Pure.
 */
export function keepTimes(before: JsonObject, after: JsonObject): JsonObject {
  const old = entriesOf(before) ?? []
  const entries = entriesOf(after) ?? []
  if (entries.length === 0 || !equal(old.map(timeless), entries.map(timeless))) return after
  return equal(withEntries(before, []), withEntries(after, [])) ? withEntries(after, old) : after
}

const timeless = ({ time: _, ...entry }: ManagedFieldsEntry): JsonObject => entry
