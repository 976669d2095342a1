/** How many requests there were at once, on average over some time. */
export type Concurrency = {
  /** A request comes; the answer is to be called when it is answered. One that took no time counts as one of a millisecond. */
  readonly begin: (now: number) => (now: number) => void
  readonly now: () => number
  /** Over the `windowMs` before `now`, or since `since` where that is less. To six digits. Pure. */
  readonly average: (windowMs: number, now: number, since: number) => number
}

type Span = { readonly from: number; to: number; readonly count: number }

/** `keepMs` is the longest window that is asked for. The real autoscaler has averages of single seconds; this is exact. */
export function createConcurrency(keepMs: number, start: number): Concurrency {
  let count = 0
  let changedAt = start
  let spans: Span[] = []

  const settle = (now: number): void => {
    if (count > 0 && now > changedAt) {
      const last = spans.at(-1)
      if (last?.to === changedAt && last.count === count) last.to = now
      else spans.push({ from: changedAt, to: now, count })
    }
    changedAt = now
    // Not at each request: there may be many.
    if ((spans[0]?.to ?? now) < now - keepMs - keepMs / 2) spans = spans.filter(({ to }) => to >= now - keepMs)
  }

  return {
    begin: (startedAt) => {
      settle(startedAt)
      count += 1
      return (now) => {
        settle(now)
        count -= 1
        if (now === startedAt) spans.push({ from: now, to: now + 1, count: 1 })
      }
    },
    now: () => count,
    average: (windowMs, now, since) => {
      const from = Math.max(now - windowMs, since)
      if (now <= from) return count
      const past = spans.reduce((sum, span) => sum + span.count * Math.max(0, span.to - Math.max(span.from, from)), 0)
      const current = count * Math.max(0, now - Math.max(changedAt, from))
      return Math.round(((past + current) / (now - from)) * 1e6) / 1e6
    },
  }
}
