import { setTimeout as sleep } from 'node:timers/promises'

const POLL_MS = 200

/** Looks until there is something to see, and returns it; throws with the last error, or `what`, when time is up. */
export async function eventually<T>(what: string, look: () => Promise<T | undefined>, seconds = 60): Promise<T> {
  const deadline = Date.now() + seconds * 1000
  let cause: unknown
  for (;;) {
    try {
      const seen = await look()
      if (seen !== undefined) return seen
    } catch (error) {
      cause = error // not yet: the world is still on its way
    }
    if (Date.now() > deadline) throw new Error(`not within ${seconds} s: ${what}`, { cause })
    await sleep(POLL_MS)
  }
}
