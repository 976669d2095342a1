import { type Outcome, type Ports, settled, ThrottledError } from '#sdk/index.ts'
import { outcomeOf } from '#sdk/outcome.ts'
import { createTurns } from '../turns.ts'
import type { Clock } from './clock.ts'

/** client-go's, DefaultTypedControllerRateLimiter in util/workqueue/default_rate_limiters.go. */
const FIRST_RETRY_MS = 5
const LONGEST_RETRY_MS = 1000 * 1000

/** A deadline that has passed already is not asked about without a pause; one that is far is looked at once a day. */
const SHORTEST_WAIT_MS = 1000
const LONGEST_WAIT_MS = 24 * 3600 * 1000

export type Queue = {
  readonly turn: Ports['turn']
  /** Drops what these objects still wait for: they are gone, or no business of ours any more. Work in hand is finished, and not tried again. */
  forget(matches: (key: string) => boolean): void
  /** Objects that wait for their turn, are in hand, or wait for a moment to come. */
  depth(): { readonly waiting: number; readonly inHand: number; readonly delayed: number }
  /** How often work was to be tried again, in all. */
  retries(): number
  /** From now on no work begins. Resolves when that in hand has ended. */
  stop(): Promise<void>
}

export type QueueOptions = {
  readonly concurrency: number
  readonly clock: Clock
}

/**
 * The turns of a process that stays: what failed is tried again by itself, later each time, and what waits for a moment is done when that
 * has come. A wake-up before then does not wait. Only a success makes the next failure the first.
 */
export const createQueue = ({ concurrency, clock }: QueueOptions): Queue => {
  const turns = createTurns(concurrency)
  const waiting = new Set<string>()
  const inHand = new Map<string, Promise<unknown>>()
  const delayed = new Map<string, () => void>()
  const failures = new Map<string, number>()
  const forgotten = new Set<string>()
  let isStopped = false
  let retries = 0

  const cancel = (key: string): void => {
    delayed.get(key)?.()
    delayed.delete(key)
  }
  const delayOf = (key: string, outcome: Outcome): number | undefined => {
    if (outcome.state === 'failed') {
      const before = failures.get(key) ?? 0
      failures.set(key, before + 1)
      const asked = outcome.error instanceof ThrottledError ? outcome.error.retryAfterSeconds * 1000 : 0
      retries += 1
      return Math.max(asked, Math.min(FIRST_RETRY_MS * 2 ** before, LONGEST_RETRY_MS))
    }
    failures.delete(key)
    if (outcome.state !== 'waiting') return undefined
    return Math.min(Math.max(outcome.until.getTime() - clock.now(), SHORTEST_WAIT_MS), LONGEST_WAIT_MS)
  }

  const turn: Queue['turn'] = (key, work) => {
    if (isStopped) return Promise.resolve(settled('Stopping'))
    waiting.add(key)
    return turns(key, async () => {
      waiting.delete(key)
      if (isStopped) return settled('Stopping')
      cancel(key)
      forgotten.delete(key)
      const run = work().catch(outcomeOf)
      inHand.set(key, run)
      const outcome = await run
      inHand.delete(key)
      const delay = forgotten.delete(key) || isStopped ? undefined : delayOf(key, outcome)
      if (delay !== undefined) {
        cancel(key)
        delayed.set(
          key,
          clock.after(delay, () => {
            delayed.delete(key)
            void turn(key, work)
          }),
        )
      }
      return outcome
    })
  }

  return {
    turn,
    forget: (matches) => {
      for (const key of [...delayed.keys(), ...failures.keys(), ...inHand.keys()]) {
        if (!matches(key)) continue
        cancel(key)
        failures.delete(key)
        if (inHand.has(key)) forgotten.add(key)
      }
    },
    depth: () => ({ waiting: waiting.size, inHand: inHand.size, delayed: delayed.size }),
    retries: () => retries,
    stop: async () => {
      isStopped = true
      for (const key of [...delayed.keys()]) cancel(key)
      await Promise.allSettled(inHand.values())
    },
  }
}
