/**
 * One request. Paths begin with a shortcut of shortcuts.ts (`cm/a`), or are whole (`/version`). Anywhere in path and body, `$ns` is the
 * case's own namespace, `$3.metadata.uid` is read from the answer of step 3, counted from 0; see references.ts.
 */
export type Step = {
  /** `POST cm`, `GET cm/a?watch=true`; `WATCH cm?resourceVersion=0` opens a watch that stays open till the case ends. */
  readonly call: string
  readonly body?: unknown
  /** Sent as it is, over HTTP. */
  readonly raw?: string
  readonly type?: string
  readonly accept?: string
  /** `user` or `user,group,group`; by default an admin. */
  readonly as?: string
  readonly headers?: Readonly<Record<string, string>>
  /** A set-up: its answer is not compared. */
  readonly quiet?: true
  /** Waits before it, in seconds. */
  readonly wait?: number
  /** Forgets history first, as etcd does every five minutes. */
  readonly compact?: true
}

export type Case = {
  readonly name: string
  readonly steps: readonly Step[]
  /** The known infidelity of another emulator that this is a case of. */
  readonly infidelity?: string
}

export type More = Omit<Step, 'call' | 'body'>

export const aCase = (name: string, steps: readonly (Step | readonly Step[])[], infidelity?: string): Case => ({
  name,
  steps: steps.flat(),
  ...(infidelity !== undefined && { infidelity }),
})

const withBody =
  (method: string, type?: string) =>
  (path: string, body: unknown, more: More = {}): Step => ({
    call: `${method} ${path}`,
    body,
    ...(type !== undefined && { type }),
    ...more,
  })

export const post = withBody('POST')
export const put = withBody('PUT')
export const merge = withBody('PATCH', 'application/merge-patch+json')
export const json = withBody('PATCH', 'application/json-patch+json')
export const strategic = withBody('PATCH', 'application/strategic-merge-patch+json')
export const apply = withBody('PATCH', 'application/apply-patch+yaml')
export const get = (path: string, more: More = {}): Step => ({ call: `GET ${path}`, ...more })
export const del = (path: string, body?: unknown, more: More = {}): Step => ({
  call: `DELETE ${path}`,
  ...(body !== undefined && { body }),
  ...more,
})
export const watch = (path: string, more: More = {}): Step => ({ call: `WATCH ${path}`, ...more })

/** Set-ups: their answers are not compared. */
export const given = (...steps: readonly Step[]): readonly Step[] => steps.map((step) => ({ ...step, quiet: true }))
