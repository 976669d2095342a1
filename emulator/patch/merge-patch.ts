import { badRequest } from './errors.ts'
import type { JsonObject } from './types.ts'

/** RFC 7386. Throws 400 for a patch that is no object. Pure. */
export function mergePatch(object: JsonObject, patch: unknown): JsonObject {
  if (patch === null) throw badRequest('Invalid JSON Patch')
  if (!isObject(patch)) {
    const kind = Array.isArray(patch) ? 'array' : typeof patch === 'boolean' ? 'bool' : typeof patch
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${kind} into Go value of type map[string]interface {}`,
    )
  }
  return merged(object, patch)
}

function merged(target: JsonObject, patch: JsonObject): JsonObject {
  const entries = new Map(Object.entries(target))
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) entries.delete(key)
    else {
      const before = entries.get(key)
      entries.set(key, isObject(value) && isObject(before) ? merged(before, value) : withoutNulls(value))
    }
  }
  return Object.fromEntries(entries)
}

/** The real one also prunes the objects inside new lists, but keeps a list's own nulls. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) => (inner === null ? [] : [[key, withoutNulls(inner)]])),
  )
}

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
