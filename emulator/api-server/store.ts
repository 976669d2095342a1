import type { KubeObject } from './types.ts'

/** One change of one object. `before` is what a watch compares its selector with. */
export type Change = {
  readonly revision: number
  readonly resource: string
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  readonly object: KubeObject
  readonly before?: KubeObject
}

/** All objects of a resource at a revision; never changes. Keys are `namespace/name`, or `name`, in no order. */
export type Snapshot = ReadonlyMap<string, KubeObject>

/**
 * Keeps objects by resource (`plural.group`) and key under one revision counter. Objects are values: what `get` and
 * `list` give is shared with the store and with every watch, and must not be changed.
 */
export type Store = {
  readonly revision: () => number
  /** Changes up to this revision are forgotten: who asks for one of them or for a list at one of them gets a 410. */
  readonly compacted: () => number
  readonly get: (resource: string, key: string) => KubeObject | undefined
  /** In the order of their keys. With a `revision`, as it was then; `undefined` when that is compacted. */
  readonly list: (resource: string, prefix: string, revision?: number) => readonly KubeObject[] | undefined
  /** Writes at a new revision, which the stored object then carries. */
  readonly put: (resource: string, key: string, object: KubeObject) => KubeObject
  /** `last` is the object as the DELETED event shows it, but for its resourceVersion. */
  readonly remove: (resource: string, key: string, last: KubeObject) => KubeObject
  /** Changes after `revision` of a resource, oldest first. */
  readonly changesAfter: (resource: string, revision: number) => readonly Change[]
  /** Calls `listener` with each later change of a resource; the answer ends that. */
  readonly subscribe: (resource: string, listener: (change: Change) => void) => () => void
  /** Forgets history up to `revision`, by default all of it. */
  readonly compact: (revision?: number) => void
}

/** Pure but for its own state. Keeps the last `history` changes. */
export function createStore(history = 10_000): Store {
  const tables = new Map<string, Map<string, KubeObject>>()
  const listeners = new Map<string, Set<(change: Change) => void>>()
  let log: Change[] = []
  let revision = 1
  let compacted = 0

  const tableOf = (resource: string): Map<string, KubeObject> => {
    const found = tables.get(resource) ?? new Map<string, KubeObject>()
    tables.set(resource, found)
    return found
  }

  const compact = (to: number): void => {
    compacted = Math.max(compacted, to)
    log = log.filter((change) => change.revision > compacted)
  }

  const record = (change: Change): void => {
    log.push(change)
    if (log.length > history * 2) compact(log[log.length - history - 1]?.revision ?? revision)
    for (const listener of [...(listeners.get(change.resource) ?? [])]) listener(change)
  }

  /** Undoes the changes after `at`, newest first. */
  const tableAt = (resource: string, at: number): Snapshot => {
    const now = new Map(tableOf(resource))
    for (const change of log.toReversed()) {
      if (change.revision <= at) break
      if (change.resource !== resource) continue
      const key = keyOf(change.object)
      if (change.before === undefined) now.delete(key)
      else now.set(key, change.before)
    }
    return now
  }

  return {
    revision: () => revision,
    compacted: () => compacted,
    get: (resource, key) => tables.get(resource)?.get(key),
    list: (resource, prefix, at) => {
      if (at !== undefined && at < compacted) return undefined
      const table = at === undefined || at >= revision ? tableOf(resource) : tableAt(resource, at)
      return [...table.keys()]
        .filter((key) => key.startsWith(prefix))
        .sort(byteOrder)
        .flatMap((key) => table.get(key) ?? [])
    },
    put: (resource, key, object) => {
      revision += 1
      const stored = withRevision(object, revision)
      const table = tableOf(resource)
      const before = table.get(key)
      table.set(key, stored)
      const type = before === undefined ? 'ADDED' : 'MODIFIED'
      record({ revision, resource, type, object: stored, ...(before && { before }) })
      return stored
    },
    remove: (resource, key, last) => {
      revision += 1
      const object = withRevision(last, revision)
      const table = tableOf(resource)
      const before = table.get(key)
      table.delete(key)
      record({ revision, resource, type: 'DELETED', object, ...(before && { before }) })
      return object
    },
    changesAfter: (resource, after) => log.filter((change) => change.revision > after && change.resource === resource),
    subscribe: (resource, listener) => {
      const all = listeners.get(resource) ?? new Set()
      listeners.set(resource, all.add(listener))
      return () => void all.delete(listener)
    },
    compact: (to = revision) => compact(to),
  }
}

export const keyOf = ({ metadata: { namespace, name = '' } }: KubeObject): string =>
  namespace === undefined ? name : `${namespace}/${name}`

/** Kubernetes' names are ASCII, so that UTF-16 order is etcd's byte order. */
const byteOrder = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

const withRevision = (object: KubeObject, revision: number): KubeObject => ({
  ...object,
  metadata: { ...object.metadata, resourceVersion: String(revision) },
})
