import { equal, textAt } from '../api-server/json.ts'
import type { KubeObject } from '../api-server/types.ts'
import { type Client, isStatus, type Resource } from '../client.ts'
import type { World } from '../world.ts'
import type { AdapterDeployment } from './adapter-deployment.ts'
import { ASYNC_HANDLER, standingOfBroker } from './broker-status.ts'
import { type Standing, statusOf } from './conditions.ts'
import type { Subscription } from './dispatcher.ts'
import { followOnceServed } from './follow-served.ts'
import { createKeyedLoop, type KeyedLoop } from './keyed-loop.ts'
import { resources } from './resources.ts'
import { standingOfSource } from './source-status.ts'
import { standingOfTrigger } from './trigger-status.ts'

/** What the controllers know, for the data plane. Keys are `namespace/name`. */
export type Controllers = {
  readonly broker: (key: string) => KubeObject | undefined
  readonly trigger: (key: string) => KubeObject | undefined
  readonly subscriptionsOf: (broker: string) => readonly Subscription[]
  /** Whether its channel answers before it delivers: what the annotation said when the channel's dispatcher first saw it. */
  readonly isAsync: (broker: string) => boolean
  /** A new dispatcher sees the annotations anew. */
  readonly dispatcherStarted: () => void
  readonly deployments: ReadonlyMap<string, AdapterDeployment>
  readonly stop: () => void
}

type Options = {
  /** One who may do everything. */
  readonly client: Client
  readonly world: World
  readonly apiServerUrl: string
  readonly deploy: (onChange: () => void) => AdapterDeployment
}

const keyOf = ({ metadata: { namespace, name } }: KubeObject): string => `${namespace}/${name}`
const brokerKeyOf = (trigger: KubeObject): string =>
  `${trigger.metadata.namespace}/${textAt(trigger, 'spec', 'broker')}`

/** Follows Brokers, Triggers and ApiServerSources with what they refer to, and writes their statuses when they differ. */
export function runControllers({ client, world, apiServerUrl, deploy }: Options): Controllers {
  const brokers = new Map<string, KubeObject>()
  const triggers = new Map<string, KubeObject>()
  const sources = new Map<string, KubeObject>()
  const subscriptions = new Map<string, Subscription & { readonly broker: string }>()
  const asyncChannels = new Map<string, boolean>()
  const deployments = new Map<string, AdapterDeployment>()

  /** Whether it is written, or right already. */
  const write = (resource: Resource, object: KubeObject, standing: Standing): boolean => {
    const status = statusOf(object, standing, world.now())
    if (equal(object['status'], status)) return true
    try {
      client.update(resource, { ...object, status }, 'status')
      return true
    } catch (error) {
      if (isStatus(error, 409)) return false
      if (isStatus(error, 404)) return true
      throw error
    }
  }

  const brokerLoop = createKeyedLoop(world, (key) => {
    const broker = brokers.get(key)
    if (!broker) return true
    if (!asyncChannels.has(key)) asyncChannels.set(key, broker.metadata.annotations?.[ASYNC_HANDLER] === 'true')
    return write(resources.brokers, broker, standingOfBroker(client, broker))
  })

  const triggerLoop = createKeyedLoop(world, (key) => {
    const trigger = triggers.get(key)
    if (!trigger) return true
    const broker = brokerKeyOf(trigger)
    const { subscription, ...standing } = standingOfTrigger(client, trigger, brokers.get(broker))
    if (subscription) subscriptions.set(key, { ...subscription, broker })
    return write(resources.triggers, trigger, standing)
  })

  const deploymentOf = (key: string): AdapterDeployment => {
    const deployment = deployments.get(key) ?? deploy(() => sourceLoop.add(key))
    deployments.set(key, deployment)
    return deployment
  }
  const sourceLoop = createKeyedLoop(world, (key) => {
    const source = sources.get(key)
    if (!source) return true
    const deployment = deploymentOf(key)
    const { adapter } = standingOfSource(client, source, { apiServerUrl, availability: deployment.availability() })
    const { namespace = '' } = source.metadata
    const account = { namespace, name: textAt(source, 'spec', 'serviceAccountName') }
    // Without its ServiceAccount the Deployment gets no Pod.
    if (adapter && client.get(resources.serviceAccounts, account)) deployment.want(adapter)
    const after = standingOfSource(client, source, { apiServerUrl, availability: deployment.availability() })
    return write(resources.sources, source, after) && !after.isFailed
  })

  const addAll = (loop: KeyedLoop, objects: ReadonlyMap<string, KubeObject>): void => {
    for (const key of objects.keys()) loop.add(key)
  }
  const addSources = (): void => addAll(sourceLoop, sources)
  const addThoseWithSinks = (): void => {
    addAll(brokerLoop, brokers)
    addAll(triggerLoop, triggers)
    addSources()
  }
  const follow = (resource: Resource, objects: Map<string, KubeObject>, onChange: (key: string) => void) =>
    client.follow(resource, ({ type, object }) => {
      const key = keyOf(object)
      if (type === 'DELETED') objects.delete(key)
      else objects.set(key, object)
      onChange(key)
    })

  const ends = [
    follow(resources.brokers, brokers, (key) => {
      if (!brokers.has(key)) asyncChannels.delete(key)
      brokerLoop.add(key)
      for (const [name, trigger] of triggers) if (brokerKeyOf(trigger) === key) triggerLoop.add(name)
      addSources()
    }),
    follow(resources.triggers, triggers, (key) => {
      if (!triggers.has(key)) subscriptions.delete(key)
      triggerLoop.add(key)
    }),
    follow(resources.sources, sources, (key) => {
      sourceLoop.add(key)
      if (sources.has(key)) return
      deployments.get(key)?.stop()
      deployments.delete(key)
    }),
    client.follow(resources.namespaces, addSources),
    client.follow(resources.serviceAccounts, addSources),
    client.follow(resources.services, addThoseWithSinks),
    followOnceServed(client, resources.knativeServices, addThoseWithSinks),
  ]

  return {
    broker: (key) => brokers.get(key),
    trigger: (key) => triggers.get(key),
    subscriptionsOf: (key) => [...subscriptions.values()].filter(({ broker }) => broker === key),
    isAsync: (key) => asyncChannels.get(key) === true,
    dispatcherStarted: () => {
      asyncChannels.clear()
      addAll(brokerLoop, brokers)
    },
    deployments,
    stop: () => {
      for (const end of ends) end()
      for (const each of [brokerLoop, triggerLoop, sourceLoop, ...deployments.values()]) each.stop()
    },
  }
}
