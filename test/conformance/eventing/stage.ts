/** What a sink does with a request: a status, or it breaks the connection. */
export type SinkAnswer = number | 'reset'

export type SinkRequest = {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** Milliseconds of some clock. */
  readonly at: number
}

export type SourceSpec = {
  readonly mode: 'Reference' | 'Resource'
  readonly resources: readonly { readonly apiVersion: string; readonly kind: string; readonly label?: string }[]
  readonly owner?: { readonly apiVersion: string; readonly kind: string }
  readonly extensions?: Readonly<Record<string, string>>
}

/** An API server with a receive adapter beside it, and the adapter's sink: the real ones or ours. */
export type Stage = {
  /** A write to the API server; throws unless it succeeds. A body of PATCH is a merge patch. */
  readonly send: (method: 'POST' | 'PATCH' | 'DELETE', path: string, body?: object) => Promise<void>
  /** Resolves once every change from now on is seen. */
  readonly start: (source: SourceSpec) => Promise<void>
  readonly stop: () => Promise<void>
  /** What the sink does in turn, each after `slowMs`; afterwards it accepts. */
  readonly answer: (answers: readonly SinkAnswer[], slowMs?: number) => void
  readonly requests: () => readonly SinkRequest[]
  readonly pass: (ms: number) => Promise<void>
}
