import { gone, put, withFields, withItems } from '../schema/rebuild.ts'
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
  const result: Record<string, unknown> = {}
  for (const key of Object.keys(target)) {
    if (!Object.hasOwn(patch, key)) put(result, key, target[key])
    else if (patch[key] !== null) put(result, key, mergedValue(target[key], patch[key]))
  }
  for (const key of Object.keys(patch))
    if (patch[key] !== null && !Object.hasOwn(target, key)) put(result, key, withoutNulls(patch[key]))
  return result
}

const mergedValue = (target: unknown, patch: unknown): unknown =>
  isObject(patch) && isObject(target) ? merged(target, patch) : withoutNulls(patch)

/** The real one also prunes the objects inside new lists, but keeps a list's own nulls. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return withItems(value, withoutNulls)
  return isObject(value) ? withFields(value, (inner) => (inner === null ? gone : withoutNulls(inner))) : value
}

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
