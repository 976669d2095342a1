import { createApiServer } from '../api-server/server.ts'
import type { Json, KubeObject } from '../api-server/types.ts'
import { clientOf, refOf } from '../client.ts'
import { createVirtualWorld } from '../host/virtual-world.ts'
import type { Happening } from '../journal.ts'
import { createNetwork, type HttpResponse } from '../network.ts'
import type { PathRequest, PodRef } from './activator.ts'
import { services } from './crd.ts'
import { podResource } from './pods.ts'
import { runServing, type ServingOptions } from './serving.ts'

/** What a pod answers: at once, later, never, or by throwing. */
export type Answer = (request: PathRequest, pod: PodRef) => Promise<HttpResponse>

export const ok: HttpResponse = { status: 200, headers: {}, body: 'ok' }
export const get = { method: 'GET', headers: {}, body: '' }

/** A cluster with Serving and a node that makes each Pod ready after `bootMs`, unless `boots` says it does not. */
export function aCluster(options: Partial<ServingOptions> & { answer?: Answer; bootMs?: number; seed?: number } = {}) {
  const { answer = async () => ok, bootMs = 1000, seed, ...serving } = options
  const world = createVirtualWorld(seed)
  const api = createApiServer({ world })
  const client = clientOf(api, { name: 'admin', groups: ['system:masters'] })
  const network = createNetwork()
  const journal: Happening[] = []
  const sent: { readonly pod: string; readonly path: string; readonly at: number }[] = []
  const node = { bootMs, boots: true, containerStatuses: undefined as readonly Json[] | undefined }
  const begin = world.now()

  const status = (pod: KubeObject, isReady: boolean): void => {
    if (!client.get(podResource, refOf(pod))) return
    const body = {
      phase: 'Running',
      conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False' }],
      ...(node.containerStatuses && { containerStatuses: node.containerStatuses }),
    }
    client.patch(podResource, refOf(pod), { status: body }, 'status')
  }
  const bound = new Set<string>()
  client.follow(podResource, ({ type, object }) => {
    const { uid = '', namespace = '', name = '', deletionTimestamp } = object.metadata
    if (type === 'ADDED' && !bound.has(uid)) {
      bound.add(uid)
      world.after(0, () => {
        const stored = api.store.get('pods', `${namespace}/${name}`)
        if (!stored) return
        const spec = { ...(stored['spec'] as Json), nodeName: 'node' }
        api.store.put('pods', `${namespace}/${name}`, { ...stored, spec })
        world.after(node.bootMs, () => status(object, node.boots))
      })
    }
    if (type === 'MODIFIED' && deletionTimestamp !== undefined && bound.delete(uid)) {
      const [container] = (
        object['spec'] as { containers: [{ lifecycle?: { preStop: { sleep: { seconds: number } } } }] }
      ).containers
      const seconds = container.lifecycle?.preStop.sleep.seconds ?? 0
      world.after(seconds * 1000 + 10, () => client.delete(podResource, refOf(object), { graceSeconds: 0 }))
    }
  })
  for (const name of ['default', 'someone'])
    client.create({ apiVersion: 'v1', plural: 'serviceaccounts' }, { metadata: { name, namespace: 'default' } })
  const stop = runServing({
    client,
    world,
    network,
    send: (pod, request) => {
      sent.push({ pod: pod.name, path: request.path, at: world.now() - begin })
      return answer(request, pod)
    },
    journal: (happening) => void journal.push(happening),
    ...serving,
  })

  const create = (annotations: Record<string, string> = {}, spec: Json = {}, env: readonly Json[] = []): KubeObject =>
    client.create(services, aService(annotations, spec, env))
  return {
    world,
    api,
    client,
    network,
    node,
    journal,
    sent,
    stop,
    create,
    /** Also waits until it is ready. */
    ready: async (...args: Parameters<typeof create>): Promise<void> => {
      create(...args)
      await world.until('ready', () => conditionOf(service(), 'Ready')?.status === 'True', 60_000)
    },
    service,
    pods: () => client.list(podResource).filter(({ metadata }) => metadata.deletionTimestamp === undefined),
    send: (path = '/', body = '') => network.send(`http://hello.default.svc.cluster.local${path}`, { ...get, body }),
    seconds: () => (world.now() - begin) / 1000,
    after: (seconds: number) => world.advance(seconds * 1000),
  }
  function service(): KubeObject {
    const found = client.get(services, { namespace: 'default', name: 'hello' })
    if (!found) throw new Error('no such service')
    return found
  }
}

export const aService = (
  annotations: Record<string, string> = {},
  spec: Json = {},
  env: readonly Json[] = [],
): KubeObject => ({
  apiVersion: 'serving.knative.dev/v1',
  kind: 'Service',
  metadata: { name: 'hello', namespace: 'default' },
  spec: {
    template: {
      metadata: {
        annotations: Object.fromEntries(
          Object.entries(annotations).map(([key, value]) => [`autoscaling.knative.dev/${key}`, value]),
        ),
      },
      spec: { containers: [{ image: 'hello', ...(env.length > 0 && { env }) }], ...spec },
    },
  },
})

export type Condition = {
  readonly type: string
  readonly status: string
  readonly reason?: string
  readonly message?: string
}
export const conditionOf = (object: KubeObject, type: string): Condition | undefined =>
  (object['status'] as { conditions?: readonly Condition[] } | undefined)?.conditions?.find(
    (each) => each.type === type,
  )
