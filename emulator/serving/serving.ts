import { equal } from '../api-server/json.ts'
import type { Json, KubeObject } from '../api-server/types.ts'
import { type Client, refOf } from '../client.ts'
import { installCrd } from '../install-crd.ts'
import type { Journal } from '../journal.ts'
import type { Network } from '../network.ts'
import type { World } from '../world.ts'
import type { SendToPod } from './activator.ts'
import { serviceCrd, services } from './crd.ts'
import { podResource } from './pods.ts'
import { type RunningService, runService } from './service.ts'
import { quietSeconds } from './template.ts'

export type ServingOptions = {
  readonly client: Client
  readonly world: World
  readonly network: Network
  /** A request to the port of a Pod's container. Rejects where nobody answers. */
  readonly send: SendToPod
  readonly journal?: Journal
  /**
   * Between the begin of a Pod's termination and its SIGTERM, in which it finishes what it has: 30 in a cluster, where the queue-proxy waits
   * that long for silence. Written into the Pods as a preStop hook that sleeps; 0 leaves it out.
   */
  readonly drainSeconds?: number
  /** `allow-zero-initial-scale` of the ConfigMap config-autoscaler: without it a new revision starts a Pod, to be found ready. */
  readonly allowZeroInitialScale?: boolean
}

const label = 'serving.knative.dev/service'

/** Knative Serving: installs its Service kind and serves what is made of it. The answer ends it and leaves the objects. */
export function runServing(options: ServingOptions): () => void {
  const { client, world } = options
  const running = new Map<string, RunningService>()
  let isOver = false
  const settings = { drainSeconds: quietSeconds, journal: () => undefined, ...options }
  installCrd(client, serviceCrd(options.allowZeroInitialScale))

  const later = (work: () => void): void => void world.after(0, () => !isOver && work())
  const serviceChanged = (type: string, service: KubeObject): void => {
    const { namespace = '', name = '', uid = '' } = service.metadata
    const key = `${namespace}/${name}`
    const known = running.get(key)
    if (known && (type === 'DELETED' || service.metadata.deletionTimestamp !== undefined)) {
      running.delete(key)
      known.close()
    }
    if (type === 'DELETED' || service.metadata.deletionTimestamp !== undefined) return
    const current = running.get(key) ?? runService({ ...settings, owner: { namespace, name, uid }, saveStatus })
    running.set(key, current)
    current.changed(service)
  }
  const saveStatus = (service: KubeObject, statusFor: (before: Json) => Json): void => {
    const found = client.get(services, refOf(service))
    if (found?.metadata.uid !== service.metadata.uid || !found) return
    const before = (found['status'] ?? {}) as Json
    const status = statusFor(before)
    if (Object.keys(status).every((key) => equal(status[key], before[key]))) return
    client.patch(services, refOf(service), { status }, 'status')
  }

  const stops = [
    client.follow(services, ({ type, object }) => later(() => serviceChanged(type, object))),
    client.follow(
      podResource,
      (event) => {
        const { namespace = '', labels = {} } = event.object.metadata
        later(() => running.get(`${namespace}/${labels[label]}`)?.podChanged(event))
      },
      { labelSelector: label },
    ),
  ]
  return () => {
    isOver = true
    for (const stop of stops) stop()
    for (const each of running.values()) each.stop()
  }
}
