import { isRecord, own } from './field-error.ts'
import { additionalOf, type Schema } from './structural.ts'

/** With the schema's defaults where their parents exist; they also replace a null that is not allowed. Pure. */
export function applyDefaults<T>(schema: Schema, object: T): T {
  return defaulted(object, schema) as T
}

/**
 * Without the nulls that are neither allowed nor replaced by a default. To be done where unknown fields are pruned,
 * before defaults. Items of lists stay. Pure.
 */
export function dropNulls<T>(schema: Schema, object: T): T {
  return withoutNulls(object, schema) as T
}

const isForbiddenNull = (value: unknown, schema: Schema | undefined): boolean =>
  value === null && schema !== undefined && !schema.nullable

const defaultOf = (schema: Schema): unknown => structuredClone(schema.default)

function defaulted(value: unknown, schema: Schema | undefined): unknown {
  if (!schema) return value
  if (Array.isArray(value)) {
    return value.map((item) =>
      defaulted(isForbiddenNull(item, schema.items) ? (schema.items?.default ?? null) : item, schema.items),
    )
  }
  if (!isRecord(value)) return value
  const entries = new Map(Object.entries(value))
  for (const [key, property] of Object.entries(schema.properties ?? {})) {
    if (property.default === undefined || property.default === null) continue
    if (!entries.has(key) || isForbiddenNull(entries.get(key), property)) entries.set(key, defaultOf(property))
  }
  const additional = additionalOf(schema)
  return Object.fromEntries(
    [...entries].map(([key, each]) => {
      const property = own(schema.properties, key)
      if (property) return [key, defaulted(each, property)]
      return [key, defaulted(isForbiddenNull(each, additional) ? (additional?.default ?? null) : each, additional)]
    }),
  )
}

function withoutNulls(value: unknown, schema: Schema | undefined): unknown {
  if (Array.isArray(value)) return value.map((item) => withoutNulls(item, schema?.items))
  if (!isRecord(value)) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, each]) => {
      const property = own(schema?.properties, key) ?? (schema && additionalOf(schema))
      const isDropped = isForbiddenNull(each, property) && (property?.default ?? null) === null
      return isDropped ? [] : [[key, withoutNulls(each, property)]]
    }),
  )
}
