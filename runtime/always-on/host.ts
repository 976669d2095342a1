import type { CloudEvent } from 'cloudevents'
import {
  type Cluster,
  type FunctionDefinition,
  type Log,
  managedNamespace,
  type Outcome,
  type Ports,
} from '#sdk/index.ts'
import type { Transport } from '../kubernetes/transport.ts'
import { type Clock, rest } from './clock.ts'
import { type Change, type Follower, followKind } from './follow.ts'
import type { Queue } from './queue.ts'
import { changeFor, eventOf, namespaceKind, selectorOf, subscriptionsOf, turnKeyOf, watchedBy } from './source.ts'

export type HostOptions = {
  readonly functions: readonly FunctionDefinition[]
  readonly cluster: Cluster
  readonly transport: Pick<Transport, 'send' | 'watch'>
  /** The API server's address, as events have it. */
  readonly source: string
  readonly clock: Clock
  readonly log: Log
  readonly queue: Queue
  /** Each function remembers by itself what it has dealt with. */
  readonly portsFor: (fn: FunctionDefinition) => Ports
  readonly onOutcome: (fn: FunctionDefinition, outcome: Outcome, seconds: number) => void
  readonly onRestart: (kind: string) => void
  readonly signal: AbortSignal
}

export type Host = {
  /** Everything that there is was listed once, and all watches stand. */
  isReady(): boolean
  /** The kinds that are not. */
  missing(): readonly string[]
  /** Resolves after the signal, when nothing is read any more. */
  readonly ended: Promise<unknown>
}

const RETRY_MS = 1000

/** Wakes functions by watches, with the events that a broker would deliver. What is not in a managed namespace is left alone. */
export const startHost = (options: HostOptions): Host => {
  const { functions, cluster, transport, source, clock, log, queue, portsFor, onOutcome, onRestart, signal } = options
  const subscriptions = subscriptionsOf(functions)
  const ports = new Map(functions.map((fn) => [fn.name, portsFor(fn)]))
  const managed = new Set<string>()
  const followers = new Map<string, Follower>()
  let areOthersFollowed = false

  const wake = async (fn: FunctionDefinition, event: CloudEvent<unknown>): Promise<void> => {
    const itsPorts = ports.get(fn.name)
    if (!itsPorts || signal.aborted) return
    const from = clock.now()
    const outcome = await fn.handle(event, itsPorts)
    onOutcome(fn, outcome, (clock.now() - from) / 1000)
  }
  const tell = async (change: Change): Promise<void> => {
    const { object } = change
    const time = new Date(clock.now())
    const { namespace } = object.metadata
    if (namespace && !managed.has(namespace)) return
    if (change.type === 'delete') queue.forget((key) => key === turnKeyOf(object))
    const calls = subscriptions.flatMap(({ fn, kind, labels }) => {
      if (kind.kind !== object.kind || kind.apiVersion !== object.apiVersion) return []
      const type = changeFor(labels, change)
      return type ? [wake(fn, eventOf(type, object, { source, time }))] : []
    })
    await Promise.all(calls)
  }

  /** What is in a namespace that was there before it was ours to look after. */
  const lookInto = async (namespace: string): Promise<void> => {
    for (const { kind, labels } of subscriptions) {
      if (kind.scope !== 'Namespaced') continue
      const labelSelector = selectorOf(labels)
      for await (const object of cluster.list(kind, { namespace, ...(labelSelector && { labelSelector }) })) {
        await tell({ type: 'add', object, before: undefined })
      }
    }
  }
  const keepLookingInto = async (namespace: string): Promise<void> => {
    while (managed.has(namespace) && !signal.aborted) {
      try {
        return await lookInto(namespace)
      } catch (error) {
        log.warn({ namespace, cause: String(error) }, 'namespace not looked into')
        await rest(clock, RETRY_MS, signal)
      }
    }
  }
  const onNamespace = (change: Change): void => {
    const { name } = change.object.metadata
    const type = changeFor(managedNamespace, change)
    if (type === 'add' && !managed.has(name)) {
      managed.add(name)
      if (areOthersFollowed) void keepLookingInto(name)
    } else if (type === 'delete') {
      managed.delete(name)
      queue.forget((key) => key.includes(` ${name}/`))
    }
  }

  const follow = (kind: (typeof watched)[number]): Follower => {
    const name = kind.kind.kind
    const follower = followKind({
      ...kind,
      ...{ cluster, transport, clock, log, signal },
      onChange: async (change) => {
        if (kind.kind.kind === 'Namespace') onNamespace(change)
        await tell(change)
      },
      onRestart: () => onRestart(name),
    })
    followers.set(name, follower)
    return follower
  }
  const watched = watchedBy(subscriptions)
  const begin = async (): Promise<void> => {
    const isNamespace = ({ kind }: (typeof watched)[number]) => kind.kind === namespaceKind.kind
    for (const kind of watched.filter(isNamespace)) await follow(kind).listed
    areOthersFollowed = true
    if (!signal.aborted) for (const kind of watched.filter((kind) => !isNamespace(kind))) follow(kind)
    await Promise.all([...followers.values()].map(({ ended }) => ended))
  }
  const missing = (): readonly string[] =>
    watched.flatMap(({ kind: { kind } }) => (followers.get(kind)?.isReady() ? [] : kind))
  return { isReady: () => missing().length === 0, missing, ended: begin() }
}
