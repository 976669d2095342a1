import type { AuditEvent } from '#test/cluster/audit.ts'
import { millisecondsOf } from './stations.ts'
import { type PodLife, podSeconds, requestsOf, type Span } from './usage.ts'

/**
 * How long after the begin of its window the sweeper may be there: the window's minute, KEDA's polling interval and its cooldown of ten
 * seconds each, and ten for the Pod's end.
 */
export const WINDOW_MS = 90_000

/** The parts of a span in which KEDA's cron may have the sweeper run, every so many minutes of the hour. Pure. */
export const windowsIn = ({ from, to }: Span, everyMinutes: number): readonly Span[] => {
  const everyMs = everyMinutes * 60_000
  const windows: Span[] = []
  for (let start = Math.floor(from / everyMs) * everyMs; start < to; start += everyMs)
    if (start + WINDOW_MS > from) windows.push({ from: Math.max(start, from), to: Math.min(start + WINDOW_MS, to) })
  return windows
}

export const secondsOf = ({ from, to }: Span): number => (to - from) / 1000

/** What a workload used in a span, and of it outside the windows. */
export type Use = {
  readonly podSeconds: number
  readonly requests: number
  readonly outside: { readonly podSeconds: number; readonly requests: number }
}

type Who = { readonly namespace: string; readonly name: string }

/** What a workload used, of the span and of its windows. Throws where it asked nothing in a whole window. Pure. */
export const useOf = (
  { audit, lives }: { readonly audit: readonly AuditEvent[]; readonly lives: readonly PodLife[] },
  who: Who,
  { span, windows }: { readonly span: Span; readonly windows: readonly Span[] },
): Use => {
  const within = (each: Span) => ({
    podSeconds: podSeconds(lives, who.name, each),
    requests: requestsOf(audit, who, each),
  })
  const inside = windows.map((window) => ({ window, ...within(window) }))
  const idle = inside.find(({ window, requests }) => requests === 0 && window.to - window.from === WINDOW_MS)
  if (idle) {
    const at = new Date(idle.window.from).toISOString()
    throw new Error(`${who.name} made no request in the window that began at ${at}`)
  }
  const all = within(span)
  const sumOf = (field: 'podSeconds' | 'requests') => inside.reduce((total, each) => total + each[field], 0)
  const outside = {
    // Not a millionth of a second more than there is, by adding up fractions.
    podSeconds: Math.round((all.podSeconds - sumOf('podSeconds')) * 1000) / 1000,
    requests: all.requests - sumOf('requests'),
  }
  return { ...all, outside }
}

/** Each request is written when it was answered, and a node renews its lease every ten seconds. */
const SILENCE_MS = 30_000

/** Throws where the audit log does not cover the span: then a count of nothing means nothing. */
export const covers = (audit: readonly AuditEvent[], { from, to }: Span): void => {
  const first = audit[0]
  const last = audit.at(-1)
  if (!first || !last || millisecondsOf(first.stageTimestamp) > from)
    throw new Error('the audit log begins after what is to be counted from it')
  if (millisecondsOf(last.stageTimestamp) < to - SILENCE_MS)
    throw new Error('the audit log ends before what is to be counted from it')
}
