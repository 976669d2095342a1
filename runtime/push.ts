import type { Log, Ports } from '#sdk/index.ts'
import { type Counter, one } from '#sdk/metrics.ts'

/** One number of a counter or histogram, as it has grown since the process began. */
export type Sample = {
  readonly family: string
  readonly help: string
  readonly type: string
  /** The same for all numbers of one histogram, which are sent together. */
  readonly series: string
  /** Its name and labels, as the text format writes them. */
  readonly key: string
  readonly value: number
}

/**
 * What became of a push. `taken`: it counts. `kept`: nobody has read it, so that it may be sent again. `lost`: nobody can say whether it
 * counts, so that it must not.
 */
export type Pushed = 'taken' | 'kept' | 'lost'

/** Sends one push; resolves within seconds, never rejects. */
export type Post = (url: string, body: string) => Promise<{ readonly pushed: Pushed; readonly cause?: string }>

export const pushFailures: Counter = {
  type: 'counter',
  name: 'dormouse_metrics_push_failures_total',
  help: 'Pushes that the aggregator did not confirm: kept for the next one, or lost.',
  labels: ['pushed'],
}

export type Pushing = {
  readonly url: string
  readonly totals: () => Promise<readonly Sample[]>
  readonly measure: Ports['measure']
  readonly log: Log
  readonly post: Post
}

/**
 * Pushes what was counted since the last push, for a gateway that adds up what it is sent. Calls that come meanwhile share the push that
 * follows. Safe to call at any time; never throws.
 */
export const createPusher = ({ url, totals, measure, log, post }: Pushing): (() => Promise<void>) => {
  let sent: ReadonlyMap<string, number> = new Map()
  let isFailing = false
  let current: Promise<void> = Promise.resolve()
  let next: Promise<void> | undefined

  const push = async (): Promise<void> => {
    next = undefined
    const samples = await totals()
    const body = textOf(samples, sent)
    if (body === '') return
    const { pushed, cause } = await post(`${url}/metrics/job/dormouse`, body)
    if (pushed !== 'kept') sent = new Map(samples.map(({ key, value }) => [key, value]))
    if (pushed !== 'taken') measure(one(pushFailures, { pushed }))
    // Once for a row of them: an aggregator that is away is away for every push.
    if (pushed !== 'taken' && !isFailing) log.warn({ url, pushed, cause }, 'metrics not pushed')
    if (pushed === 'taken' && isFailing) log.info({ url }, 'metrics pushed again')
    isFailing = pushed !== 'taken'
  }
  return () => {
    if (!next) {
      next = current.then(push)
      current = next
    }
    return next
  }
}

/** What has grown, by how much, and what is new: a whole series each. Empty where nothing is. Pure. */
export const textOf = (samples: readonly Sample[], sent: ReadonlyMap<string, number>): string => {
  const news = new Set(samples.flatMap(({ key, series, value }) => (sent.get(key) === value ? [] : [series])))
  const lines: string[] = []
  let told = ''
  for (const { family, help, type, series, key, value } of samples) {
    if (!news.has(series)) continue
    if (family !== told) lines.push(`# HELP ${family} ${help}`, `# TYPE ${family} ${type}`)
    told = family
    lines.push(`${key} ${value - (sent.get(key) ?? 0)}`)
  }
  return lines.length > 0 ? `${lines.join('\n')}\n` : ''
}
