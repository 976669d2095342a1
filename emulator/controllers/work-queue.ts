import { StatusError } from '../api-server/status.ts'
import type { World } from '../world.ts'

export type WorkQueue = {
  /** Soon, and once however often it is asked for; never from within the caller. */
  readonly add: (key: string) => void
  /** Not before `ms` have gone by; of several the earliest counts. */
  readonly addAfter: (key: string, ms: number) => void
  readonly stop: () => void
}

const FIRST_RETRY_MS = 5
const LAST_RETRY_MS = 1_000_000

/**
 * Calls `sync` with one key after the other, in the order in which they were added. What throws is tried again after 5 ms, 10 ms ... 1000 s, as
 * client-go's default rate limiter has it, if the API server refused it.
 */
export function createWorkQueue(world: World, sync: (key: string) => void): WorkQueue {
  let waiting = new Set<string>()
  let isDrainDue = false
  let isStopped = false
  const failures = new Map<string, number>()
  const delayed = new Map<string, { readonly at: number; readonly cancel: () => void }>()

  const add = (key: string): void => {
    if (isStopped) return
    waiting.add(key)
    if (isDrainDue) return
    isDrainDue = true
    world.after(0, drain)
  }
  const drain = (): void => {
    isDrainDue = false
    const keys = waiting
    waiting = new Set()
    for (const key of keys) {
      if (isStopped) return
      attempt(key)
    }
  }
  const attempt = (key: string): void => {
    try {
      sync(key)
      failures.delete(key)
    } catch (error) {
      // A lost race, a quota, a namespace that goes away: the next look tells. Anything else is a fault in here.
      if (!(error instanceof StatusError)) throw error
      const count = failures.get(key) ?? 0
      failures.set(key, count + 1)
      addAfter(key, Math.min(FIRST_RETRY_MS * 2 ** count, LAST_RETRY_MS))
    }
  }
  const addAfter = (key: string, ms: number): void => {
    if (isStopped) return
    if (ms <= 0) {
      add(key)
      return
    }
    const at = world.now() + ms
    const earlier = delayed.get(key)
    if (earlier && earlier.at <= at) return
    earlier?.cancel()
    const cancel = world.after(ms, () => {
      delayed.delete(key)
      add(key)
    })
    delayed.set(key, { at, cancel })
  }
  return {
    add,
    addAfter,
    stop: () => {
      isStopped = true
      for (const { cancel } of delayed.values()) cancel()
      delayed.clear()
    },
  }
}
