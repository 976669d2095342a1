import { randomUUID } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import pino from 'pino'
import type { FunctionDefinition, Log, Ports, Settings } from '#sdk/index.ts'
import { createBackend } from './backend.ts'
import { type Config, type Push, readConfig } from './config.ts'
import { createCluster } from './kubernetes/cluster.ts'
import { type Connection, connect } from './kubernetes/connection.ts'
import { createTransport, type Transport } from './kubernetes/transport.ts'
import { createMetrics, type Metrics, type OpenMetrics } from './metrics.ts'
import { createRunnerAsker } from './runner.ts'
import { readRunnerProfiles } from './runner-profiles.ts'
import { createTurns } from './turns.ts'

/** How many changes a process remembers as dealt with. */
const REMEMBERED = 10_000

/** What every host needs: the composition of one process around one function. */
export type Process = {
  readonly config: Config
  readonly ports: Ports
  /** The ports of a function where several are in one process: its own log and memory, everything else in common. */
  readonly portsFor: (name: string) => Ports
  readonly connection: Connection
  readonly metrics: OpenMetrics
  /** Aborted by SIGTERM or SIGINT. */
  readonly signal: AbortSignal
  /** Ends all connections. What was counted and not pushed yet is pushed first, within seconds. */
  close(): Promise<void>
}

/** What a host may have otherwise than the environment says. */
export type Choices = {
  readonly maxConcurrentReconciles?: number | undefined
  /** Where metrics are; `undefined` is nowhere. */
  readonly metrics?: { readonly host: string | undefined; readonly port: number } | undefined
  readonly turn?: Ports['turn']
}

/** Reads the configuration, opens the metrics port and connects to the API server. Ends the process with code 1 where that cannot be. */
export const startProcess = async (
  { name, mistakesIn }: Pick<FunctionDefinition, 'name' | 'mistakesIn'>,
  env = process.env,
  choices: Choices = {},
): Promise<Process> => {
  const config = readConfig(env)
  const settings: Settings = { ...config.settings, runnerProfiles: await readRunnerProfiles(config.runnerProfilesFile) }
  const mistakes = mistakesIn?.(settings) ?? []
  if (mistakes.length > 0) throw new Error(`runner profiles: ${mistakes.join('; ')}`)
  const concurrency = choices.maxConcurrentReconciles ?? config.maxConcurrentReconciles
  const logFor = (name: string): Log => pino({ level: config.isDevMode ? 'debug' : 'info', base: { function: name } })
  const connection = await connect(process.env)
  const transport: Transport = createTransport(connection, concurrency)
  const metrics = createMetrics(name)
  const common = {
    cluster: createCluster(transport),
    now: () => new Date(),
    settings,
    random: randomUUID,
    askBackend: createBackend(config.settings.backendUrl, connection),
    askRunner: createRunnerAsker(),
    measure: metrics.measure,
    turn: choices.turn ?? createTurns(concurrency),
  }
  const portsFor = (name: string): Ports => {
    const handled = new LRUCache<string, true>({ max: REMEMBERED })
    return {
      ...common,
      log: logFor(name),
      handled: { has: (change) => handled.has(change), add: (change) => void handled.set(change, true) },
    }
  }
  const { host, metricsPort: port } = config
  const place = 'metrics' in choices ? choices.metrics : port > 0 ? { host, port } : undefined
  const server = place && (await metrics.serve(place.host, place.port))
  const endPushing = config.push ? startPushing(config.push, metrics, logFor(name)) : async () => {}
  const stop = new AbortController()
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => stop.abort())
  return {
    config,
    ports: portsFor(name),
    portsFor,
    connection,
    metrics,
    signal: stop.signal,
    close: async () => {
      await endPushing()
      transport.close()
      server?.close()
      server?.closeAllConnections()
    },
  }
}

/** Pushes at intervals, and once more when it is ended. What it takes is loaded with the first push, long after a cold start. */
const startPushing = (
  { url, intervalSeconds }: Push,
  { totals, measure }: Metrics,
  log: Log,
): (() => Promise<void>) => {
  let loaded: Promise<() => Promise<void>> | undefined
  const load = async () => {
    const [{ createPusher }, { post }] = await Promise.all([import('./push.ts'), import('./post.ts')])
    return createPusher({ url, totals, measure, log, post })
  }
  const push = async (): Promise<void> => {
    loaded ??= load()
    await (await loaded)()
  }
  const timer = setInterval(() => void push(), intervalSeconds * 1000)
  timer.unref()
  return () => {
    clearInterval(timer)
    return push()
  }
}

/** Says on one line why a process cannot start, and ends it. */
export const giveUp = (error: unknown): never => {
  process.stderr.write(`dormouse: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
}
