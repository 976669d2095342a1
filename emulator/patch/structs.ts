import { gone, put, withFields } from '../schema/rebuild.ts'
import { named } from './built-in-types.ts'
import { isObject } from './shapes.ts'
import type { Field, FieldType, JsonObject, MapType, TypeInfo } from './types.ts'

/**
 * The object as the server's Go types write it: structs that are no pointers are there even when empty (`status: {}`,
 * a container's `resources: {}`), empty lists and maps are not, and `null` is nothing (in a map
 * of strings an empty one). Of a custom resource only the metadata is so. What is the very same value in `before`, where
 * all of that is done, is not looked at. Pure.
 */
export function withStructs(type: TypeInfo, object: JsonObject, before?: JsonObject): JsonObject {
  if (!type.isCustom) return filled(type.root, object, before) as JsonObject // an object stays one
  const { metadata } = object
  return isObject(metadata) ? { ...object, metadata: filled(named('ObjectMeta'), metadata) } : object
}

/** The value itself where nothing is to be filled in or left out. */
function filled(type: FieldType, value: unknown, before?: unknown): unknown {
  if (value === before) return value
  if (Array.isArray(value)) return type.list ? filledList(type.list.element, value, before) : value
  return isObject(value) && type.map ? filledMap(type.map, value, isObject(before) ? before : nothing) : value
}

const nothing: JsonObject = {}

function filledList(element: FieldType, list: readonly unknown[], before: unknown): readonly unknown[] {
  const old: readonly unknown[] = Array.isArray(before) ? before : []
  let result: unknown[] | undefined
  for (let at = 0; at < list.length; at++) {
    const item = filled(element, list[at], old[at])
    if (item === list[at]) continue
    result ??= [...list]
    result[at] = item
  }
  return result ?? list
}

function filledMap(map: MapType, object: JsonObject, before: JsonObject): JsonObject {
  const { fields, element = {} } = map
  const kept = withFields(object, (inner, name) => {
    if (typeof inner !== 'object' && inner !== '' && inner !== 0 && inner !== false) return inner
    if (inner === before[name] && inner !== null) return inner
    const field = fields.get(name)
    return filledField({ name, field, element: field?.type ?? element, isOfText: isOfText(map) }, inner, before[name])
  })
  let result: Record<string, unknown> | undefined
  for (const name of structsOf(map)) {
    if (kept[name] !== undefined && kept[name] !== null) continue
    result ??= { ...kept }
    put(result, name, filled(fields.get(name)?.type ?? {}, {}))
  }
  return result ?? kept
}

type Inside = {
  readonly name: string
  readonly field: Field | undefined
  readonly element: FieldType
  readonly isOfText: boolean
}

/** `gone` where it is left out. */
function filledField({ name, field, element, isOfText }: Inside, value: unknown, before: unknown): unknown {
  if (value === null) {
    if (!field && isOfText) return ''
    return field?.isRequired ? null : gone
  }
  return field && isOmitted(name, field, value) ? gone : filled(element, value, before)
}

const isOfText = ({ element }: MapType): boolean => element?.scalar === 'string'

const structs = new WeakMap<MapType, readonly string[]>()

/** The fields that are always there. */
function structsOf(map: MapType): readonly string[] {
  const known = structs.get(map) ?? [...map.fields].flatMap(([name, { isStruct }]) => (isStruct ? [name] : []))
  structs.set(map, known)
  return known
}

/** managedFields are left: an empty list of them says something to `trackUpdate`. */
function isOmitted(name: string, field: Field, value: unknown): boolean {
  if (field.isOmittedWhenZero && (value === '' || value === 0 || value === false)) return true
  return !field.isRequired && name !== 'managedFields' && isVoid(field.type, value)
}

function isVoid({ list, map, scalar }: FieldType, value: unknown): boolean {
  if (scalar) return false
  if (Array.isArray(value)) return list !== undefined && value.length === 0
  // A struct without fields, as `subresources.status` of a CRD, says something by being there.
  const isPlainMap = map !== undefined && map.fields.size === 0 && map.element?.map === undefined
  return isPlainMap && isObject(value) && Object.keys(value).length === 0
}
