/**
 * What the outside gives to everything in here: time, chance and names. On a laptop it is the real one (`host/real-world.ts`); in
 * tests time stands still until it is moved, and one seed decides the rest (`host/virtual-world.ts`).
 */
export type World = {
  /** Whole milliseconds since the epoch. */
  readonly now: () => number
  /** Calls `work` once, `ms` from now and never at once; what is due together comes in the order in which it was asked for. The answer cancels it. */
  readonly after: (ms: number, work: () => void) => () => void
  readonly uuid: () => string
  /** At least 0, below 1. */
  readonly random: () => number
}
