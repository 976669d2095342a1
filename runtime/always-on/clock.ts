/** Time and chance, as the always-on host needs them; in tests time stands still until it is moved. */
export type Clock = {
  /** Milliseconds. */
  readonly now: () => number
  /** Calls `work` once, `ms` from now. The answer cancels it. */
  readonly after: (ms: number, work: () => void) => () => void
  /** At least 0, below 1. */
  readonly random: () => number
}

/** A timer of Node's holds 24 days; whoever waits longer looks again meanwhile. */
const LONGEST_MS = 2 ** 31 - 1

const after: Clock['after'] = (ms, work) => {
  const timer = setTimeout(work, Math.min(ms, LONGEST_MS))
  return () => clearTimeout(timer)
}

/** Since 1970, as deadlines are written. */
export const wallClock: Clock = { now: Date.now, after, random: Math.random }

/** Since whenever: it never goes back, and nobody sets it. */
export const steadyClock: Clock = { ...wallClock, now: () => performance.now() }

/** Resolves after `ms`, or when the signal comes. */
export const rest = (clock: Clock, ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const end = () => {
      cancel()
      signal.removeEventListener('abort', end)
      resolve()
    }
    const cancel = clock.after(ms, end)
    signal.addEventListener('abort', end, { once: true })
  })
