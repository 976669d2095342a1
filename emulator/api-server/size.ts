import { notImplemented, StatusError } from './status.ts'
import type { KubeObject } from './types.ts'

/** Bytes of a request to etcd: what it takes, and what its client sends. */
const etcdLimit = 1.5 * 1024 * 1024
const sendLimit = 2 * 1024 * 1024
/** What a request says besides the object and its key, which it has thrice. */
const frame = 60
/** kube-apiserver takes 10,000 levels; what walks an object here walks it on the stack. */
export const MOST_LEVELS = 1_000

/**
 * The object as etcd takes it: without managedFields where it would be too large with them. Throws the 500 of the real server. Measured as
 * JSON, which is what custom objects are stored as; built-in ones are smaller there.
 */
export function fitting(object: KubeObject, key: string): KubeObject {
  if (boundOf(object, 0) < etcdLimit - 4096) return object
  if (sizeOf(object, key) <= etcdLimit) return object
  const { managedFields: _, ...metadata } = object.metadata
  const bare = { ...object, metadata }
  const size = sizeOf(bare, key)
  if (size <= etcdLimit) return bare
  const text =
    size > sendLimit
      ? `rpc error: code = ResourceExhausted desc = trying to send message larger than max (${size} vs. ${sendLimit})`
      : 'etcdserver: request is too large'
  throw new StatusError(500, '', text)
}

const sizeOf = (object: KubeObject, key: string): number =>
  Buffer.byteLength(JSON.stringify(object)) + 3 * `/registry/${object.apiVersion}/${object.kind}/${key}`.length + frame

const bounds = new WeakMap<object, number>()

/** Bytes that the value takes as JSON, or fewer. What is shared with earlier objects, as the spec in an update of the status, was measured then. */
function boundOf(value: unknown, level: number): number {
  if (level > MOST_LEVELS) throw tooDeep()
  if (typeof value === 'string') return 6 * value.length + 2
  if (typeof value !== 'object' || value === null) return 25
  const known = bounds.get(value)
  if (known !== undefined) return known
  let bytes = 2
  if (Array.isArray(value)) for (const item of value) bytes += boundOf(item, level + 1) + 1
  else
    for (const key of Object.keys(value)) {
      const inner = (value as Readonly<Record<string, unknown>>)[key]
      // Equal sets of owned fields are one object.
      bytes += (key === 'fieldsV1' ? ownedBound(inner) : boundOf(inner, level + 1)) + 6 * key.length + 4
    }
  if (level === 1) bounds.set(value, bytes)
  return bytes
}

export const tooDeep = (): StatusError => notImplemented(`objects of more than ${MOST_LEVELS} levels`)

function ownedBound(fields: unknown): number {
  if (typeof fields !== 'object' || fields === null) return boundOf(fields, 0)
  const bytes = bounds.get(fields) ?? 6 * JSON.stringify(fields).length
  bounds.set(fields, bytes)
  return bytes
}

const shallow = new WeakSet<object>()

/** Throws 501 for a body of too many levels. Looks at parts of objects that it has seen only once. */
export function checkLevels(body: unknown): void {
  if (typeof body !== 'object' || body === null) return
  for (const part of Object.values(body)) {
    if (typeof part !== 'object' || part === null || shallow.has(part)) continue
    if (isDeeper(part, MOST_LEVELS - 1)) throw tooDeep()
    shallow.add(part)
  }
}

function isDeeper(value: object, levels: number): boolean {
  if (levels === 0) return true
  for (const inner of Object.values(value)) {
    if (typeof inner === 'object' && inner !== null && isDeeper(inner, levels - 1)) return true
  }
  return false
}
