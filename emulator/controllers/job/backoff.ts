import { endedAt, type PodObject } from '../pods.ts'

/** The failures of a Job's Pods since the last success. */
export type Backoff = { readonly failures: number; readonly lastFailureAt: number }

const FIRST_MS = 10_000
const LAST_MS = 600_000

/** With the Pods that have ended since; a success begins anew. */
export function backoffAfter(
  before: Backoff | undefined,
  succeeded: readonly PodObject[],
  failed: readonly PodObject[],
): Backoff {
  const ends = [
    ...succeeded.map((pod) => ({ at: endedAt(pod), isFailure: false })),
    ...failed.map((pod) => ({ at: endedAt(pod), isFailure: true })),
  ].sort((a, b) => a.at - b.at)
  return ends.reduce(
    ({ failures, lastFailureAt }, { at, isFailure }) =>
      isFailure ? { failures: failures + 1, lastFailureAt: at } : { failures: 0, lastFailureAt },
    before ?? { failures: 0, lastFailureAt: 0 },
  )
}

/** Milliseconds until the next Pod may be made: 10 s after the first failure, 20 s after the second ... 10 min. */
export function remainingMs({ failures, lastFailureAt }: Backoff, now: number): number {
  if (failures === 0) return 0
  const wait = Math.min(FIRST_MS * 2 ** (failures - 1), LAST_MS)
  return Math.max(0, wait - (now - lastFailureAt))
}
