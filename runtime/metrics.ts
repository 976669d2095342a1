import { createServer, type Server } from 'node:http'
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { Outcome, Ports } from '#sdk/index.ts'
import type { Sample } from './push.ts'

/** Seconds: from a discarded event to one that waited for a throttled API server. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

export type Metrics = {
  /** Counts what became of an event or a sweep, and how long it took; of another function than that of the process where one is named. */
  observe(outcome: Outcome, seconds: number, functionName?: string): void
  /** Counts a delivery that was no CloudEvent. */
  malformed(): void
  readonly measure: Ports['measure']
  /** What counters and histograms have come to. Gauges and the process's own are not among them: they cannot be added up. */
  totals(): Promise<readonly Sample[]>
  serve(host: string | undefined, port: number): Promise<Server>
}

/** What a host may add to: what it alone counts. */
export type OpenMetrics = Metrics & { readonly registry: Registry }

/**
 * The metrics of one process. Those of the process have the function, the outcome's state and its reason for labels: closed sets, and no
 * object's name. Those that plans measure have the labels of their definition, and are there from their first value on.
 */
export const createMetrics = (functionName: string): OpenMetrics => {
  const registry = new Registry()
  const fn = { function: functionName }
  const outcomes = new Counter({
    name: 'dormouse_outcomes_total',
    help: 'Events and sweeps by what became of them.',
    labelNames: ['state', 'reason', 'function'],
    registers: [registry],
  })
  const durations = new Histogram({
    name: 'dormouse_handle_duration_seconds',
    help: 'Time from an event (or the start of a sweep) to its outcome.',
    labelNames: ['function', 'state'],
    buckets: BUCKETS,
    registers: [registry],
  })
  const malformed = new Counter({
    name: 'dormouse_malformed_requests_total',
    help: 'Deliveries that were not a CloudEvent.',
    labelNames: ['function'],
    registers: [registry],
  })
  malformed.inc(fn, 0)
  for (const state of ['settled', 'waiting', 'rejected', 'failed']) durations.zero({ ...fn, state })

  let ofProcess: Registry | undefined
  const text = async (): Promise<string> => {
    // From the first scrape on: a cold start does not wait for it.
    if (!ofProcess) {
      ofProcess = new Registry()
      collectDefaultMetrics({ register: ofProcess, labels: fn })
    }
    return `${await registry.metrics()}\n${await ofProcess.metrics()}`
  }
  return {
    observe: ({ state, reason }, seconds, name = functionName) => {
      outcomes.inc({ state, reason, function: name })
      durations.observe({ state, function: name }, seconds)
    },
    registry,
    malformed: () => malformed.inc(fn),
    measure: measureIn(registry),
    totals: () => totalsIn(registry),
    serve: async (host, port) => {
      const server = createServer((request, response) => {
        if (request.url?.split('?')[0] !== '/metrics') return void response.writeHead(404).end()
        text().then(
          (body) => response.writeHead(200, { 'content-type': registry.contentType }).end(body),
          () => response.writeHead(500).end(),
        )
      })
      await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve))
      return server
    },
  }
}

/** Each metric is made when it is first measured. */
const measureIn = (registry: Registry): Ports['measure'] => {
  const known = new Map<string, Counter | Histogram | Gauge>()
  const knownAs = <M extends Counter | Histogram | Gauge>(name: string, make: () => M): M => {
    // One name, one definition: what is found under it is what it was made as.
    const metric = (known.get(name) as M | undefined) ?? make()
    known.set(name, metric)
    return metric
  }
  return (measured) => {
    const { name, help, labels: labelNames } = measured.metric
    const described = { name, help, labelNames: [...labelNames], registers: [registry] }
    if ('series' in measured) {
      const gauge = knownAs(name, () => new Gauge(described))
      gauge.reset()
      for (const { labels, value } of measured.series) gauge.set(labels, value)
      return
    }
    const { metric, labels, value } = measured
    // Of a time that nobody wrote down.
    if (!Number.isFinite(value)) return
    if (metric.type === 'counter') knownAs(name, () => new Counter(described)).inc(labels, value)
    else {
      const buckets = [...metric.buckets]
      knownAs(name, () => new Histogram({ ...described, buckets })).observe(labels, value)
    }
  }
}

const totalsIn = async (registry: Registry): Promise<readonly Sample[]> => {
  // Written as numbers and texts, whatever its types say of the values and labels.
  type Read = {
    name: string
    help: string
    type: string
    values: { value: number; labels: { le?: unknown }; metricName?: string }[]
  }
  const all = (await registry.getMetricsAsJSON()) as unknown as readonly Read[]
  return all
    .filter(({ type }) => type === 'counter' || type === 'histogram')
    .flatMap(({ name, help, type, values }) =>
      values.map(({ value, labels: { le, ...labels }, metricName = name }) => {
        const key = `${metricName}${labelsOf(le === undefined ? labels : { ...labels, le })}`
        return { family: name, help, type, series: `${name}${labelsOf(labels)}`, key, value }
      }),
    )
}

const labelsOf = (labels: object): string => {
  const written = Object.entries(labels).map(([name, value]) => `${name}="${escaped(String(value))}"`)
  return written.length > 0 ? `{${written.join(',')}}` : ''
}

/** As the text format has it: prometheus.io/docs/instrumenting/exposition_formats. */
const escaped = (text: string): string => text.replace(/[\\"\n]/g, (found) => (found === '\n' ? '\\n' : `\\${found}`))
