import { notImplemented, StatusError } from './status.ts'
import type { KubeObject } from './types.ts'

/** Bytes of a request to etcd: what it takes, and what its client sends. */
const etcdLimit = 1.5 * 1024 * 1024
const sendLimit = 2 * 1024 * 1024
/** What a request says besides the object and its key, which it has thrice. */
const frame = 60
/** Of what is stored, and of a text. kube-apiserver takes 10,000 levels; what walks an object here walks it on the stack. */
export const MOST_LEVELS = 1_000

/**
 * The object as etcd takes it: without managedFields where it would be too large with them. Throws the 500 of the real server. Measured as
 * JSON, which is what custom objects are stored as; built-in ones are smaller there.
 */
export function fitting(object: KubeObject, key: string): KubeObject {
  if (boundOf(object) < etcdLimit - 4096) return object
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
/** Less is measured sooner than found, and than forgotten again by the garbage collector. */
const WORTH_REMEMBERING = 8192

/** Bytes that the object takes as JSON, or more. A part that earlier objects had too, as the spec in an update of the status, was measured then. */
function boundOf(object: KubeObject): number {
  let bytes = 2
  for (const key in object) {
    const part = object[key]
    const isNew = key === 'metadata' || typeof part !== 'object' || part === null
    bytes += (isNew ? measured(part, 1) : remembered(part)) + 6 * key.length + 4
  }
  return bytes
}

function remembered(part: object): number {
  const known = bounds.get(part)
  if (known !== undefined) return known
  const bytes = measured(part, 1)
  if (bytes >= WORTH_REMEMBERING) bounds.set(part, bytes)
  return bytes
}

function measured(value: unknown, level: number): number {
  if (level > MOST_LEVELS) throw tooDeep()
  if (typeof value === 'string') return 6 * value.length + 2
  if (typeof value !== 'object' || value === null) return 25
  let bytes = 2
  if (Array.isArray(value)) for (const item of value) bytes += measured(item, level + 1) + 1
  else
    for (const key in value) {
      const inner = (value as Readonly<Record<string, unknown>>)[key]
      bytes += (key === 'fieldsV1' ? ownedBound(inner) : measured(inner, level + 1)) + 6 * key.length + 4
    }
  return bytes
}

export const tooDeep = (): StatusError => notImplemented(`objects of more than ${MOST_LEVELS} levels`)

/** Their levels are those of the object that they are about. Whatever equal sets have in common is one object, too. */
function ownedBound(fields: unknown): number {
  if (typeof fields !== 'object' || fields === null) return measured(fields, 0)
  const known = bounds.get(fields)
  if (known !== undefined) return known
  let bytes = 2
  for (const key in fields) bytes += ownedBound((fields as Readonly<Record<string, unknown>>)[key]) + 6 * key.length + 4
  bounds.set(fields, bytes)
  return bytes
}
