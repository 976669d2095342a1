import type { Cluster } from './cluster.ts'
import type { Measure, Survey } from './metrics.ts'
import type { Outcome } from './outcome.ts'
import type { Change } from './post.ts'

export type Log = {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

/** What the operator of an installation decides; read from the environment once, by the host. */
export type Settings = {
  /** The namespace that Dormouse itself runs in. */
  readonly namespace: string
  /** The namespace of the backend that runners talk to. */
  readonly backendNamespace: string
  /** Of its API, without a slash at the end. */
  readonly backendUrl: string
  readonly runnerImage: string
  /** After so long without activity a session is stopped, where neither it nor its project says otherwise. 0 is never. */
  readonly inactivityTimeoutSeconds: number
  /** The document that says how sessions run, as it was read; the function that uses it says what is wrong with it. Absent: the built-in way. */
  readonly runnerProfiles?: unknown
}

/** Everything that the outside may vary. A function gets nothing from anywhere else. */
export type Ports = {
  readonly cluster: Cluster
  readonly now: () => Date
  readonly log: Log
  readonly settings: Settings
  /** Posts JSON to a path of the backend's API, and throws where it is not taken. */
  readonly askBackend: (path: string, body: object) => Promise<void>
  /**
   * Tells a runner of changes, one after the other, within ten seconds in all. For each, why it was not taken, `undefined` where it was.
   * Never throws.
   */
  readonly askRunner: (
    runner: { readonly url: string; readonly token: string },
    changes: readonly Change[],
  ) => Promise<readonly (string | undefined)[]>
  /** A text that nobody can guess, another each time. */
  readonly random: () => string
  /** Counts in memory; never waits for anything. */
  readonly measure: (measure: Measure | Survey) => void
  /** Runs work for one key at a time. Calls that come meanwhile all join the one run that follows. */
  readonly turn: (key: string, work: () => Promise<Outcome>) => Promise<Outcome>
  /** Which changes (uid and resourceVersion) this process has dealt with lately. */
  readonly handled: { has(change: string): boolean; add(change: string): void }
}
