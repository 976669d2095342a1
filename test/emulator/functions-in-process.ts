import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import type { User } from '#emulator/api-server/types.ts'
import type { VirtualWorld } from '#emulator/host/virtual-world.ts'
import type { Container, ContainerStart, LogLine, PodRunner } from '#emulator/pod-runner.ts'
import { readConfig } from '#runtime/config.ts'
import { buildKnativeHost } from '#runtime/knative.ts'
import { createCluster } from '#runtime/kubernetes/cluster.ts'
import type { Transport } from '#runtime/kubernetes/transport.ts'
import { createMetrics, type Metrics } from '#runtime/metrics.ts'
import { createPusher, type Post } from '#runtime/push.ts'
import { sweepOnce, sweepUntil } from '#runtime/sweeper.ts'
import { createTurns } from '#runtime/turns.ts'
import type { FunctionDefinition, Log, Ports } from '#sdk/index.ts'

/** How sessions run here: a Job alone, unless a session asks for more. */
const runnerProfiles: unknown = parse(readFileSync(join(import.meta.dirname, '../runner-profiles.yaml'), 'utf8'))

export type Functions = {
  readonly world: VirtualWorld
  readonly functions: readonly FunctionDefinition[]
  /** The way to the API server; rejects while it is away. */
  readonly transportFor: (user: User) => Pick<Transport, 'send'>
  /** From the start of a container until its port listens, in ms. */
  readonly startMs?: number
  /** The way to runners; nowhere where it is absent. */
  readonly askRunner?: Ports['askRunner']
  /** What answers pushes of metrics, where the environment asks for any. */
  readonly post?: Post
  /** Sees every line of every function's log. */
  readonly onLine?: (text: string) => void
}

/** Runs our functions' containers in this process: their real hosts, on the world's clock, without sockets. */
export const functionsInProcess =
  ({
    world,
    functions,
    transportFor,
    startMs = 200,
    askRunner,
    post,
    onLine = () => undefined,
  }: Functions): PodRunner['start'] =>
  (container, report) => {
    const name = container.args[0]?.replace(/\/main\.cjs$/, '')
    const fn = functions.find((each) => each.name === name)
    if (!fn) throw new Error(`${container.pod.metadata.name}: no function is named "${name}"`)
    const { log, lines, onLog } = createLog(world, onLine)
    const metrics = createMetrics(fn.name)
    const ports = {
      ...portsFor(container.env, transportFor(userOf(container)), world, log),
      ...(askRunner && { askRunner }),
      measure: metrics.measure,
    }
    const endPushing = post ? pushing({ env: container.env, metrics, log, post }, world) : async () => {}
    const isSweeper = fn.on.some((trigger) => 'everyMinutes' in trigger)
    const end = (): void =>
      world.after(1, () => report({ state: 'terminated', exitCode: 0, reason: 'Completed' })) as never
    const run = isSweeper
      ? runSweeper(fn, ports, container, { world, metrics })
      : runHost(fn, ports, { world, metrics })
    let isOver = false
    world.after(0, () => report({ state: 'running' }))
    world.after(startMs, () => !isOver && run.begin())
    return {
      stop: () => {
        if (isOver) return
        isOver = true
        void run.stop().then(endPushing).then(end)
      },
      send: run.send,
      logs: () => lines,
      onLog,
    }
  }

type Running = {
  readonly begin: () => void
  /** Resolves when all work in hand is done. */
  readonly stop: () => Promise<void>
  readonly send: Container['send']
}

type Around = { readonly world: VirtualWorld; readonly metrics: Metrics }

const refused = new Error('connect ECONNREFUSED')

const runHost = (fn: FunctionDefinition, ports: Ports, { world, metrics }: Around): Running => {
  const app = buildKnativeHost(fn, ports, metrics)
  let isListening = false
  const inHand = new Set<Promise<unknown>>()
  return {
    begin: () => {
      isListening = true
    },
    stop: async () => {
      isListening = false
      await world.hold(Promise.allSettled(inHand).then(() => app.close()))
    },
    send: async ({ method, path, headers, body }) => {
      if (!isListening) throw refused
      const request = { method: method as 'POST', url: path, headers, ...(body !== '' && { payload: body }) }
      const work = world.hold(app.inject(request))
      inHand.add(work)
      const answer = await work.finally(() => inHand.delete(work))
      return { status: answer.statusCode, headers: textsOf(answer.headers), body: answer.body }
    },
  }
}

const textsOf = (headers: Readonly<Record<string, unknown>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([key, value]) => [key, String(value)]))

const runSweeper = (
  fn: FunctionDefinition,
  ports: Ports,
  { env }: ContainerStart,
  { world, metrics }: Around,
): Running => {
  const stop = new AbortController()
  const { sweepPeriodSeconds } = readConfig(env)
  const rest = (ms: number): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const cancel = world.after(ms, resolve)
    stop.signal.addEventListener('abort', () => {
      cancel()
      resolve()
    })
    return promise
  }
  let sweeping: Promise<void> = Promise.resolve()
  return {
    begin: () => {
      sweeping = sweepUntil(stop.signal, sweepPeriodSeconds, () => world.hold(sweepOnce(fn, ports, metrics)), rest)
    },
    stop: () => {
      stop.abort()
      return sweeping
    },
    send: () => Promise.reject(refused),
  }
}

type Pushing = {
  readonly env: ContainerStart['env']
  readonly metrics: Metrics
  readonly log: Log
  readonly post: Post
}

/** Pushes at the interval of the environment; returns what pushes a last time. */
const pushing = ({ env, metrics: { totals, measure }, log, post }: Pushing, world: VirtualWorld) => {
  const config = readConfig(env).push
  if (!config) return async () => {}
  const { url, intervalSeconds } = config
  const pusher = createPusher({ url, totals, measure, log, post })
  const push = () => world.hold(pusher())
  let cancel: () => void
  const rest = (): void => {
    cancel = world.after(intervalSeconds * 1000, () => void push().then(rest))
  }
  rest()
  return () => {
    cancel()
    return push()
  }
}

const silent: Log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined }

/** The ports of one process with this environment. */
export const portsFor = (
  env: Readonly<Record<string, string>>,
  transport: Pick<Transport, 'send'>,
  world: VirtualWorld,
  log: Log = silent,
): Ports => {
  const { settings, maxConcurrentReconciles } = readConfig(env)
  return {
    cluster: createCluster(transport),
    now: () => new Date(world.now()),
    log,
    askBackend: () => Promise.reject(new Error('there is no backend')),
    askRunner: (_runner, changes) => Promise.resolve(changes.map(() => 'there is no runner')),
    settings: { ...settings, runnerProfiles },
    random: world.uuid,
    measure: () => undefined,
    turn: createTurns(maxConcurrentReconciles),
    handled: new Set<string>(),
  }
}

const userOf = ({ pod }: ContainerStart): User => {
  const { namespace = '' } = pod.metadata
  const { serviceAccountName = 'default' } = pod['spec'] as { serviceAccountName?: string }
  return serviceAccount(namespace, serviceAccountName)
}

export const serviceAccount = (namespace: string, name: string): User => ({
  name: `system:serviceaccount:${namespace}:${name}`,
  groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
})

const createLog = (world: VirtualWorld, onLine: (text: string) => void) => {
  const lines: LogLine[] = []
  const listeners = new Set<(line: LogLine) => void>()
  const write = (level: string) => (fields: object, message: string) => {
    const line = { at: world.now(), text: JSON.stringify({ level, ...fields, msg: message }) }
    lines.push(line)
    onLine(line.text)
    for (const listener of listeners) listener(line)
  }
  const log: Log = { debug: () => undefined, info: write('info'), warn: write('warn'), error: write('error') }
  const onLog: Container['onLog'] = (listener) => {
    listeners.add(listener)
    return () => void listeners.delete(listener)
  }
  return { log, lines, onLog }
}
