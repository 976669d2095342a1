import { gone, withFields } from '../schema/rebuild.ts'
import type { Json } from './types.ts'

export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The value at a path of keys; `undefined` where the way there ends. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  let found = value
  for (const key of path) found = isObject(found) ? own(found, key) : undefined
  return found
}

/** Not what every object has. */
const own = (object: Json, key: string): unknown => (Object.hasOwn(object, key) ? object[key] : undefined)

export const textAt = (value: unknown, ...path: readonly string[]): string => {
  const found = at(value, ...path)
  if (found === undefined || found === null) return ''
  return typeof found === 'object' ? JSON.stringify(found) : String(found)
}

export const listAt = (value: unknown, ...path: readonly string[]): readonly unknown[] => {
  const found = at(value, ...path)
  return Array.isArray(found) ? found : []
}

/** Deep equality of JSON; absent and undefined keys are the same, the order of keys means nothing. */
export function equal(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((item, index) => equal(item, b[index]))
  if (!isObject(a) || !isObject(b)) return false
  for (const key of Object.keys(a)) if (!equal(a[key], own(b, key))) return false
  for (const key of Object.keys(b)) if (b[key] !== undefined && own(a, key) === undefined) return false
  return true
}

export const without = (object: Json, ...keys: readonly string[]): Json =>
  withFields(object, (value, key) => (keys.includes(key) ? gone : value))

/** `2026-11-21T06:15:41Z` */
export function timestamp(ms: number): string {
  if (ms !== last.ms) last = { ms, text: new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z') }
  return last.text
}

/** Many are written at one moment. */
let last = { ms: Number.NaN, text: '' }

/** What Go calls the kind of a JSON value. */
export const goShape = (value: unknown): string => {
  if (Array.isArray(value)) return 'array'
  return typeof value === 'boolean' ? 'bool' : typeof value
}
