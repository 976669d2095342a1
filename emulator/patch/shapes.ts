import { type PathElement, sortedKey } from './path-element.ts'
import type { FieldType, JsonObject, ListType, MapType } from './types.ts'

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isScalar = (value: unknown): boolean =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'

/** Of the shapes that a type allows the one that a value has; all of them for no value, `null` or a wrong one. */
export function shapeOf(type: FieldType, value: unknown): FieldType {
  const { scalar, list, map } = type
  if (Number(scalar !== undefined) + Number(list !== undefined) + Number(map !== undefined) < 2) return type
  if (scalar && isScalar(value)) return { scalar }
  if (list && Array.isArray(value)) return { list }
  if (map && isObject(value)) return { map }
  return type
}

export const hasSameShapes = (one: FieldType, other: FieldType): boolean =>
  one.scalar === other.scalar && one.list === other.list && one.map === other.map

export type Handlers<T> = {
  readonly map: (type: MapType) => T
  readonly scalar: (type: NonNullable<FieldType['scalar']>) => T
  readonly list: (type: ListType) => T
}

/** A map comes first where more shapes are allowed, as in structured-merge-diff. */
export function handle<T>(type: FieldType, handlers: Handlers<T>): T {
  if (type.map) return handlers.map(type.map)
  if (type.scalar) return handlers.scalar(type.scalar)
  if (type.list) return handlers.list(type.list)
  throw new Error('schema error: invalid atom: inlined')
}

const nothing: FieldType = {}

/** The type of a field; one without shapes for a field that is not in the schema. */
export const typeOfField = (type: MapType, name: string): FieldType =>
  type.fields.get(name)?.type ?? type.element ?? nothing

export const isKnown = (type: FieldType): boolean => Boolean(type.map ?? type.scalar ?? type.list)

/** An item of an associative list that has no name. */
export class UnnamedItem extends Error {}

/** What names an item of an associative list. Throws `UnnamedItem` where it has no name. */
export function elementOf(type: ListType, item: unknown): PathElement {
  return type.keys ? keyOf(type, type.keys, item) : { value: setValue(item) }
}

function keyOf(type: ListType, keys: readonly string[], item: unknown): PathElement {
  if (item === null) throw new UnnamedItem('associative list with keys may not have a null element')
  if (!isObject(item)) throw new UnnamedItem('associative list with keys may not have non-map elements')
  const [only = ''] = keys
  const text = item[only]
  if (keys.length === 1 && typeof text === 'string') return { key: [[only, text]] }
  const key = keys.flatMap((name): [string, unknown][] => {
    const value = item[name] ?? (Object.hasOwn(item, name) ? null : type.element.map?.fields.get(name)?.default)
    return value === undefined ? [] : [[name, value]]
  })
  if (key.length === 0) {
    throw new UnnamedItem(
      `associative list with keys has an element that omits all key fields [${keys.map((name) => JSON.stringify(name)).join(' ')}] (and doesn't have default values for any key fields)`,
    )
  }
  return { key: sortedKey(key) }
}

function setValue(item: unknown): unknown {
  if (isObject(item)) throw new UnnamedItem("associative list without keys has an element that's a map type")
  if (Array.isArray(item)) throw new UnnamedItem('not supported: associative list with lists as elements')
  if (item === null) throw new UnnamedItem("associative list without keys has an element that's an explicit null")
  return item
}

/** Deep equality of JSON; the order of keys does not count. */
export function equal(one: unknown, other: unknown): boolean {
  if (one === other) return true
  if (Array.isArray(one) || Array.isArray(other)) {
    if (!Array.isArray(one) || !Array.isArray(other) || one.length !== other.length) return false
    return one.every((item, index) => equal(item, other[index]))
  }
  if (!isObject(one) || !isObject(other)) return false
  const names = Object.keys(one)
  return (
    names.length === Object.keys(other).length &&
    names.every((name) => Object.hasOwn(other, name) && equal(one[name], other[name]))
  )
}
