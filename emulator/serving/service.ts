import { equal, timestamp } from '../api-server/json.ts'
import type { Json, KubeObject } from '../api-server/types.ts'
import type { Client } from '../client.ts'
import type { Journal } from '../journal.ts'
import type { Network } from '../network.ts'
import type { World } from '../world.ts'
import type { SendToPod } from './activator.ts'
import type { PodEvent } from './pods.ts'
import { type RunningRevision, runRevision } from './revision.ts'
import { statusOf } from './status.ts'
import { type Owner, type Template, templateOf } from './template.ts'

export type ServiceOptions = {
  readonly client: Client
  readonly world: World
  readonly network: Network
  readonly journal: Journal
  readonly send: SendToPod
  readonly drainSeconds: number
  readonly owner: Owner
  readonly saveStatus: (service: KubeObject, statusFor: (before: Json) => Json) => void
}

export type RunningService = {
  readonly changed: (service: KubeObject) => void
  readonly podChanged: (event: PodEvent) => void
  /** Its object is gone: ends its Pods. */
  readonly close: () => void
  /** Leaves its Pods as they are. */
  readonly stop: () => void
}

/** One Knative Service: a revision for each template, of which the latest ready one gets the requests. */
export function runService(options: ServiceOptions): RunningService {
  const { world, network, owner, saveStatus } = options
  const revisions = new Map<string, RunningRevision>()
  let service: KubeObject | undefined
  let template: Template | undefined
  let count = 0
  let latest: RunningRevision | undefined
  let routed: RunningRevision | undefined
  let stopServing: readonly (() => void)[] = []
  let isOver = false
  let isDue = false

  const hosts = ['svc.cluster.local', 'svc'].map((end) => `${owner.name}.${owner.namespace}.${end}`)
  const route = (next: RunningRevision): void => {
    routed?.setReachable(false)
    routed = next
    if (stopServing.length === 0)
      stopServing = hosts.map((host) => network.serve(host, (request) => (routed ?? next).handle(request)))
  }
  const settle = (): void => {
    isDue = false
    if (isOver || !service || !latest) return
    const state = latest.state()
    if (state.state === 'ready' && routed !== latest) route(latest)
    for (const [name, each] of revisions) {
      if (each === latest || each === routed || each.podCount() > 0) continue
      each.close()
      revisions.delete(name)
    }
    const facts = {
      namespace: owner.namespace,
      name: owner.name,
      generation: service.metadata.generation ?? 1,
      latestCreated: latest.name,
      latestReady: routed?.name,
      state,
    }
    saveStatus(service, (before) => statusOf(facts, before, timestamp(world.now())))
  }
  /** Once for all that happens at a moment. */
  const settleSoon = (): void => {
    if (isDue) return
    isDue = true
    world.after(0, settle)
  }
  const addRevision = (next: Template): void => {
    count += 1
    const name = `${owner.name}-${String(count).padStart(5, '0')}`
    if (latest && latest !== routed) latest.setReachable(false)
    latest = runRevision({
      ...options,
      revision: { owner, name, template: next },
      onChange: settleSoon,
    })
    revisions.set(name, latest)
  }

  return {
    changed: (changed) => {
      service = changed
      const next = templateOf(changed)
      if (!equal(next, template)) {
        template = next
        addRevision(next)
      }
      settleSoon()
    },
    podChanged: (event) => {
      const name = event.object.metadata.labels?.['serving.knative.dev/revision'] ?? ''
      revisions.get(name)?.podChanged(event)
    },
    close: () => {
      isOver = true
      for (const stop of stopServing) stop()
      for (const each of revisions.values()) each.close()
    },
    stop: () => {
      isOver = true
      for (const stop of stopServing) stop()
      for (const each of revisions.values()) each.stop()
    },
  }
}
