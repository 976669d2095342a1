import { badRequest, tooLarge, unprocessable } from './errors.ts'
import type { JsonObject } from './types.ts'

const MAX_OPERATIONS = 10_000

/**
 * RFC 6902 as the real server's library reads it, which is not always as the RFC does: a missing key is `null` to `test`
 * and `replace` of it adds; negative indices count from the end. Throws 400 for what is no patch, 413 for too many
 * operations, 422 (without the cause, as the real one) for one that does not apply. Pure.
 */
export function jsonPatch(object: JsonObject, patch: unknown): unknown {
  const operations = operationsOf(patch)
  if (operations.length > MAX_OPERATIONS) {
    throw tooLarge(`The allowed maximum operations in a JSON patch is ${MAX_OPERATIONS}, got ${operations.length}`)
  }
  let document: unknown = structuredClone(object)
  for (const operation of operations) document = applied(document, operation)
  return document
}

type Operation = { readonly op?: unknown; readonly path?: unknown; readonly from?: unknown; readonly value?: unknown }

function operationsOf(patch: unknown): readonly Operation[] {
  const refuse = (what: string, type: string) =>
    badRequest(`error decoding patch: json: cannot unmarshal ${what} into Go value of type ${type}`)
  if (patch === null) return []
  if (!Array.isArray(patch)) throw refuse(kindOf(patch), '[]handlers.jsonPatchOp')
  for (const operation of patch) {
    if (!isObject(operation)) throw refuse(kindOf(operation), 'handlers.jsonPatchOp')
    for (const name of ['op', 'path', 'from']) {
      const value = operation[name]
      if (value === undefined || value === null || typeof value === 'string') continue
      throw badRequest(
        `error decoding patch: json: cannot unmarshal ${kindOf(value)} into Go struct field jsonPatchOp.${name} of type string`,
      )
    }
  }
  return patch
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  return typeof value === 'boolean' ? 'bool' : typeof value
}

function applied(document: unknown, operation: Operation): unknown {
  const { op, value } = operation
  const path = pointer(operation.path)
  switch (op) {
    case 'add':
      add(placeOf(document, path), value ?? null)
      return document
    case 'remove':
      remove(placeOf(document, path))
      return document
    case 'replace':
      if (path === '') {
        if (!isContainer(value)) throw unprocessable()
        return structuredClone(value)
      }
      replace(placeOf(document, path), value ?? null)
      return document
    case 'test': {
      const found = path === '' ? document : valueAt(placeOf(document, path))
      if (!equal(found ?? null, value ?? null)) throw unprocessable()
      return document
    }
    case 'move': {
      const from = placeOf(document, pointer(operation.from))
      const moved = valueAt(from)
      remove(from)
      add(placeOf(document, path), moved)
      return document
    }
    case 'copy':
      add(placeOf(document, path), structuredClone(valueAt(placeOf(document, pointer(operation.from))) ?? null))
      return document
    default:
      throw unprocessable()
  }
}

type Place = { readonly container: Record<string, unknown> | unknown[]; readonly key: string }

function pointer(path: unknown): string {
  if (typeof path !== 'string') throw unprocessable()
  return path
}

/** Whatever comes before the first slash is ignored, as there. */
function placeOf(document: unknown, path: string): Place {
  const keys = path.split('/').slice(1).map(unescaped)
  const key = keys.pop()
  if (key === undefined) throw unprocessable()
  let container = document
  for (const step of keys) {
    if (!isContainer(container)) throw unprocessable()
    container = valueAt({ container, key: step })
  }
  if (!isContainer(container)) throw unprocessable()
  return { container, key }
}

const unescaped = (token: string): string => token.replace(/~[01]/g, (sequence) => (sequence === '~1' ? '/' : '~'))

function valueAt({ container, key }: Place): unknown {
  if (!Array.isArray(container)) return Object.hasOwn(container, key) ? container[key] : undefined
  return container[existing(container, key)]
}

function add({ container, key }: Place, value: unknown): void {
  const added = structuredClone(value)
  if (!Array.isArray(container)) put(container, key, added)
  else if (key === '-') container.push(added)
  else container.splice(indexIn(container.length + 1, key), 0, added)
}

function remove({ container, key }: Place): void {
  if (Array.isArray(container)) container.splice(existing(container, key), 1)
  else if (Object.hasOwn(container, key)) delete container[key]
  else throw unprocessable()
}

function replace({ container, key }: Place, value: unknown): void {
  const replacement = structuredClone(value)
  if (Array.isArray(container)) container[existing(container, key)] = replacement
  else put(container, key, replacement)
}

/** Plain assignment would take `__proto__` for the prototype. */
function put(container: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(container, key, { value, writable: true, enumerable: true, configurable: true })
}

const existing = (list: readonly unknown[], key: string): number => indexIn(list.length, key)

/** As Go's Atoi reads numbers; negative ones count from the end of `length`. */
function indexIn(length: number, key: string): number {
  if (!/^[+-]?\d+$/.test(key)) throw unprocessable()
  const index = Number(key)
  if (index >= length || index < -length) throw unprocessable()
  return index < 0 ? index + length : index
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isContainer = (value: unknown): value is Record<string, unknown> | unknown[] =>
  typeof value === 'object' && value !== null

function equal(one: unknown, other: unknown): boolean {
  if (Array.isArray(one) || Array.isArray(other)) {
    if (!Array.isArray(one) || !Array.isArray(other) || one.length !== other.length) return false
    return one.every((item, index) => equal(item, other[index]))
  }
  if (!isObject(one) || !isObject(other)) return one === other
  const keys = Object.keys(one)
  return keys.length === Object.keys(other).length && keys.every((key) => key in other && equal(one[key], other[key]))
}
