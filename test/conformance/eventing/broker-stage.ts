/** What a host answers; or it breaks the connection. After its answers are used up: 204. */
export type HostAnswer =
  | {
      readonly status: number
      readonly headers?: Readonly<Record<string, string>>
      readonly body?: string
      readonly slowMs?: number
    }
  | 'reset'

export type BrokerCase = {
  readonly name: string
  readonly brokerDelivery?: object
  readonly isAsync?: true
  /** By name; the subscriber of each is `http://<name>.test/`. */
  readonly triggers: Readonly<
    Record<string, { readonly filter?: object; readonly filters?: readonly object[]; readonly delivery?: object }>
  >
  readonly answers?: Readonly<Record<string, readonly HostAnswer[]>>
  /** Headers beside those of an ordinary event. */
  readonly publish: readonly {
    readonly headers?: Readonly<Record<string, string | undefined>>
    readonly body?: string
    readonly path?: string
  }[]
  /** Only the order counts. */
  readonly isUntimed?: true
  /** How long it takes until nothing happens any more. */
  readonly ms?: number
}

export type HostRequest = {
  readonly host: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly at: number
}

/** A broker with hosts around it: the real one or ours. */
export type BrokerStage = {
  /** A Broker of this name with the Triggers of the case, ready. */
  readonly install: (broker: string, given: BrokerCase) => Promise<void>
  /** POSTs to the ingress; resolves with the status, 0 for none. */
  readonly post: (path: string, headers: Readonly<Record<string, string>>, body: string) => Promise<number>
  readonly answer: (answers: Readonly<Record<string, readonly HostAnswer[]>>) => void
  readonly requests: () => readonly HostRequest[]
  readonly pass: (ms: number) => Promise<void>
}
