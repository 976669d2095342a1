import { own } from '../schema/field-error.ts'
import { put } from '../schema/rebuild.ts'
import { goPlain } from './check-type.ts'
import { badRequest, internal } from './errors.ts'
import { isObject } from './shapes.ts'
import { checkOrder, mergedList, orderedAs, withoutDirectives } from './strategic-lists.ts'
import type { Field, FieldType, JsonObject, TypeInfo } from './types.ts'

/** Not `JsonObject`: merging works on copies of its own. */
type Target = Record<string, unknown>

const DELETE_FROM = '$deleteFromPrimitiveList'
const ELEMENT_ORDER = '$setElementOrder'
const RETAIN_KEYS = '$retainKeys'

/**
 * Kubernetes' own patch of built-in kinds: lists merge by their keys. Throws 415 for a custom resource, 400 for a patch
 * that cannot be read, 422 or 500 (as the real server) for one that cannot be done. Pure.
 */
export function strategicMergePatch(object: JsonObject, patch: unknown, type: TypeInfo): JsonObject {
  if (type.isCustom) throw unsupported()
  if (!isObject(patch)) {
    const kind = Array.isArray(patch) ? 'array' : typeof patch === 'boolean' ? 'bool' : typeof patch
    if (patch === null) return object
    throw badRequest(`json: cannot unmarshal ${kind} into Go value of type map[string]interface {}`)
  }
  return mergeMaps(structuredClone(object), structuredClone(patch), type.root)
}

const unsupported = () =>
  // who serves custom resources refuses the media type before it reads the patch
  Object.assign(
    badRequest(
      'the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml',
    ),
    { code: 415, reason: 'UnsupportedMediaType' },
  )

export function mergeMaps(original: Target, patch: Target, type: FieldType): Target {
  const { $patch: directive } = patch
  if (directive !== undefined) {
    if (directive === 'replace') {
      const { $patch: _, ...rest } = patch
      return rest
    }
    if (directive === 'delete') return {}
    throw internal(`unknown patch type: ${String(directive)} in map: ${goPlain(patch)}`)
  }
  retainKeys(original, patch)
  applyElementOrders(original, patch, type)
  for (const [name, value] of Object.entries(patch)) {
    const isDeletion = name.startsWith(DELETE_FROM)
    mergeField(original, { name: isDeletion ? keyAfter(name, DELETE_FROM) : name, value, isDeletion, type })
  }
  return original
}

type Change = { readonly name: string; readonly value: unknown; readonly isDeletion: boolean; readonly type: FieldType }

function mergeField(original: Target, { name, value, isDeletion, type }: Change): void {
  if (value === null) {
    delete original[name]
    return
  }
  const before = own(original, name)
  if (kindOf(before) !== kindOf(value) || before === undefined) {
    if (!isDeletion) set(original, name, withoutDirectives(withoutNulls(value)))
    return
  }
  const field = fieldOf(type, name)
  if (isObject(before) && isObject(value)) {
    const isReplaced = field?.strategy?.includes('replace')
    // copies of our own
    put(original, name, isReplaced ? value : mergeMaps(before as Target, value as Target, field?.type ?? {}))
  } else if (Array.isArray(before) && Array.isArray(value)) {
    const isMerged = field?.strategy?.includes('merge') || isDeletion
    put(original, name, isMerged ? listFor(field, before, value, isDeletion) : value)
  } else set(original, name, value)
}

const listFor = (field: Field | undefined, before: unknown[], value: unknown[], isDeletion: boolean): unknown[] =>
  mergedList(before, value, { mergeKey: field?.mergeKey, element: field?.type.list?.element ?? {}, isDeletion })

function set(target: Target, name: string, value: unknown): void {
  if (value === undefined) delete target[name]
  else put(target, name, value)
}

/** A map's other fields have a type, but no strategy. */
function fieldOf(type: FieldType, name: string): Field | undefined {
  const { map } = type
  return map?.fields.get(name) ?? (map?.element && { type: map.element })
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'list'
  return value === null ? 'null' : typeof value
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, inner]) => (inner === null ? [] : [[name, withoutNulls(inner)]])),
  )
}

function retainKeys(original: Target, patch: Target): void {
  const { [RETAIN_KEYS]: keys } = patch
  if (keys === undefined) return
  delete patch[RETAIN_KEYS]
  if (!Array.isArray(keys)) throw badRequest('invalid patch format of retainKeys')
  for (const [name, value] of Object.entries(patch)) {
    if (value === null || name.startsWith(DELETE_FROM) || name.startsWith(ELEMENT_ORDER)) continue
    if (!keys.includes(name)) throw badRequest('invalid patch format of retainKeys')
  }
  for (const name of Object.keys(original)) if (!keys.includes(name)) delete original[name]
}

function applyElementOrders(original: Target, patch: Target, type: FieldType): void {
  for (const [directive, order] of Object.entries(patch)) {
    if (!directive.startsWith(ELEMENT_ORDER)) continue
    delete patch[directive]
    if (!Array.isArray(order)) throw internal(`expected a []interface {}, but received a ${goType(order)}`)
    const name = keyAfter(directive, ELEMENT_ORDER)
    const before = listAt(original, name)
    const value = listAt(patch, name)
    const field = type.map?.fields.get(name)
    if (!field)
      throw internal(`unable to find api field in struct ${type.map?.name ?? ''} for the json field "${name}"`)
    checkOrder(value ?? [], order, field.mergeKey)
    if (!before && !value) continue
    let merged = before ?? withoutDirectives(value)
    if (before && value) merged = field.strategy?.includes('merge') ? listFor(field, before, value, false) : value
    original[name] = orderedAs(merged as unknown[], { order, serverOrder: before ?? [], mergeKey: field.mergeKey }) // lists stay lists
    delete patch[name]
  }
}

function listAt(object: Target, name: string): unknown[] | undefined {
  const value = own(object, name)
  if (value === undefined) return undefined
  if (!Array.isArray(value)) throw internal(`expected a []interface {}, but received a ${goType(value)}`)
  return value
}

function goType(value: unknown): string {
  if (value === null) return '%!s(<nil>)'
  if (typeof value === 'object') return 'map[string]interface {}'
  return typeof value === 'boolean' ? 'bool' : typeof value === 'number' ? 'int64' : 'string'
}

function keyAfter(directive: string, prefix: string): string {
  const rest = directive.slice(prefix.length)
  if (rest.startsWith('/')) return rest.slice(1)
  throw badRequest(
    prefix === DELETE_FROM ? 'invalid patch format of primitive list' : 'invalid patch format of setElementOrder list',
  )
}
