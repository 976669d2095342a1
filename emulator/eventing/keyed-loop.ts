import type { World } from '../world.ts'
import { createScope } from './scope.ts'

/** Work by key: each key once, however often it is asked for, and again after a failure with growing waits. */
export type KeyedLoop = {
  readonly add: (key: string) => void
  readonly stop: () => void
}

const FIRST_MS = 5
const LONGEST_MS = 1_000_000

/** `reconcile` says whether it is done; false asks for another try, 5 ms later, 10, 20 ... up to 1000 s: client-go's rate limiter. */
export function createKeyedLoop(world: World, reconcile: (key: string) => boolean): KeyedLoop {
  const scope = createScope(world)
  const waiting = new Set<string>()
  const failures = new Map<string, { readonly count: number; readonly cancel: () => void }>()

  const run = (key: string): void => {
    waiting.delete(key)
    failures.get(key)?.cancel()
    if (reconcile(key)) return void failures.delete(key)
    const count = failures.get(key)?.count ?? 0
    const wait = Math.min(FIRST_MS * 2 ** count, LONGEST_MS)
    failures.set(key, { count: count + 1, cancel: scope.after(wait, () => add(key)) })
  }
  const add = (key: string): void => {
    if (waiting.has(key)) return
    waiting.add(key)
    scope.after(0, () => run(key))
  }
  return { add, stop: scope.end }
}
