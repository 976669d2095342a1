/** What a test breaks in between. Chances are from 0 to 1, lengths in milliseconds. */
export type Faults = {
  /** Changes that the adapter sees and never sends. 1: all. */
  readonly lose: number
  /** A second adapter for each source: every change twice, with two ids. */
  readonly isTwice: boolean
  /** Before each event that an adapter sends; those behind it wait too. */
  readonly delayMs: number
  /** Deliveries to Triggers that are held back for up to `reorderMs`, so that later ones overtake them (with async-handler). */
  readonly reorder: number
  readonly reorderMs: number
  /** Deliveries to Triggers that get lost between broker and subscriber, as in a dispatcher that ends. */
  readonly loseDeliveries: number
  /** The adapters' sinks refuse connections. */
  readonly isSinkDown: boolean
  /** The broker's ingress refuses connections. */
  readonly isBrokerDown: boolean
  /** The channel behind the broker is unreachable: its ingress answers 500. */
  readonly isDispatcherDown: boolean
  /** The adapters' watches break off, and their API server refuses connections. */
  readonly isApiServerAway: boolean
}

export const noFaults: Faults = {
  lose: 0,
  isTwice: false,
  delayMs: 0,
  reorder: 0,
  reorderMs: 1000,
  loseDeliveries: 0,
  isSinkDown: false,
  isBrokerDown: false,
  isDispatcherDown: false,
  isApiServerAway: false,
}
