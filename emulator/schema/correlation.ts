import { goJson, isRecord, own } from './field-error.ts'
import { additionalOf, type Schema } from './structural.ts'

/** A value with the one it replaces, where the schema lets the two be paired. */
export type Correlation = { readonly value: unknown; readonly old: unknown; readonly schema: Schema }

/** The pair under a key, when both have it and the schema knows it. Pure. */
export function atField(pair: Correlation | undefined, key: string): Correlation | undefined {
  if (!pair || !isRecord(pair.value) || !isRecord(pair.old)) return undefined
  if (!Object.hasOwn(pair.value, key) || !Object.hasOwn(pair.old, key)) return undefined
  const schema = own(pair.schema.properties, key) ?? additionalOf(pair.schema)
  return schema && { value: pair.value[key], old: pair.old[key], schema }
}

/** The pair of a list's item: only lists of type map have any. Pure. */
export function atItem(pair: Correlation | undefined, index: number): Correlation | undefined {
  if (!pair || !Array.isArray(pair.value) || !Array.isArray(pair.old) || !pair.schema.items) return undefined
  const old = itemOf(pair.schema, pair.old, pair.value[index])
  return old === undefined || old === null ? undefined : { value: pair.value[index], old, schema: pair.schema.items }
}

/** The item of a map-type list with the same keys, if there is one. Pure. */
export function itemOf(schema: Schema, list: readonly unknown[], item: unknown): unknown {
  if (schema['x-kubernetes-list-type'] !== 'map') return undefined
  const keys = schema['x-kubernetes-list-map-keys'] ?? []
  const keyOf = (each: unknown): string | undefined =>
    isRecord(each) ? goJson(keys.map((key) => own(each, key))) : undefined
  const wanted = keyOf(item)
  return wanted === undefined ? undefined : list.find((each) => keyOf(each) === wanted)
}

/** Whether nothing changed; items of map-type lists are paired by key, though their order counts. Pure. */
export function isUnchanged(pair: Correlation | undefined): boolean {
  if (!pair) return false
  const { value, old } = pair
  if (Array.isArray(value) && Array.isArray(old) && pair.schema['x-kubernetes-list-type'] === 'map') {
    return value.length === old.length && value.every((_, index) => isUnchanged(atItem(pair, index)))
  }
  if (isRecord(value) && isRecord(old)) {
    const keys = Object.keys(value)
    return keys.length === Object.keys(old).length && keys.every((key) => isUnchanged(atField(pair, key)))
  }
  return isSame(value, old)
}

/** Deep equality of plain JSON. Pure. */
export function isSame(a: unknown, b: unknown): boolean {
  return a === b || (typeof a === 'object' && typeof b === 'object' && goJson(a) === goJson(b))
}
