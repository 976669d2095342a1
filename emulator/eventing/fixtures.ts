import { createApiServer } from '../api-server/server.ts'
import type { KubeObject, User } from '../api-server/types.ts'
import { type Client, clientOf, type Resource } from '../client.ts'
import { createVirtualWorld } from '../host/virtual-world.ts'
import type { Happening } from '../journal.ts'
import { createNetwork, type HttpRequest, type HttpResponse } from '../network.ts'
import { type EventingOptions, runEventing } from './run-eventing.ts'

const admin: User = { name: 'admin', groups: ['system:masters', 'system:authenticated'] }
export const configMaps: Resource = { apiVersion: 'v1', plural: 'configmaps' }
export const namespaces: Resource = { apiVersion: 'v1', plural: 'namespaces' }
export const brokers: Resource = { apiVersion: 'eventing.knative.dev/v1', plural: 'brokers' }
export const triggers: Resource = { apiVersion: 'eventing.knative.dev/v1', plural: 'triggers' }
export const sources: Resource = { apiVersion: 'sources.knative.dev/v1', plural: 'apiserversources' }

export type Received = HttpRequest & { readonly path: string; readonly at: number }

export const status = (code: number, body = '', headers: Record<string, string> = {}): HttpResponse => ({
  status: code,
  headers,
  body,
})

/** Eventing on an API server of its own, with time standing still, and somebody who may do everything. */
export function anEventing(options: Partial<EventingOptions> = {}, seed = 1) {
  const world = createVirtualWorld(seed)
  const api = createApiServer({ world, signToken: () => 'token' })
  let updates = 0
  const handle: typeof api.handle = (request) => {
    if (request.method === 'PUT') updates += 1
    return api.handle(request)
  }
  const clientFor = (user: User): Client => clientOf({ handle }, user)
  const client = clientFor(admin)
  const network = createNetwork()
  const happenings: Happening[] = []
  const eventing = runEventing({ clientFor, world, network, journal: (each) => void happenings.push(each), ...options })

  /** Somebody who listens, and answers each request with what `answer` says: 204 unless it says otherwise. */
  const listen = (
    host: string,
    answer: (request: Received, count: number) => HttpResponse | Promise<HttpResponse> = () => status(204),
  ): Received[] => {
    const received: Received[] = []
    network.serve(host, async (request) => {
      const each = { ...request, at: world.now() }
      received.push(each)
      return answer(each, received.length)
    })
    return received
  }
  const apply = (...objects: readonly KubeObject[]): void => {
    for (const object of objects) client.create(resourceOf(object), object)
  }
  const service = (name: string, namespace = 'default'): void =>
    apply({ apiVersion: 'v1', kind: 'Service', metadata: { name, namespace }, spec: { ports: [{ port: 80 }] } })
  const publish = (headers: Record<string, string> = {}, path = '/default/broker', body = '{}') =>
    network.send(`http://broker-ingress.knative-eventing.svc.cluster.local${path}`, {
      method: 'POST',
      headers: { ...anEvent, ...headers },
      body,
    })
  const readiness = (resource: Resource, name: string, type = 'Ready', namespace = 'default') => {
    const conditions = (client.get(resource, { namespace, name })?.['status'] as Conditions | undefined)?.conditions
    const found = conditions?.find((each) => each.type === type)
    return found && { status: found.status, ...(found.reason && { reason: found.reason }), message: found.message }
  }
  return {
    world,
    client,
    clientFor,
    network,
    eventing,
    happenings,
    listen,
    apply,
    service,
    publish,
    readiness,
    updates: () => updates,
  }
}

type Conditions = {
  readonly conditions?: readonly { type: string; status: string; reason?: string; message?: string }[]
}

export const anEvent = {
  'ce-id': 'id-1',
  'ce-source': '/test',
  'ce-specversion': '1.0',
  'ce-type': 'test.type',
  'content-type': 'application/json',
}

export const resourceOf = ({ apiVersion, kind }: KubeObject): Resource => ({
  apiVersion,
  plural: `${kind.toLowerCase()}s`,
})

export const aBroker = (spec?: object, annotations: Record<string, string> = {}): KubeObject => ({
  apiVersion: brokers.apiVersion,
  kind: 'Broker',
  metadata: { name: 'broker', namespace: 'default', annotations },
  ...(spec && { spec }),
})

export const toService = (name: string) => ({ ref: { apiVersion: 'v1', kind: 'Service', name } })

export const aTrigger = (name: string, spec: object = {}): KubeObject => ({
  apiVersion: triggers.apiVersion,
  kind: 'Trigger',
  metadata: { name, namespace: 'default' },
  spec: { broker: 'broker', subscriber: toService(name), ...spec },
})

export const aSource = (spec: object = {}): KubeObject => ({
  apiVersion: sources.apiVersion,
  kind: 'ApiServerSource',
  metadata: { name: 'source', namespace: 'default' },
  spec: {
    mode: 'Resource',
    serviceAccountName: 'watcher',
    resources: [{ apiVersion: 'v1', kind: 'ConfigMap' }],
    sink: { uri: 'http://sink.example' },
    ...spec,
  },
})

/** The source's ServiceAccount, and what lets it watch ConfigMaps. */
export const rights = (resources: readonly string[] = ['configmaps'], group = ''): readonly KubeObject[] => {
  const apiVersion = 'rbac.authorization.k8s.io/v1'
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'watcher', namespace: 'default' } },
    {
      apiVersion,
      kind: 'ClusterRole',
      metadata: { name: 'watcher' },
      rules: [{ apiGroups: [group], resources, verbs: ['get', 'list', 'watch'] }],
    },
    {
      apiVersion,
      kind: 'ClusterRoleBinding',
      metadata: { name: 'watcher' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'watcher' },
      subjects: [{ kind: 'ServiceAccount', name: 'watcher', namespace: 'default' }],
    },
  ]
}

export const aConfigMap = (name: string, namespace = 'default', labels: Record<string, string> = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace, labels },
  data: { a: '1' },
})

/** A source of ConfigMaps that is ready, and what its sink gets: `add one`, with the namespace before names elsewhere. */
export const aRunningSource = async (spec: object = {}, options: Parameters<typeof anEventing>[0] = {}) => {
  const stage = anEventing(options)
  const received = stage.listen('sink.example')
  stage.apply(...rights(), aSource(spec))
  await stage.world.advance(3000)
  const seen = (): readonly string[] =>
    received.map(({ headers }) => {
      const where = headers['ce-namespace'] === 'default' ? '' : `${headers['ce-namespace']}/`
      return `${headers['ce-type']?.split('.').at(-1)} ${where}${headers['ce-name']}`
    })
  return { ...stage, received, seen }
}
