import { isRecord, own } from './field-error.ts'
import { gone, put, withFields, withItems } from './rebuild.ts'
import { additionalOf, anywhere, remembered, type Schema } from './structural.ts'

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

const defaultOf = ({ default: value }: Schema): unknown => (typeof value === 'object' ? structuredClone(value) : value)

const hasDefaults = anywhere(({ default: own }) => own !== undefined && own !== null)

const defaultsIn = remembered(({ properties = {} }) =>
  Object.entries(properties).filter(([, property]) => property.default !== undefined && property.default !== null),
)

function defaulted(value: unknown, schema: Schema | undefined): unknown {
  if (!schema || !hasDefaults(schema)) return value
  if (Array.isArray(value)) {
    const { items } = schema
    return withItems(value, (item) => defaulted(isForbiddenNull(item, items) ? (items?.default ?? null) : item, items))
  }
  if (!isRecord(value)) return value
  let object: Record<string, unknown> | undefined
  for (const [key, property] of defaultsIn(schema)) {
    if (Object.hasOwn(value, key) && !isForbiddenNull(value[key], property)) continue
    object ??= { ...value }
    put(object, key, defaultOf(property))
  }
  const additional = additionalOf(schema)
  return withFields(object ?? value, (each, key) => {
    const property = own(schema.properties, key)
    if (property) return defaulted(each, property)
    return defaulted(isForbiddenNull(each, additional) ? (additional?.default ?? null) : each, additional)
  })
}

function withoutNulls(value: unknown, schema: Schema | undefined): unknown {
  if (!schema) return value
  if (Array.isArray(value)) return withItems(value, (item) => withoutNulls(item, schema.items))
  if (!isRecord(value)) return value
  return withFields(value, (each, key) => {
    const property = own(schema.properties, key) ?? additionalOf(schema)
    if (!isForbiddenNull(each, property) || (property?.default ?? null) !== null) return withoutNulls(each, property)
    return gone
  })
}
