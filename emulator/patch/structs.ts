import { named } from './built-in-types.ts'
import { isObject } from './shapes.ts'
import type { Field, FieldType, JsonObject, TypeInfo } from './types.ts'

/**
 * The object as the server's Go types write it: structs that are no pointers are there even when empty (`status: {}`,
 * a container's `resources: {}`), empty lists and maps are not, and `null` is nothing (in a map
 * of strings an empty one). Of a custom resource only the metadata is so. Pure.
 */
export function withStructs(type: TypeInfo, object: JsonObject): JsonObject {
  if (!type.isCustom) return filled(type.root, object) as JsonObject // an object stays one
  const { metadata } = object
  return isObject(metadata) ? { ...object, metadata: filled(named('ObjectMeta'), metadata) } : object
}

function filled(type: FieldType, value: unknown): unknown {
  if (Array.isArray(value)) {
    const { list } = type
    return list ? value.map((item) => filled(list.element, item)) : value
  }
  const { map } = type
  if (!isObject(value) || !map) return value
  const entries = Object.entries(value).flatMap(([name, inner]) => {
    const field = map.fields.get(name)
    const inside = field?.type ?? map.element ?? {}
    if (inner === null && !field && map.element?.scalar === 'string') return [[name, ''] as const]
    if (inner === null) return field?.isRequired ? [[name, null] as const] : []
    if (field && isOmitted(name, field, inner)) return []
    return [[name, filled(inside, inner)] as const]
  })
  const structs = [...map.fields]
    .filter(([name, { isStruct }]) => isStruct && (value[name] === undefined || value[name] === null))
    .map(([name, { type: inner }]) => [name, filled(inner, {})] as const)
  return Object.fromEntries([...entries, ...structs])
}

/** managedFields are left: an empty list of them says something to `trackUpdate`. */
function isOmitted(name: string, field: Field, value: unknown): boolean {
  if (field.isOmittedWhenZero && (value === '' || value === 0 || value === false)) return true
  return !field.isRequired && name !== 'managedFields' && isVoid(field.type, value)
}

function isVoid({ list, map, scalar }: FieldType, value: unknown): boolean {
  if (scalar) return false
  if (Array.isArray(value)) return list !== undefined && value.length === 0
  const isPlainMap = map !== undefined && map.fields.size === 0
  return isPlainMap && isObject(value) && Object.keys(value).length === 0
}
