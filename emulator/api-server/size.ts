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
  if (atMost(object, etcdLimit - 4096, 0) > 0) return object
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

/** What is left of so many bytes, at least, after the value as JSON; nothing or less where that is not sure. */
function atMost(value: unknown, bytes: number, level: number): number {
  if (level > MOST_LEVELS) throw tooDeep()
  if (typeof value === 'string') return bytes - 6 * value.length - 2
  if (typeof value !== 'object' || value === null) return bytes - 25
  let left = bytes - 2
  if (Array.isArray(value)) for (const item of value) left = atMost(item, left - 1, level + 1)
  else
    for (const key of Object.keys(value))
      left = atMost((value as Readonly<Record<string, unknown>>)[key], left - 6 * key.length - 4, level + 1)
  return left
}

export const tooDeep = (): StatusError => notImplemented(`objects of more than ${MOST_LEVELS} levels`)

/** Throws 501 for a body of too many levels. Walks it level by level. */
export function checkLevels(body: unknown): void {
  let level: unknown[] = [body]
  for (let count = 0; level.length > 0; count++) {
    if (count > MOST_LEVELS) throw tooDeep()
    const next: unknown[] = []
    for (const each of level)
      if (typeof each === 'object' && each !== null) for (const inner of Object.values(each)) next.push(inner)
    level = next
  }
}
