import { createHistory } from './history.ts'
import { createListeners } from './listeners.ts'
import { createSortedKeys, firstNotBelow, type SortedKeys } from './sorted-keys.ts'
import type { KubeObject } from './types.ts'

/** One change of one object. `before` is what a watch compares its selector with. */
export type Change = {
  readonly revision: number
  readonly resource: string
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  readonly object: KubeObject
  readonly before?: KubeObject
}

/** The objects from somewhere on, in the order of their keys; to be read before the next write. */
export type Page = { readonly objects: Iterable<KubeObject>; readonly count: number }

/**
 * Keeps objects by resource (`plural.group`) and key (`namespace/name`, or `name`) under one revision counter. Objects are values: what
 * `get` and `list` give is shared with the store and with every watch, and must not be changed.
 */
export type Store = {
  readonly revision: () => number
  /** Changes up to this revision are forgotten: who asks for one of them or for a list at one of them gets a 410. */
  readonly compacted: () => number
  /** The revision of the last change of a resource; 0 where there was none. */
  readonly changedAt: (resource: string) => number
  readonly get: (resource: string, key: string) => KubeObject | undefined
  readonly count: (resource: string) => number
  /** In the order of their keys. With a `revision`, as it was then; `undefined` when that is compacted. */
  readonly list: (resource: string, prefix: string, revision?: number) => readonly KubeObject[] | undefined
  /** As `list`, but only what comes after the key `after`, and read one by one. */
  readonly page: (resource: string, prefix: string, from: { after?: string; revision?: number }) => Page | undefined
  /** Writes at a new revision, which the stored object then carries. */
  readonly put: (resource: string, key: string, object: KubeObject) => KubeObject
  /** `last` is the object as the DELETED event shows it, but for its resourceVersion. */
  readonly remove: (resource: string, key: string, last: KubeObject) => KubeObject
  /** Changes after `revision` of a resource, oldest first. */
  readonly changesAfter: (resource: string, revision: number) => readonly Change[]
  /** Calls `listener` with each later change of a resource, of a namespace of it (`namespace/`) or of one key; the answer ends that. */
  readonly subscribe: (resource: string, listener: (change: Change) => void, scope?: string) => () => void
  /** Calls `listener` with each later change of anything, before any other listener; the answer ends that. */
  readonly subscribeToAll: (listener: (change: Change) => void) => () => void
  /** Forgets history up to `revision`, by default all of it. */
  readonly compact: (revision?: number) => void
}

type Objects = { readonly get: (key: string) => KubeObject | undefined; readonly keys: SortedKeys }
type Table = Objects & { readonly byKey: Map<string, KubeObject>; changedAt: number }

/** Tables of the past that are kept for the next page of a list. */
const MOST_PASTS = 4

/** Pure but for its own state. Keeps the last `history` changes, or somewhat more. */
export function createStore(history = 10_000): Store {
  const tables = new Map<string, Table>()
  const listeners = createListeners()
  const log = createHistory(history)
  const pasts = new Map<string, Objects>()
  const witnesses = new Set<(change: Change) => void>()
  let revision = 1

  const tableOf = (resource: string): Table => {
    const found = tables.get(resource)
    if (found) return found
    const byKey = new Map<string, KubeObject>()
    const made = { byKey, get: (key: string) => byKey.get(key), keys: createSortedKeys(), changedAt: 0 }
    tables.set(resource, made)
    return made
  }

  const record = (table: Table, key: string, change: Change): void => {
    table.changedAt = change.revision
    log.add(change)
    for (const witness of witnesses) witness(change)
    listeners.tell(change, key)
  }

  const objectsAt = (resource: string, at: number): Objects => {
    const table = tableOf(resource)
    if (at >= table.changedAt) return table
    const name = `${resource} ${at}`
    const past = pasts.get(name) ?? undone(table, log.after(resource, at))
    pasts.delete(name)
    pasts.set(name, past)
    const [oldest] = pasts.keys()
    if (pasts.size > MOST_PASTS && oldest !== undefined) pasts.delete(oldest)
    return past
  }

  const page: Store['page'] = (resource, prefix, { after = '', revision: at = revision }) => {
    if (at < log.compacted()) return undefined
    const { keys, get } = objectsAt(resource, at)
    return pageOf(keys.under(prefix), after, get)
  }

  return {
    revision: () => revision,
    compacted: log.compacted,
    changedAt: (resource) => tables.get(resource)?.changedAt ?? 0,
    get: (resource, key) => tables.get(resource)?.byKey.get(key),
    count: (resource) => tables.get(resource)?.byKey.size ?? 0,
    page,
    list: (resource, prefix, at) => {
      const found = page(resource, prefix, at === undefined ? {} : { revision: at })
      return found && [...found.objects]
    },
    put: (resource, key, object) => {
      revision += 1
      const stored = withRevision(object, revision)
      const table = tableOf(resource)
      const before = table.byKey.get(key)
      table.byKey.set(key, stored)
      if (before) record(table, key, { revision, resource, type: 'MODIFIED', object: stored, before })
      else {
        table.keys.add(key)
        record(table, key, { revision, resource, type: 'ADDED', object: stored })
      }
      return stored
    },
    remove: (resource, key, last) => {
      revision += 1
      const object = withRevision(last, revision)
      const table = tableOf(resource)
      const before = table.byKey.get(key)
      table.byKey.delete(key)
      table.keys.remove(key)
      record(table, key, { revision, resource, type: 'DELETED', object, ...(before && { before }) })
      return object
    },
    changesAfter: log.after,
    subscribe: (resource, listener, scope = '') => listeners.add(resource, scope, listener),
    subscribeToAll: (listener) => {
      witnesses.add(listener)
      return () => void witnesses.delete(listener)
    },
    compact: (to = revision) => log.compact(to),
  }
}

/** The table as it was before these changes, which are undone newest first. */
function undone({ byKey }: Table, changes: readonly Change[]): Objects {
  const then = new Map(byKey)
  for (const { object, before } of changes.toReversed()) {
    if (before === undefined) then.delete(keyOf(object))
    else then.set(keyOf(object), before)
  }
  const keys = createSortedKeys()
  for (const key of [...then.keys()].sort()) keys.add(key)
  return { get: (key) => then.get(key), keys }
}

/** Of lists of keys that are in order, as those within each are. */
function pageOf(lists: readonly (readonly string[])[], after: string, get: Objects['get']): Page {
  const parts = lists.flatMap((keys) => {
    const last = keys.at(-1)
    if (last === undefined || last <= after) return []
    const from = after === '' ? 0 : firstNotBelow(keys, `${after}\0`)
    return [{ keys, from }]
  })
  function* objects(): Iterable<KubeObject> {
    for (const { keys, from } of parts)
      for (let at = from; at < keys.length; at++) {
        const object = get(keys[at] ?? '')
        if (object) yield object
      }
  }
  return { objects: objects(), count: parts.reduce((sum, { keys, from }) => sum + keys.length - from, 0) }
}

export const keyOf = ({ metadata: { namespace, name = '' } }: KubeObject): string =>
  namespace === undefined ? name : `${namespace}/${name}`

const withRevision = (object: KubeObject, revision: number): KubeObject => ({
  ...object,
  metadata: { ...object.metadata, resourceVersion: String(revision) },
})
