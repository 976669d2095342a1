import type { Change } from './store.ts'

/** The last changes, of all resources, in the order of their revisions; holds references only. */
export type History = {
  /** Changes up to this revision are forgotten. */
  readonly compacted: () => number
  readonly add: (change: Change) => void
  /** Of one resource, after a revision, oldest first. */
  readonly after: (resource: string, revision: number) => readonly Change[]
  readonly compact: (revision: number) => void
}

/** Keeps `limit` changes at least, and twice as many at most. */
export function createHistory(limit: number): History {
  const logs = new Map<string, Change[]>()
  /** Of each change that is kept, whatever its resource; as long as all logs together. */
  let revisions: number[] = []
  let compacted = 0

  const compact = (to: number): void => {
    if (to <= compacted) return
    compacted = to
    revisions = revisions.slice(firstAfter(revisions, to, itself))
    for (const [resource, log] of logs) {
      const first = firstAfter(log, to, revisionOf)
      if (first === log.length) logs.delete(resource)
      else if (first > 0) logs.set(resource, log.slice(first))
    }
  }

  return {
    compacted: () => compacted,
    add: (change) => {
      const log = logs.get(change.resource)
      if (log) log.push(change)
      else logs.set(change.resource, [change])
      revisions.push(change.revision)
      if (revisions.length > limit * 2) compact(revisions[revisions.length - limit - 1] ?? change.revision)
    },
    after: (resource, revision) => {
      const log = logs.get(resource) ?? []
      return log.slice(firstAfter(log, revision, revisionOf))
    },
    compact,
  }
}

const itself = (revision: number): number => revision
const revisionOf = ({ revision }: Change): number => revision

function firstAfter<T>(sorted: readonly T[], revision: number, of: (each: T) => number): number {
  let from = 0
  let to = sorted.length
  while (from < to) {
    const middle = (from + to) >> 1
    if (of(sorted[middle] as T) > revision)
      to = middle // below the length
    else from = middle + 1
  }
  return from
}
