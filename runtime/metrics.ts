import { createServer, type Server } from 'node:http'
import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client'
import type { Outcome } from '#sdk/index.ts'

/** Seconds: from a discarded event to one that waited for a throttled API server. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

export type Metrics = {
  /** Counts what became of an event or a sweep, and how long it took; of another function than that of the process where one is named. */
  observe(outcome: Outcome, seconds: number, functionName?: string): void
  /** Counts a delivery that was no CloudEvent. */
  malformed(): void
  serve(host: string | undefined, port: number): Promise<Server>
}

/** What a host may add to: what it alone counts. */
export type OpenMetrics = Metrics & { readonly registry: Registry }

/** The metrics of one process. Labels are the function, the outcome's state and its reason: closed sets, and no object's name. */
export const createMetrics = (functionName: string): OpenMetrics => {
  const registry = new Registry()
  registry.setDefaultLabels({ function: functionName })
  const outcomes = new Counter({
    name: 'dormouse_outcomes_total',
    help: 'Events and sweeps by what became of them.',
    labelNames: ['function', 'state', 'reason'],
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
    registers: [registry],
  })
  for (const state of ['settled', 'waiting', 'rejected', 'failed']) durations.zero({ function: functionName, state })
  let isProcessCollected = false
  const text = (): Promise<string> => {
    // From the first scrape on: a cold start does not wait for it.
    if (!isProcessCollected) collectDefaultMetrics({ register: registry })
    isProcessCollected = true
    return registry.metrics()
  }
  return {
    observe: ({ state, reason }, seconds, name = functionName) => {
      outcomes.inc({ state, reason, function: name })
      durations.observe({ function: name, state }, seconds)
    },
    registry,
    malformed: () => malformed.inc(),
    serve: async (host, port) => {
      const server = createServer((request, response) => {
        if (request.url !== '/metrics') return void response.writeHead(404).end()
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
