/** The keys of one resource in their order, by namespace. */
export type SortedKeys = {
  readonly add: (key: string) => void
  readonly remove: (key: string) => void
  /**
   * The lists of keys with a prefix (`namespace/`, or '' for all), which one after the other are in order. They are the index's own:
   * to be read before the next change.
   */
  readonly under: (prefix: string) => readonly (readonly string[])[]
}

/** A list of this length becomes two: a new key moves those behind it in one list only. */
const MOST_IN_LIST = 512

export function createSortedKeys(): SortedKeys {
  /** Lists that are not empty, in order. */
  const spaces = new Map<string, string[][]>()
  let names: string[] = []

  return {
    add: (key) => {
      const space = spaceOf(key)
      const lists = spaces.get(space)
      if (lists) return insert(lists, key)
      spaces.set(space, [[key]])
      names.splice(firstNotBelow(names, space), 0, space)
    },
    remove: (key) => {
      const space = spaceOf(key)
      const lists = spaces.get(space) ?? []
      const index = listFor(lists, key)
      const keys = lists[index] ?? []
      const at = firstNotBelow(keys, key)
      if (keys[at] !== key) return
      keys.splice(at, 1)
      if (keys.length === 0) lists.splice(index, 1)
      if (lists.length > 0) return
      spaces.delete(space)
      names = names.filter((each) => each !== space)
    },
    under: (prefix) => (prefix === '' ? names : [prefix]).flatMap((name) => spaces.get(name) ?? []),
  }
}

function insert(lists: string[][], key: string): void {
  const index = Math.min(listFor(lists, key), lists.length - 1)
  const keys = lists[index] ?? []
  const last = keys.at(-1) ?? ''
  if (last < key) keys.push(key)
  else keys.splice(firstNotBelow(keys, key), 0, key)
  if (keys.length >= MOST_IN_LIST) lists.splice(index + 1, 0, keys.splice(MOST_IN_LIST / 2))
}

/** The first list that ends with the key or one behind it; their count where there is none. */
function listFor(lists: readonly (readonly string[])[], key: string): number {
  let from = 0
  let to = lists.length
  while (from < to) {
    const middle = (from + to) >> 1
    if ((lists[middle]?.at(-1) ?? '') < key) from = middle + 1
    else to = middle
  }
  return from
}

/** With its slash: so that `a-b/x`, as in etcd, comes before `a/x`. */
export const spaceOf = (key: string): string => key.slice(0, key.indexOf('/') + 1)

/** Kubernetes' names are ASCII, so that UTF-16 order is etcd's byte order. */
export function firstNotBelow(sorted: readonly string[], key: string): number {
  let from = 0
  let to = sorted.length
  while (from < to) {
    const middle = (from + to) >> 1
    if ((sorted[middle] ?? '') < key) from = middle + 1
    else to = middle
  }
  return from
}
