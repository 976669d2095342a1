import type { LogSource } from '../api-server/pod-logs.ts'
import { keyOf } from '../api-server/store.ts'
import type { Client } from '../client.ts'
import { createCache } from '../controllers/cache.ts'
import { createEventRecorder } from '../controllers/event-recorder.ts'
import { asPod, type PodObject } from '../controllers/pods.ts'
import { CONFIG_MAPS, NODES, PODS, SECRETS } from '../controllers/resources.ts'
import { createWorkQueue } from '../controllers/work-queue.ts'
import type { HttpRequest, HttpResponse } from '../network.ts'
import type { PodRunner } from '../pod-runner.ts'
import type { World } from '../world.ts'
import type { Sources } from './environment.ts'
import { nodeLifecycle } from './node-lifecycle.ts'
import { type NodeOptions, nodeObject } from './node-object.ts'
import { type PodWorker, podWorker } from './pod-worker.ts'
import { runScheduler } from './scheduler.ts'

export type RunNodeOptions = {
  readonly client: Client
  readonly world: World
  readonly runner: PodRunner
  /** By default one that everything fits on. */
  readonly node?: NodeOptions
  /** Why a Pod is to fit nowhere, as `Insufficient cpu`. */
  readonly obstacle?: (pod: PodObject) => string | undefined
}

export type PodRef = { readonly namespace: string; readonly name: string; readonly uid?: string }

export type RunningNode = {
  /** A request to the Pod's first container, or to the one named. Rejects where nobody listens. */
  readonly send: (
    pod: PodRef,
    request: HttpRequest & { readonly path: string },
    container?: string,
  ) => Promise<HttpResponse>
  /** For the API server's pods/log. */
  readonly logs: LogSource
  /** Ends the Pod as the kubelet does when the node lacks memory. */
  readonly evict: (pod: PodRef, message?: string) => void
  /** The node is heard of no more: what its Pods come to is told when it is back. Those that are deleted stay until then. */
  readonly lose: () => void
  readonly recover: () => void
  readonly stop: () => void
}

/** One node and its scheduler: binds the Pods that fit, runs their containers by `runner`, and reports on them as a kubelet does. */
export function runNode({ client, world, runner, obstacle, node = { name: 'emulator' } }: RunNodeOptions): RunningNode {
  const workers = new Map<string, PodWorker>()
  const uids = new Map<string, string>()
  const record = createEventRecorder(client, world, { component: 'kubelet', host: node.name })
  const configMaps = createCache(client, CONFIG_MAPS)
  const secrets = createCache(client, SECRETS)
  const sources: Sources = {
    configMap: (namespace, name) =>
      configMaps.get(`${namespace}/${name}`) && textOf(configMaps.get(`${namespace}/${name}`)),
    secret: (namespace, name) => {
      const found = secrets.get(`${namespace}/${name}`)
      return found && decoded(found['data'])
    },
  }
  let addresses = 0
  const newIp = (): string => {
    addresses += 1
    return `10.244.${Math.floor(addresses / 254) % 256}.${(addresses % 254) + 1}`
  }

  const sync = (uid: string): void => {
    const pod = latest.get(uid)
    if (!pod || isLost) return
    let worker = workers.get(uid)
    if (!worker) {
      const changed = (): void => reports.add(uid)
      worker = podWorker(pod, { client, world, runner, sources, record, newIp, changed })
      workers.set(uid, worker)
    }
    worker.observe(pod)
  }
  const latest = new Map<string, PodObject>()
  const queue = createWorkQueue(world, sync)
  const reports = createWorkQueue(world, (uid) => {
    if (!isLost) workers.get(uid)?.report()
  })
  let isLost = false

  const wanted = nodeObject(node, world.now())
  const registered = client.get(NODES, { name: node.name }) ?? client.create(NODES, wanted)
  client.update(NODES, { ...registered, status: wanted['status'] }, 'status')
  const stopScheduler = runScheduler({ client, world, ...(obstacle && { obstacle }) })
  const stopFollowing = client.follow(PODS, ({ type, object }) => {
    const pod = asPod(object)
    if (pod.spec.nodeName !== node.name) return
    const { uid = '' } = pod.metadata
    if (type === 'DELETED') {
      latest.delete(uid)
      if (uids.get(keyOf(object)) === uid) uids.delete(keyOf(object))
      workers.get(uid)?.forget()
      workers.delete(uid)
      return
    }
    latest.set(uid, pod)
    uids.set(keyOf(object), uid)
    queue.add(uid)
  })
  const lifecycle = nodeLifecycle({ client, world, name: node.name, pods: () => [...latest.values()] })
  const find = ({ namespace, name, uid = uids.get(`${namespace}/${name}`) }: PodRef): PodWorker | undefined =>
    uid === undefined ? undefined : workers.get(uid)

  return {
    send: async (ref, request, container) => {
      const found = find(ref)?.container(container)?.container()
      if (!found) throw new Error(`dial tcp: Pod ${ref.namespace}/${ref.name}: connect: connection refused`)
      return found.send(request)
    },
    logs: ({ metadata: { uid = '' } }, container, { previous }) => workers.get(uid)?.log(container, previous),
    evict: (ref, message = 'The node was low on resource: memory. ') => {
      const worker = find(ref)
      if (!worker) return
      record(worker.pod(), 'Warning', 'Evicted', message)
      worker.end('Evicted', message)
    },
    lose: () => {
      isLost = true
      lifecycle.lost()
    },
    recover: () => {
      isLost = false
      lifecycle.found()
      for (const uid of latest.keys()) queue.add(uid)
      for (const uid of workers.keys()) reports.add(uid)
    },
    stop: () => {
      stopFollowing()
      stopScheduler()
      for (const each of [queue, reports, lifecycle, configMaps, secrets]) each.stop()
      for (const worker of workers.values()) worker.forget()
    },
  }
}

const textOf = (configMap: { readonly [key: string]: unknown } | undefined): Readonly<Record<string, string>> =>
  (configMap?.['data'] ?? {}) as Readonly<Record<string, string>>

const decoded = (coded: unknown): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries((coded ?? {}) as Readonly<Record<string, string>>).map(([key, value]) => [
      key,
      Buffer.from(value, 'base64').toString('utf8'),
    ]),
  )
