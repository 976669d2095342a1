import { elementOf } from '../patch/shapes.ts'
import type { FieldType, GoType, ListType, MapType } from '../patch/types.ts'
import { isObject } from './json.ts'

/** Every field is known and of its type. */
export const plain = 0
/** So it is without the nulls and empty maps that mean nothing. */
export const withNulls = 1
/** It has to be looked at more closely: something may be unknown or of a wrong type. */
export const unusual = 2

export type Findings = typeof plain | typeof withNulls | typeof unusual

/**
 * A quick look at an object of a built-in kind. `before` is one that was decoded earlier: what is the very same value there is passed
 * over. Pure.
 */
export function findingsOf(type: FieldType, value: unknown, before?: unknown): Findings {
  if (value === before && typeof value === 'object' && value !== null) return plain
  const { scalar, list, map } = type
  switch (typeof value) {
    case 'string':
      return scalar === 'string' || scalar === 'untyped' ? plain : unusual
    case 'number':
      return (scalar === 'numeric' || scalar === 'untyped') && isOf(type.go, value) ? plain : unusual
    case 'boolean':
      return scalar === 'boolean' || (scalar === 'untyped' && type.go === undefined) ? plain : unusual
    default:
  }
  if (Array.isArray(value)) return list ? inList(list, value, before) : unusual
  return isObject(value) && map ? inMap(map, value, before) : unusual
}

function isOf(go: GoType | undefined, value: number): boolean {
  if (go === 'int32' || go === 'intOrString') return (value | 0) === value
  if (go === 'int64') return Number.isSafeInteger(value)
  return go === undefined || go === 'quantity'
}

function inList(type: ListType, list: readonly unknown[], before: unknown): Findings {
  const old = Array.isArray(before) ? before : []
  let worst: Findings = plain
  for (let at = 0; at < list.length; at++) {
    const item = list[at]
    if (type.relation === 'associative' && !hasName(type, item)) return unusual
    const found = findingsOf(type.element, item, old[at])
    if (found === unusual) return unusual
    if (found === withNulls) worst = withNulls
  }
  return worst
}

function inMap({ fields, element }: MapType, object: Readonly<Record<string, unknown>>, before: unknown): Findings {
  const old = isObject(before) ? before : nothing
  const keys = Object.keys(object)
  let worst: Findings = element?.scalar === 'string' && fields.size === 0 && keys.length === 0 ? withNulls : plain
  for (const key of keys) {
    const value = object[key]
    const field = fields.get(key)?.type ?? element
    if (!field || value === undefined) return unusual
    if (value === null && element) return unusual
    const found = value === null ? withNulls : findingsOf(field, value, old[key])
    if (found === unusual) return unusual
    if (found === withNulls) worst = withNulls
  }
  return worst
}

function hasName(type: ListType, item: unknown): boolean {
  try {
    return elementOf(type, item) !== undefined
  } catch {
    return false // what it lacks is said where it is decoded
  }
}

const nothing: Readonly<Record<string, unknown>> = {}
