import { spaceOf } from './sorted-keys.ts'
import type { Change } from './store.ts'

type Listener = (change: Change) => void
type Listeners = {
  /** `scope` is '' for a whole resource, `namespace/` for one namespace, or the key of one object. The answer ends it. */
  readonly add: (resource: string, scope: string, listener: Listener) => () => void
  /** Calls those whose scope the change is in, in the order in which they came. */
  readonly tell: (change: Change, key: string) => void
}

/** Who asked for which changes; a change costs as much as there are who asked for it. */
export function createListeners(): Listeners {
  const scopes = new Map<string, Map<number, Listener>>()
  let order = 0

  const concerned = (resource: string, key: string): readonly Listener[] => {
    const space = spaceOf(key)
    const found = ['', ...(space === '' ? [] : [space]), key].flatMap(
      (scope) => scopes.get(nameOf(resource, scope)) ?? [],
    )
    if (found.length === 0) return []
    if (found.length === 1) return [...(found[0]?.values() ?? [])]
    return found
      .flatMap((each) => [...each])
      .sort(([one], [other]) => one - other)
      .map(([, listener]) => listener)
  }

  return {
    add: (resource, scope, listener) => {
      const name = nameOf(resource, scope)
      const own = ++order
      const all = scopes.get(name) ?? new Map<number, Listener>()
      scopes.set(name, all.set(own, listener))
      return () => {
        all.delete(own)
        if (all.size === 0 && scopes.get(name) === all) scopes.delete(name)
      }
    },
    tell: (change, key) => {
      if (scopes.size === 0) return
      for (const listener of concerned(change.resource, key)) listener(change)
    },
  }
}

const nameOf = (resource: string, scope: string): string => `${resource} ${scope}`
