import { setTimeout as pause } from 'node:timers/promises'
import { CloudEvent, HTTP } from 'cloudevents'
import { GenericKind, K8s, RegisterKind, WatchEvent } from 'kubernetes-fluent-client'
import { groupOf, type Kind, type Log } from '#sdk/index.ts'

/** Where changes of a kind go: the URLs of the functions that they wake. */
export type Subscription = {
  readonly kind: Kind
  readonly labels: Readonly<Record<string, string>> | undefined
  readonly sinks: readonly string[]
}

const types = { ADDED: 'add', MODIFIED: 'update', DELETED: 'delete' } as const

/** As our Triggers say: eight retries, from half a second on. */
const RETRIES = 8
const FIRST_DELAY_MS = 500

/**
 * Stands in for ApiServerSource, Broker and Triggers while the functions run on a developer's machine: watches the kubeconfig's
 * cluster and posts the events that the real adapter would, in the namespaces that `isManaged` accepts. Resolves when all
 * watches are connected; ends with the signal.
 */
export const startLocalSource = async (
  subscriptions: readonly Subscription[],
  isManaged: (namespace: string) => boolean,
  { log, signal }: { readonly log: Log; readonly signal: AbortSignal },
): Promise<void> => {
  for (const { kind, labels, sinks } of subscriptions) {
    await watchKind(kind, labels, { log, signal }, (phase, object) => {
      const change = types[phase as keyof typeof types]
      if (!change || !isManaged(object.metadata?.namespace ?? '')) return
      const event = eventOf(kind, change, object)
      for (const sink of sinks) void deliver(event, sink, { log, signal })
    })
  }
}

/** Calls back for every object of a kind that there is, and for every change, until the signal. */
export const watchKind = async (
  kind: Kind,
  labels: Readonly<Record<string, string>> | undefined,
  { log, signal }: { readonly log: Log; readonly signal: AbortSignal },
  onChange: (phase: string, object: GenericKind) => void,
): Promise<void> => {
  const watcher = K8s(modelOf(kind), labels ? { labels } : {}).Watch((object, phase) => onChange(phase, object))
  const connected = Promise.withResolvers<void>()
  watcher.events.on(WatchEvent.CONNECT, () => connected.resolve())
  watcher.events.on(WatchEvent.NETWORK_ERROR, (cause: Error) =>
    log.warn({ kind: kind.kind, cause: cause.message }, 'watch broke'),
  )
  signal.addEventListener('abort', () => watcher.close())
  await watcher.start()
  await connected.promise
}

const modelOf = (kind: Kind): typeof GenericKind => {
  const model = class extends GenericKind {}
  // The library finds a kind's model by the name of its class.
  Object.defineProperty(model, 'name', { value: `Dormouse${kind.kind}` })
  RegisterKind(model, {
    group: groupOf(kind),
    version: kind.apiVersion.split('/').at(-1) ?? '',
    kind: kind.kind,
    plural: kind.plural,
  })
  return model
}

const eventOf = (kind: Kind, change: string, object: GenericKind): CloudEvent<unknown> => {
  const { name = '', namespace = '' } = object.metadata ?? {}
  return new CloudEvent({
    type: `dev.knative.apiserver.resource.${change}`,
    source: '/dormouse/local-source',
    subject: `/apis/${kind.apiVersion}/namespaces/${namespace}/${kind.plural}/${name}`,
    apiversion: kind.apiVersion,
    kind: kind.kind,
    name,
    namespace,
    data: { ...object, apiVersion: kind.apiVersion, kind: kind.kind },
  })
}

const isRetried = (status: number) => status >= 500 || [404, 408, 409, 429].includes(status)

const deliver = async (
  event: CloudEvent<unknown>,
  sink: string,
  { log, signal }: { readonly log: Log; readonly signal: AbortSignal },
): Promise<void> => {
  const { headers, body } = HTTP.binary(event)
  const request = { method: 'POST', headers: headers as Record<string, string>, body: body as string }
  for (let retry = 0; retry <= RETRIES && !signal.aborted; retry++) {
    const status = await fetch(sink, request).then(
      (response) => response.status,
      () => 503,
    )
    if (status < 300) return
    if (!isRetried(status)) break
    await pause(FIRST_DELAY_MS * 2 ** retry, undefined, { signal }).catch(() => undefined)
  }
  if (!signal.aborted) log.warn({ subject: event.subject, sink }, 'event not delivered')
}
