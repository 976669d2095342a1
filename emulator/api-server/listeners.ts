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
  /** By resource and scope. */
  const scopes = new Map<string, Map<string, Map<number, Listener>>>()
  let order = 0

  const concerned = (resource: string, key: string): readonly Listener[] => {
    const ofResource = scopes.get(resource)
    if (!ofResource) return []
    const space = spaceOf(key)
    const found: Map<number, Listener>[] = []
    for (const scope of space === '' ? ['', key] : ['', space, key]) {
      const those = ofResource.get(scope)
      if (those) found.push(those)
    }
    if (found.length === 0) return []
    if (found.length === 1) return [...(found[0]?.values() ?? [])]
    return found
      .flatMap((each) => [...each])
      .sort(([one], [other]) => one - other)
      .map(([, listener]) => listener)
  }

  return {
    add: (resource, scope, listener) => {
      const own = ++order
      const ofResource = scopes.get(resource) ?? new Map<string, Map<number, Listener>>()
      scopes.set(resource, ofResource)
      const all = ofResource.get(scope) ?? new Map<number, Listener>()
      ofResource.set(scope, all.set(own, listener))
      return () => {
        all.delete(own)
        if (all.size === 0 && ofResource.get(scope) === all) ofResource.delete(scope)
      }
    },
    tell: (change, key) => {
      for (const listener of concerned(change.resource, key)) listener(change)
    },
  }
}
