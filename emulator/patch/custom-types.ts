import { named } from './built-in-types.ts'
import { isObject } from './shapes.ts'
import type { Field, FieldType, JsonObject, ListType, MapType, TypeInfo } from './types.ts'
import { atomic, deduced } from './untyped.ts'

export type CustomKind = {
  readonly apiVersion: string
  readonly kind: string
  /** `openAPIV3Schema` of this version. */
  readonly schema: JsonObject | undefined
  /** Whether the version has the status subresource. */
  readonly hasStatus: boolean
  /** apiVersions of the other served versions, where conversion changes nothing. */
  readonly alsoVersions?: readonly string[]
}

/** What patches need to know of a custom resource; make it once per version. Pure. */
export function customType({ apiVersion, kind, schema, hasStatus, alsoVersions }: CustomKind): TypeInfo {
  const known = schema ?? { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
  const root = typeOf({ ...known, properties: { ...properties(known), ...objectProperties } }, false)
  return {
    apiVersion,
    kind,
    isCustom: true,
    hasStatus,
    root,
    empty: { apiVersion, kind },
    ...(alsoVersions && { alsoVersions }),
  }
}

/** Every object has them, and so have embedded resources. */
const objectProperties: JsonObject = { apiVersion: { type: 'string' }, kind: { type: 'string' }, metadata: {} }

const properties = (schema: JsonObject): JsonObject => (isObject(schema['properties']) ? schema['properties'] : {})

function typeOf(schema: JsonObject, keepsUnknown: boolean): FieldType {
  const keeps = keepsUnknown || schema['x-kubernetes-preserve-unknown-fields'] === true
  switch (schema['type']) {
    case 'object':
      return { map: mapOf(schema, keeps) }
    case 'array':
      return { list: listOf(schema, keeps) }
    case 'integer':
    case 'number':
      return { scalar: 'numeric' }
    case 'boolean':
      return { scalar: 'boolean' }
    case 'string':
      return { scalar: ['', 'byte'].includes(String(schema['format'] ?? '')) ? 'string' : 'untyped' }
    default:
      return { scalar: 'untyped', list: listOf(schema, keeps), map: mapOf(schema, keeps) }
  }
}

function mapOf(schema: JsonObject, keeps: boolean): MapType {
  const isEmbedded = schema['x-kubernetes-embedded-resource'] === true
  const known = isEmbedded ? { ...properties(schema), ...objectProperties } : properties(schema)
  const fields = new Map(Object.entries(known).map(([name, member]) => [name, fieldOf(name, member, known, keeps)]))
  const element = otherFields(schema, fields.size, keeps)
  return {
    relation: schema['x-kubernetes-map-type'] === 'atomic' ? 'atomic' : 'granular',
    fields,
    ...(element && { element }),
  }
}

function fieldOf(name: string, member: unknown, siblings: JsonObject, keeps: boolean): Field {
  if (name === 'metadata' && siblings['metadata'] === objectProperties['metadata']) return { type: named('ObjectMeta') }
  const schema = isObject(member) ? member : {}
  return { type: typeOf(schema, keeps), ...(schema['default'] !== undefined && { default: schema['default'] }) }
}

function otherFields(schema: JsonObject, count: number, keeps: boolean): FieldType | undefined {
  const others = schema['additionalProperties']
  if (others === undefined) return keeps || count === 0 ? deduced : undefined
  if (isObject(others)) return typeOf(others, keeps)
  return others === true ? deduced : undefined
}

function listOf(schema: JsonObject, keeps: boolean): ListType {
  const items = schema['items']
  const element = isObject(items) ? typeOf(items, keeps) : atomic
  switch (schema['x-kubernetes-list-type']) {
    case 'set':
      return { relation: 'associative', element }
    case 'map':
      return { relation: 'associative', element, keys: keysOf(schema) }
    default:
      return { relation: 'atomic', element }
  }
}

const keysOf = (schema: JsonObject): readonly string[] => {
  const keys = schema['x-kubernetes-list-map-keys']
  return Array.isArray(keys) ? keys.map(String) : []
}
