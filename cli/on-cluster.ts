import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import pino from 'pino'
import { freePort } from '#emulator/host/free-ports.ts'
import { readConfig } from '#runtime/config.ts'
import { loadFunctions } from '#runtime/functions.ts'
import { createCluster } from '#runtime/kubernetes/cluster.ts'
import { connect } from '#runtime/kubernetes/connection.ts'
import { createTransport } from '#runtime/kubernetes/transport.ts'
import { type FunctionDefinition, type Kind, type Log, managedNamespace } from '#sdk/index.ts'
import { type Subscription, startLocalSource, watchKind } from './local-source.ts'

/** Often enough to see a sweep while one looks on. */
const SWEEP_PERIOD_SECONDS = 15

const MAIN = fileURLToPath(new URL('../runtime/main.ts', import.meta.url))

const namespaceKind: Kind = { apiVersion: 'v1', kind: 'Namespace', plural: 'namespaces', scope: 'Cluster' }

/** Every function as a process on this machine, woken by the changes in the cluster of `KUBECONFIG`. Ends the process itself. */
export const startOnCluster = async (): Promise<void> => {
  const log: Log = pino({ base: null })
  const stop = new AbortController()
  let isUp = false
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => {
      stop.abort()
      if (!isUp) process.exit(130)
    })
  }
  const context = { log, signal: stop.signal }

  readConfig(process.env)
  const functions = await loadFunctions()
  await checkCluster(functions)
  const children = new Map<string, ChildProcess>()
  const subscriptions: Subscription[] = []
  for (const fn of functions) {
    const port = await freePort()
    children.set(fn.name, startFunction(fn.name, port, log, stop))
    for (const trigger of fn.on) {
      if (!('changes' in trigger)) continue
      subscriptions.push({ kind: trigger.changes, labels: trigger.labels, sinks: [`http://127.0.0.1:${port}`] })
    }
  }
  const managed = new Set<string>()
  await watchKind(namespaceKind, managedNamespace, context, (phase, { metadata }) => {
    if (phase === 'DELETED') managed.delete(metadata?.name ?? '')
    else managed.add(metadata?.name ?? '')
  })
  await startLocalSource(subscriptions, (namespace) => managed.has(namespace), context)
  const [label] = Object.entries(managedNamespace).map((pair) => pair.join('='))
  isUp = true
  log.info({ functions: [...children.keys()], namespaces: `with the label ${label}` }, 'watching; Ctrl-C ends it')

  if (!stop.signal.aborted) await once(stop.signal, 'abort')
  await Promise.all([...children.values()].map((child) => child.exitCode ?? child.signalCode ?? once(child, 'exit')))
  process.exit(process.exitCode)
}

/** Fails early, and in words, where there is no cluster or where our kinds are not installed. */
const checkCluster = async (functions: readonly FunctionDefinition[]): Promise<void> => {
  const transport = createTransport(await connect(process.env), 4)
  const cluster = createCluster(transport)
  const kinds = functions.flatMap(({ on }) => on.flatMap((trigger) => ('changes' in trigger ? trigger.changes : [])))
  try {
    for (const kind of kinds) {
      for await (const _ of cluster.listMetadata(kind, { pageSize: 1 })) break
    }
  } catch (error) {
    const advice = 'The cluster of the kubeconfig must have our kinds installed: kubectl apply -k crds'
    throw new Error(`${error instanceof Error ? error.message : error}\n${advice}`, { cause: error })
  } finally {
    transport.close()
  }
}

const startFunction = (name: string, port: number, log: Log, stop: AbortController): ChildProcess => {
  const env = {
    ...process.env,
    HOST: '127.0.0.1',
    PORT: String(port),
    METRICS_PORT: '0',
    SWEEP_PERIOD_SECONDS: String(SWEEP_PERIOD_SECONDS),
  }
  // Over its channel the child hears when we are gone, however we went.
  const child = spawn(process.execPath, [MAIN, name], { env, stdio: ['inherit', 'inherit', 'inherit', 'ipc'] })
  stop.signal.addEventListener('abort', () => child.kill('SIGTERM'))
  child.on('exit', (code, killed) => {
    if (stop.signal.aborted) return
    log.error({ function: name, code, killed }, 'function ended by itself: ending the others')
    process.exitCode = 1
    stop.abort()
  })
  return child
}
