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

export function createSortedKeys(): SortedKeys {
  const spaces = new Map<string, string[]>()
  let names: string[] = []

  const insert = (list: string[], key: string): void => {
    const last = list.at(-1)
    if (last === undefined || last < key) list.push(key)
    else list.splice(firstNotBelow(list, key), 0, key)
  }

  return {
    add: (key) => {
      const space = spaceOf(key)
      const keys = spaces.get(space)
      if (keys) return insert(keys, key)
      spaces.set(space, [key])
      insert(names, space)
    },
    remove: (key) => {
      const space = spaceOf(key)
      const keys = spaces.get(space) ?? []
      const at = firstNotBelow(keys, key)
      if (keys[at] === key) keys.splice(at, 1)
      if (keys.length > 0) return
      spaces.delete(space)
      names = names.filter((each) => each !== space)
    },
    under: (prefix) => (prefix === '' ? names : [prefix]).map((name) => spaces.get(name) ?? []),
  }
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
