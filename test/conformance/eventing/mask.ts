import type { SinkRequest } from './stage.ts'

export type Recorded = {
  /** At least since the request before, where that was asked for: 100 ms times a power of two. */
  readonly waitMs?: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
}

/** What the HTTP client and the host add; it says nothing of the adapter. */
const transport = ['host', 'content-length', 'accept-encoding', 'user-agent', 'connection', 'traceparent']

// Two clocks tell the time.
const EARLY_MS = 5

type Options = { readonly isTimed: boolean }

/** Requests with ids, times and versions named by their order, so that two runs of a case are the same. Pure. */
export function mask(requests: readonly SinkRequest[], { isTimed }: Options): readonly Recorded[] {
  const named = new Map<string, string>()
  const name = (kind: string, value: string): string => {
    const known = named.get(`${kind} ${value}`)
    if (known) return known
    const count = [...named.keys()].filter((key) => key.startsWith(`${kind} `)).length
    const made = `${kind}-${count + 1}`
    named.set(`${kind} ${value}`, made)
    return made
  }
  return requests.map(({ headers, body, at }, index) => {
    const before = isTimed ? requests[index - 1] : undefined
    const shown = Object.entries(headers).filter(([key]) => !transport.includes(key))
    return {
      ...(before && { waitMs: 100 * 2 ** Math.floor(Math.log2((at - before.at + EARLY_MS) / 100)) }),
      headers: Object.fromEntries(
        shown.sort().map(([key, value]) => {
          if (key === 'ce-id') return [key, name('id', value)]
          if (key === 'ce-time') return [key, /^\d{4}-\d\d-\d\dT[\d:]+(\.\d*[1-9])?Z$/.test(value) ? 'time' : value]
          return [key, key === 'ce-source' ? 'source' : value]
        }),
      ),
      body: maskObject(JSON.parse(body), name),
    }
  })
}

function maskObject(value: unknown, name: (kind: string, value: string) => string): unknown {
  if (Array.isArray(value)) return value.map((item) => maskObject(item, name))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, field]) => {
        if (key === 'uid' || key === 'resourceVersion') return [key, name(key, String(field))]
        if (['creationTimestamp', 'deletionTimestamp', 'time'].includes(key)) return [key, 'time']
        if (key === 'manager') return [key, 'manager']
        return [key, maskObject(field, name)]
      }),
  )
}
