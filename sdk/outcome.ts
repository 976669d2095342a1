import { PermanentError } from './errors.ts'

/** News for whoever subscribes to the broker: becomes the reply event. Best effort; status is the truth. */
export type Announcement = {
  /** A CloudEvents type of its own: a reply with the type that woke the function would loop. */
  readonly type: string
  readonly subject: string
  readonly data: Readonly<Record<string, unknown>>
}

/**
 * What became of an event. Hosts translate it in one place each.
 * `settled`: nothing more to do. `waiting`: nothing to do before `until`. `rejected`: a valid event that nothing will help.
 * `failed`: try again.
 */
export type Outcome =
  | { readonly state: 'settled'; readonly reason: string; readonly announce?: Announcement | undefined }
  | {
      readonly state: 'waiting'
      readonly reason: string
      readonly until: Date
      readonly announce?: Announcement | undefined
    }
  | { readonly state: 'rejected'; readonly reason: string; readonly error: PermanentError }
  | { readonly state: 'failed'; readonly reason: string; readonly error: Error }

export const settled = (reason: string): Outcome => ({ state: 'settled', reason })

/** The only place where a throw becomes an outcome. The reason is the error's class or, for permanent ones, its own word. */
export const outcomeOf = (thrown: unknown): Outcome => {
  if (thrown instanceof PermanentError) return { state: 'rejected', reason: thrown.reason, error: thrown }
  const error = thrown instanceof Error ? thrown : new Error(String(thrown))
  return { state: 'failed', reason: error.name, error }
}

const severity = { settled: 0, waiting: 1, rejected: 2, failed: 3 } as const

/** One outcome for many: the gravest, and of several waits the soonest. */
export const worstOf = (a: Outcome, b: Outcome): Outcome => {
  if (a.state === 'waiting' && b.state === 'waiting') return b.until < a.until ? b : a
  return severity[b.state] > severity[a.state] ? b : a
}
