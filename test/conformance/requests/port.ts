export type Sent = {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: unknown
  readonly raw?: string
  /** `user,group,group` */
  readonly as?: string
}

export type Reply = {
  readonly status: number
  readonly headers: { readonly type?: string; readonly retryAfter?: string; readonly warnings: readonly string[] }
  readonly body: unknown
}

export type WatchEvent = { readonly type: string; readonly object: unknown }

/** An open watch; what has come so far is in `events`. */
export type Stream = {
  readonly events: readonly WatchEvent[]
  readonly hasEnded: () => boolean
  readonly close: () => void
}

/** An API server under test: the embedded one or a real one. */
export type Port = {
  readonly send: (sent: Sent) => Promise<Reply>
  /** An answer that is no stream is the refusal of one. */
  readonly watch: (sent: Sent) => Promise<Reply & { readonly stream?: Stream }>
  /** Resolves once `stream` has `count` events, or has had time enough, or, with `isLast`, has been quiet for a while. */
  readonly heard: (stream: Stream, count: number, isLast: boolean) => Promise<void>
  readonly wait: (seconds: number) => Promise<void>
  readonly compact: () => Promise<void>
  readonly close: () => Promise<void>
}
