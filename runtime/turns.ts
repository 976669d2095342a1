import pLimit from 'p-limit'
import type { Ports } from '#sdk/index.ts'
import { outcomeOf } from '#sdk/outcome.ts'

/**
 * The host's order of work: one run per key at a time, at most `concurrency` runs in all. Calls for a key that is being worked on
 * share the one run that starts after it: a run reads the live object, so it serves all who rang before it began.
 */
export const createTurns = (concurrency: number): Ports['turn'] => {
  const limit = pLimit(concurrency)
  type Run = ReturnType<Ports['turn']>
  const running = new Map<string, Run>()
  const waiting = new Map<string, Run>()

  return (key, work) => {
    const next = waiting.get(key)
    if (next) return next
    const current = running.get(key)
    const run: Run = (current ?? Promise.resolve()).then(() =>
      limit(() => {
        if (waiting.get(key) === run) waiting.delete(key)
        running.set(key, run)
        return work().catch(outcomeOf)
      }),
    )
    waiting.set(key, run)
    return run.finally(() => {
      if (running.get(key) === run) running.delete(key)
    })
  }
}
