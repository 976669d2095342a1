/** What is measured: data, kept in the room of what it is about. The host makes of it what its monitoring understands. */
type Described = {
  readonly name: string
  readonly help: string
  readonly labels: readonly string[]
}
export type Counter = Described & { readonly type: 'counter' }
/** `buckets` are upper bounds, in the unit that the name ends with. */
export type Histogram = Described & { readonly type: 'histogram'; readonly buckets: readonly number[] }
export type Gauge = Described & { readonly type: 'gauge' }

export type Labels = Readonly<Record<string, string>>

/** Adds to a counter, or puts one more value into a histogram. */
export type Measure = { readonly metric: Counter | Histogram; readonly labels: Labels; readonly value: number }

/** All that a gauge has to say now: a series that is not among these is gone. */
export type Survey = {
  readonly metric: Gauge
  readonly series: readonly { readonly labels: Labels; readonly value: number }[]
}

/** Counts one. */
export const one = (metric: Counter, labels: Labels): Measure => ({ metric, labels, value: 1 })

/** The seconds from one moment to another; none where clocks that differ have the second one first. */
export const secondsBetween = (from: Date, to: Date): number => Math.max(0, (to.getTime() - from.getTime()) / 1000)
