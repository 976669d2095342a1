import { randomUUID } from 'node:crypto'
import type { Server } from 'node:http'
import { LRUCache } from 'lru-cache'
import pino from 'pino'
import type { FunctionDefinition, Log, Ports, Settings } from '#sdk/index.ts'
import { createBackend } from './backend.ts'
import { type Config, readConfig } from './config.ts'
import { createCluster } from './kubernetes/cluster.ts'
import { connect } from './kubernetes/connection.ts'
import { createTransport, type Transport } from './kubernetes/transport.ts'
import { createMetrics, type Metrics } from './metrics.ts'
import { readRunnerProfiles } from './runner-profiles.ts'
import { createTurns } from './turns.ts'

/** How many changes a process remembers as dealt with. */
const REMEMBERED = 10_000

/** What every host needs: the composition of one process around one function. */
export type Process = {
  readonly fn: FunctionDefinition
  readonly config: Config
  readonly ports: Ports
  readonly metrics: Metrics
  /** Aborted by SIGTERM or SIGINT. */
  readonly signal: AbortSignal
  close(): void
}

/** Reads the configuration, opens the metrics port and connects to the API server. Ends the process with code 1 where that cannot be. */
export const startProcess = async (fn: FunctionDefinition, env = process.env): Promise<Process> => {
  const config = readConfig(env)
  const settings: Settings = { ...config.settings, runnerProfiles: await readRunnerProfiles(config.runnerProfilesFile) }
  const mistakes = fn.mistakesIn?.(settings) ?? []
  if (mistakes.length > 0) throw new Error(`runner profiles: ${mistakes.join('; ')}`)
  const log: Log = pino({ level: config.isDevMode ? 'debug' : 'info', base: { function: fn.name } })
  const connection = await connect(process.env)
  const transport: Transport = createTransport(connection, config.maxConcurrentReconciles)
  const handled = new LRUCache<string, true>({ max: REMEMBERED })
  const ports: Ports = {
    cluster: createCluster(transport),
    now: () => new Date(),
    log,
    settings,
    random: randomUUID,
    askBackend: createBackend(config.settings.backendUrl, connection),
    turn: createTurns(config.maxConcurrentReconciles),
    handled: { has: (change) => handled.has(change), add: (change) => void handled.set(change, true) },
  }
  const metrics = createMetrics(fn.name)
  let server: Server | undefined
  if (config.metricsPort > 0) server = await metrics.serve(config.host, config.metricsPort)
  const stop = new AbortController()
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => stop.abort())
  return {
    fn,
    config,
    ports,
    metrics,
    signal: stop.signal,
    close: () => {
      transport.close()
      server?.close()
      server?.closeAllConnections()
    },
  }
}

/** Says on one line why a process cannot start, and ends it. */
export const giveUp = (error: unknown): never => {
  process.stderr.write(`dormouse: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
}
