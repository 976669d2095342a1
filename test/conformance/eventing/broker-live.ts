import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ControlPlane } from '#test/cluster/control-plane.ts'
import { startProcess } from '#test/cluster/process.ts'
import { OUTLIVES_GO_CLIENTS } from '#test/keep-alive.ts'
import type { BrokerCase, BrokerStage, HostAnswer, HostRequest } from './broker-stage.ts'

const SYSTEM = 'knative-eventing'
const ingressHost = `broker-ingress.${SYSTEM}.svc.cluster.local`
const filterHost = `broker-filter.${SYSTEM}.svc.cluster.local`
// The dispatcher's is fixed.
const ports = { ingress: 18081, filter: 18082, dispatcher: 8080 }

export type BrokerBinaries = { readonly ingress: string; readonly filter: string; readonly dispatcher: string }

type Live<T> = T & { readonly metadata: { readonly name: string; readonly uid: string; readonly generation: number } }

/**
 * Knative's broker ingress, filter and in-memory dispatcher as processes, with all names of hosts behind a proxy, and the test in the place
 * of the controllers that write statuses and subscriptions.
 */
export async function liveBroker(plane: ControlPlane, binaries: BrokerBinaries): Promise<BrokerStage> {
  const requests: HostRequest[] = []
  let answers: Record<string, HostAnswer[]> = {}

  const onRequest = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const at = performance.now()
    const host = (request.headers.host ?? '').replace(/:.*/, '')
    const target = host === ingressHost ? ports.ingress : host === filterHost ? ports.filter : undefined
    if (target !== undefined || host.endsWith('-kn-channel.default.svc.cluster.local'))
      return forward(request, response, target ?? ports.dispatcher)
    const body = await text(request)
    const name = host.replace(/\.test$/, '')
    requests.push({ host: name, headers: request.headers as HostRequest['headers'], body, at })
    const answer = answers[name]?.shift() ?? { status: 204 }
    if (answer === 'reset') return void request.socket.destroy()
    if (answer.slowMs) await sleep(answer.slowMs)
    response.writeHead(answer.status, answer.headers).end(answer.body)
  }
  const proxy = createServer(OUTLIVES_GO_CLIENTS, (request, response) => void onRequest(request, response))
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  const { port } = proxy.address() as AddressInfo
  plane.atStop(async () => {
    proxy.close()
    proxy.closeAllConnections()
  })

  await install(plane)
  const env = {
    KUBECONFIG: plane.adminKubeconfig,
    SYSTEM_NAMESPACE: SYSTEM,
    POD_NAME: 'pod',
    CONTAINER_NAME: 'container',
    METRICS_DOMAIN: 'knative.dev/eventing',
    HTTP_PROXY: `http://127.0.0.1:${port}`,
    // They look for an OIDC issuer that is not there, and would wait for a name server.
    HTTPS_PROXY: `http://127.0.0.1:${port}`,
    NO_PROXY: '127.0.0.1',
    INGRESS_PORT: String(ports.ingress),
    INGRESS_PORT_HTTPS: '18443',
    FILTER_PORT: String(ports.filter),
    FILTER_PORT_HTTPS: '18444',
    MAX_IDLE_CONNS: '100',
    MAX_IDLE_CONNS_PER_HOST: '100',
  }
  for (const [name, command] of Object.entries(binaries)) {
    const logFile = join(plane.dir, 'logs', `${name}.log`)
    const args = name === 'dispatcher' ? ['--disable-ha'] : []
    // The dispatcher would look at this namespace alone.
    const own = name === 'filter' ? { ...env, NAMESPACE: SYSTEM } : env
    const started = await startProcess({ name, command, args, logFile, guard: plane.guard, env: own })
    plane.atStop(started.kill)
    await started.ready(() => isListening(ports[name as keyof typeof ports]), 60)
  }

  return {
    install: (broker, given) => installBroker(plane, broker, given),
    post: async (path, headers, body) => {
      try {
        const response = await fetch(`http://127.0.0.1:${ports.ingress}${path}`, { method: 'POST', headers, body })
        return response.status
      } catch {
        return 0
      }
    },
    answer: (given) => {
      answers = Object.fromEntries(Object.entries(given).map(([name, list]) => [name, [...list]]))
    },
    requests: () => requests,
    pass: (ms) => sleep(ms),
  }
}

function forward(request: IncomingMessage, response: ServerResponse, port: number): void {
  const { pathname, search } = new URL(request.url ?? '/', 'http://proxy')
  const { method = 'GET', headers } = request
  const path = `${pathname}${search}`
  const onward = httpRequest({ host: '127.0.0.1', port, method, path, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers)
    answer.pipe(response)
  })
  onward.on('error', () => request.socket.destroy())
  request.pipe(onward)
}

async function isListening(port: number): Promise<boolean> {
  try {
    await fetch(`http://127.0.0.1:${port}/healthz`)
    return true
  } catch {
    return false
  }
}

const kinds = [
  ['eventing.knative.dev', 'v1', 'Broker'],
  ['eventing.knative.dev', 'v1', 'Trigger'],
  ['eventing.knative.dev', 'v1beta3', 'EventType'],
  ['eventing.knative.dev', 'v1alpha1', 'EventPolicy'],
  ['messaging.knative.dev', 'v1', 'InMemoryChannel'],
  ['messaging.knative.dev', 'v1', 'Subscription'],
] as const

const pluralOf = (kind: string): string =>
  kind.endsWith('y') ? `${kind.slice(0, -1).toLowerCase()}ies` : `${kind.toLowerCase()}s`

async function install({ api }: ControlPlane): Promise<void> {
  await api.post('/api/v1/namespaces', { metadata: { name: SYSTEM } })
  for (const name of ['config-features', 'config-logging', 'config-observability'])
    await api.post(`/api/v1/namespaces/${SYSTEM}/configmaps`, { metadata: { name }, data: {} })
  const anything = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
  for (const [group, version, kind] of kinds) {
    const plural = pluralOf(kind)
    const schema = { openAPIV3Schema: { type: 'object', properties: { spec: anything, status: anything } } }
    const served = { name: version, served: true, storage: true, subresources: { status: {} }, schema }
    await api.post('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
      metadata: { name: `${plural}.${group}` },
      spec: { group, scope: 'Namespaced', names: { plural, kind }, versions: [served] },
    })
  }
  await sleep(4000)
}

const ready = (...types: readonly string[]) => ['Ready', ...types].map((type) => ({ type, status: 'True' }))

/** What the controllers of broker, channel and subscription would make of them. */
async function installBroker({ api }: ControlPlane, broker: string, given: BrokerCase): Promise<void> {
  const { brokerDelivery, isAsync, triggers } = given
  const at = (group: string, plural: string, name = '') => `/apis/${group}/v1/namespaces/default/${plural}/${name}`
  const make = async (group: string, kind: string, object: { metadata: { name: string } }, status: object) => {
    const plural = pluralOf(kind)
    const made = await api.post<Live<object>>(at(group, plural).replace(/\/$/, ''), {
      apiVersion: `${group}/v1`,
      kind,
      ...object,
    })
    const observedGeneration = made.metadata.generation
    await api.patch(`${at(group, plural, object.metadata.name)}/status`, 'merge', {
      status: { observedGeneration, ...status },
    })
    return made
  }
  const channel = `${broker}-kne-trigger`
  const channelUrl = `http://${channel}-kn-channel.default.svc.cluster.local`
  const brokerUrl = `http://${ingressHost}/default/${broker}`
  const brokerClass = { 'eventing.knative.dev/broker.class': 'MTChannelBasedBroker' }
  await make(
    'eventing.knative.dev',
    'Broker',
    { metadata: { name: broker, annotations: brokerClass }, spec: { delivery: brokerDelivery } } as {
      metadata: { name: string }
    },
    {
      address: { name: 'http', url: brokerUrl },
      annotations: { 'knative.dev/channelAddress': channelUrl },
      conditions: ready(),
    },
  )
  const deadLetterOf = (delivery: object | undefined): string | undefined =>
    (delivery as { deadLetterSink?: { uri: string } } | undefined)?.deadLetterSink?.uri
  const subscribers: object[] = []
  for (const [key, spec] of Object.entries(triggers)) {
    const name = `${broker}-${key}`
    const subscriber = { uri: `http://${key}.test/` }
    const deadLetterSinkUri = deadLetterOf(spec.delivery) ?? deadLetterOf(brokerDelivery)
    const { metadata } = await make(
      'eventing.knative.dev',
      'Trigger',
      { metadata: { name }, spec: { broker, subscriber, ...spec } } as { metadata: { name: string } },
      { subscriberUri: subscriber.uri, ...(deadLetterSinkUri && { deadLetterSinkUri }), conditions: ready() },
    )
    subscribers.push({
      uid: metadata.uid,
      name,
      generation: 1,
      subscriberUri: `http://${filterHost}/triggers/default/${name}/${metadata.uid}`,
      replyUri: brokerUrl,
      delivery: {
        ...(spec.delivery ?? brokerDelivery),
        ...(deadLetterSinkUri && { deadLetterSink: { uri: deadLetterSinkUri } }),
      },
    })
  }
  const annotations = {
    'eventing.knative.dev/scope': 'cluster',
    'messaging.knative.dev/subscribable': 'v1',
    ...(isAsync && { 'messaging.knative.dev/async-handler': 'true' }),
  }
  await make(
    'messaging.knative.dev',
    'InMemoryChannel',
    { metadata: { name: channel, annotations }, spec: { subscribers } } as { metadata: { name: string } },
    {
      address: { name: 'http', url: channelUrl },
      conditions: ready(
        ...['ServiceReady', 'EndpointsReady', 'Addressable', 'ChannelServiceReady', 'DeadLetterSinkResolved'],
        ...['EventPoliciesReady', 'DispatcherReady'],
      ),
    },
  )
  await sleep(500)
}
