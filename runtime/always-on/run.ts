import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { hostname } from 'node:os'
import { Counter, Gauge } from 'prom-client'
import type { FunctionDefinition, Settings } from '#sdk/index.ts'
import { readConfig } from '../config.ts'
import { createCluster } from '../kubernetes/cluster.ts'
import { createTransport } from '../kubernetes/transport.ts'
import type { Metrics, OpenMetrics } from '../metrics.ts'
import { giveUp, type Process, startProcess } from '../process.ts'
import { sweepOnce, sweepUntil } from '../sweeper.ts'
import { steadyClock, wallClock } from './clock.ts'
import { flagsOf, usage } from './flags.ts'
import { type Host, startHost } from './host.ts'
import { type Candidate, createCandidate } from './lease.ts'
import { serveProbes } from './probes.ts'
import { createQueue, type Queue } from './queue.ts'
import { wokenHere } from './source.ts'

const NAME = 'operator'

/** A standby has heard of the Lease lately: it asks every two seconds, and an attempt takes ten at most. */
const LONGEST_SILENCE_MS = 15_000

/**
 * Runs all functions in this process, on watches and timers, until SIGTERM; then finishes the work in hand, gives the Lease back, and resolves. Ends
 * the process with code 1 where it cannot start, and at once where the Lease is lost.
 */
export const runAlwaysOn = async (all: readonly FunctionDefinition[], args: readonly string[]): Promise<void> => {
  try {
    const flags = flagsOf(args)
    if (flags === 'help') return void process.stdout.write(usage)
    const functions = wokenHere(all)
    const maxConcurrentReconciles = flags.maxConcurrentReconciles ?? readConfig(process.env).maxConcurrentReconciles
    const queue = createQueue({ concurrency: maxConcurrentReconciles, clock: wallClock })
    const choices = { maxConcurrentReconciles, metrics: flags.metrics, turn: queue.turn }
    const mistakesIn = (settings: Settings) =>
      new Set(functions.flatMap((fn) => fn.mistakesIn?.(settings) ?? [])).values().toArray()
    const running = await startProcess({ name: NAME, mistakesIn }, process.env, choices)
    const state: State = { host: undefined, candidate: undefined, isLeader: !flags.isLeaderElected }
    const restarts = countIn(running.metrics, queue, state)
    const probes = flags.probes && (await serveProbes(flags.probes, () => obstaclesOf(state)))

    const isOurs = await becomeLeader(running, state)
    if (isOurs) await work({ functions, running, queue, state, restarts })
    await running.close()
    probes?.close()
    probes?.closeAllConnections()
  } catch (error) {
    giveUp(error)
  }
}

type State = { host: Host | undefined; candidate: Candidate | undefined; isLeader: boolean }

/** What stands between this process and its work. Pure. */
const obstaclesOf = ({ host, candidate, isLeader }: State): readonly string[] => {
  if (candidate && candidate.silence() > LONGEST_SILENCE_MS) return ['the API server does not answer about the Lease']
  if (candidate && !isLeader) return candidate.holder() === '' ? ['nobody leads yet'] : []
  if (!host) return ['not started yet']
  return host.missing().map((kind) => `${kind}: not listed and watched`)
}

/** Resolves with whether we are to work: always without an election, else once the Lease is ours, unless the signal comes first. */
const becomeLeader = async ({ config, ports, connection, signal }: Process, state: State): Promise<boolean> => {
  if (state.isLeader) return true
  // Connections of its own: a renewal does not wait for a reconcile.
  const cluster = createCluster(createTransport(connection, 2))
  const identity = `${hostname()}_${randomUUID()}`
  const { namespace } = config.settings
  const { now, log } = ports
  state.candidate = createCandidate({ cluster, namespace, identity, clock: steadyClock, now, log })
  log.info({ identity }, 'waiting for the Lease')
  state.isLeader = await state.candidate.acquire(signal)
  if (state.isLeader) log.info({ identity }, 'leading')
  if (!state.isLeader || signal.aborted) await state.candidate.release()
  return state.isLeader && !signal.aborted
}

type Work = {
  readonly functions: readonly FunctionDefinition[]
  readonly running: Process
  readonly queue: Queue
  readonly state: State
  readonly restarts: Counter<'kind'>
}

const work = async ({ functions, running, queue, state, restarts }: Work): Promise<void> => {
  const { ports, portsFor, connection, metrics, signal } = running
  const { log } = ports
  void state.candidate?.hold().then((why) => {
    if (why === 'released') return
    log.error({ why }, 'lease lost: another may lead now')
    process.exit(1)
  })
  // A watch holds its connection.
  const transport = createTransport(connection, Number.POSITIVE_INFINITY)
  state.host = startHost({
    ...{ functions, cluster: ports.cluster, transport, source: connection.server.origin, clock: wallClock, log, queue },
    ...{ signal, portsFor: ({ name }: FunctionDefinition) => portsFor(name) },
    onOutcome: ({ name }, outcome, seconds) => {
      metrics.observe(outcome, seconds, name)
      // Nobody can subscribe to these here. They are best effort anywhere: status is the truth.
      if ('announce' in outcome && outcome.announce) log.debug({ ...outcome.announce }, 'announced')
    },
    onRestart: (kind) => restarts.inc({ kind }),
  })
  const sweeps = functions.flatMap((fn) =>
    fn.on.flatMap((trigger) => {
      if (!('everyMinutes' in trigger)) return []
      const itsMetrics: Metrics = {
        ...metrics,
        observe: (outcome, seconds) => metrics.observe(outcome, seconds, fn.name),
      }
      const itsPorts = portsFor(fn.name)
      return [sweepUntil(signal, trigger.everyMinutes * 60, () => sweepOnce(fn, itsPorts, itsMetrics))]
    }),
  )
  log.info({ functions: functions.map(({ name }) => name) }, 'working')
  if (!signal.aborted) await once(signal, 'abort')
  await Promise.all([queue.stop(), ...sweeps, state.host.ended])
  await state.candidate?.release()
  transport.close()
}

/** Adds what only this host has to tell. Returns what counts the watches that began anew. */
const countIn = ({ registry }: OpenMetrics, queue: Queue, state: State): Counter<'kind'> => {
  const registers = [registry]
  new Gauge({
    name: 'dormouse_queue_objects',
    help: 'Objects that wait for their turn, are in hand, or wait for a moment to come.',
    labelNames: ['state'],
    registers,
    collect() {
      const { waiting, inHand, delayed } = queue.depth()
      this.set({ state: 'waiting' }, waiting)
      this.set({ state: 'in_hand' }, inHand)
      this.set({ state: 'delayed' }, delayed)
    },
  })
  new Counter({
    name: 'dormouse_queue_retries_total',
    help: 'How often work was to be tried again.',
    registers,
    collect() {
      this.reset()
      this.inc(queue.retries())
    },
  })
  new Gauge({
    name: 'dormouse_leader',
    help: '1 in the process that works, 0 in those that stand by.',
    registers,
    collect() {
      this.set(state.isLeader ? 1 : 0)
    },
  })
  return new Counter({
    name: 'dormouse_watch_restarts_total',
    help: 'Watches that began anew, for whatever reason.',
    labelNames: ['kind'],
    registers,
  })
}
