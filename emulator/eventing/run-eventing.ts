import { equal, textAt } from '../api-server/json.ts'
import type { KubeObject, User } from '../api-server/types.ts'
import { type Client, isStatus, type Resource } from '../client.ts'
import type { Journal } from '../journal.ts'
import type { Network } from '../network.ts'
import type { World } from '../world.ts'
import { startAdapter } from './adapter.ts'
import { type AdapterDeployment, createAdapterDeployment } from './adapter-deployment.ts'
import { ASYNC_HANDLER, hasChannel, standingOfBroker } from './broker-status.ts'
import { type Standing, statusOf } from './conditions.ts'
import { eventingCrds } from './crds.ts'
import { createDispatcher, type Subscription } from './dispatcher.ts'
import { type Faults, noFaults } from './faults.ts'
import { followOnceServed } from './follow-served.ts'
import { brokerIngress, INGRESS_HOST } from './ingress.ts'
import { createKeyedLoop } from './keyed-loop.ts'
import { resources } from './resources.ts'
import { accountOf, standingOfSource } from './source-status.ts'
import { standingOfTrigger } from './trigger-status.ts'

export type EventingOptions = {
  readonly clientFor: (user: User) => Client
  readonly world: World
  readonly network: Network
  readonly journal?: Journal
  readonly faults?: Partial<Faults>
  /** What adapters take for the API server's address: the `source` of events. */
  readonly apiServerUrl?: string
  /** From a decision to run an adapter to its first request, and how long its predecessor lives on then. Milliseconds. */
  readonly adapterStartMs?: number
  readonly adapterOverlapMs?: number
}

export type Eventing = {
  readonly faults: {
    /** Changes what is named and leaves the rest. */
    readonly set: (faults: Partial<Faults>) => void
    readonly clear: () => void
  }
  /** Deletes the pod of a source's adapter, or of every one: nothing is seen until its successor watches. `source` is `namespace/name`. */
  readonly restartAdapter: (source?: string) => void
  readonly stop: () => void
}

const controller: User = {
  name: 'system:serviceaccount:knative-eventing:eventing-controller',
  groups: ['system:masters', 'system:authenticated'],
}

const keyOf = ({ metadata: { namespace, name } }: KubeObject): string => `${namespace}/${name}`
const brokerKeyOf = (trigger: KubeObject): string =>
  `${trigger.metadata.namespace}/${textAt(trigger, 'spec', 'broker')}`

/**
 * Knative Eventing 0.50 on an API server: ApiServerSources with their adapters, multi-tenant brokers on in-memory channels, Triggers.
 * Installs its CustomResourceDefinitions; the brokers' ingress answers on the network under its name in a cluster.
 */
export function runEventing(options: EventingOptions): Eventing {
  const { clientFor, world, network, journal = () => undefined } = options
  const { apiServerUrl = 'https://10.96.0.1:443', adapterStartMs = 1000, adapterOverlapMs = 1000 } = options
  const client = clientFor(controller)
  let faults: Faults = { ...noFaults, ...options.faults }
  const brokers = new Map<string, KubeObject>()
  const triggers = new Map<string, KubeObject>()
  const sources = new Map<string, KubeObject>()
  const subscriptions = new Map<string, Subscription & { readonly broker: string }>()
  const asyncChannels = new Map<string, boolean>()
  const deployments = new Map<string, AdapterDeployment>()

  for (const crd of eventingCrds)
    if (!client.get(resources.crds, { name: crd.metadata.name ?? '' })) client.create(resources.crds, crd)

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
    const known = deployments.get(key)
    if (known) return known
    const made = createAdapterDeployment({
      world,
      start: (config) => {
        const { namespace, spec } = config
        const groups = ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated']
        const own = clientFor({ name: accountOf(namespace, spec), groups })
        const ownClient = () => (faults.isApiServerAway ? undefined : own)
        return startAdapter(config, {
          world,
          network,
          journal,
          faults: () => faults,
          clientFor: ownClient,
          apiServerUrl,
        })
      },
      startMs: adapterStartMs,
      overlapMs: adapterOverlapMs,
      onChange: () => sourceLoop.add(key),
    })
    made.twin(faults.isTwice)
    deployments.set(key, made)
    return made
  }
  const sourceLoop = createKeyedLoop(world, (key) => {
    const source = sources.get(key)
    if (!source) return true
    const deployment = deploymentOf(key)
    const look = () => standingOfSource(client, source, { apiServerUrl, availability: deployment.availability() })
    const first = look()
    const { namespace = '' } = source.metadata
    const account = { namespace, name: textAt(source, 'spec', 'serviceAccountName') }
    if (first.adapter && client.get(resources.serviceAccounts, account)) deployment.want(first.adapter)
    const { isFailed, ...standing } = look()
    return write(resources.sources, source, standing) && !isFailed
  })

  const all = (loop: { readonly add: (key: string) => void }, objects: ReadonlyMap<string, KubeObject>) => () => {
    for (const key of objects.keys()) loop.add(key)
  }
  const remember =
    (
      objects: Map<string, KubeObject>,
      onChange: (key: string, isGone: boolean) => void,
    ): Parameters<Client['follow']>[1] =>
    ({ type, object }) => {
      const key = keyOf(object)
      if (type === 'DELETED') objects.delete(key)
      else objects.set(key, object)
      onChange(key, type === 'DELETED')
    }
  const sinksChanged = (): void => {
    all(brokerLoop, brokers)()
    all(triggerLoop, triggers)()
    all(sourceLoop, sources)()
  }

  const ends = [
    client.follow(
      resources.brokers,
      remember(brokers, (key, isGone) => {
        if (isGone) asyncChannels.delete(key)
        brokerLoop.add(key)
        for (const [name, trigger] of triggers) if (brokerKeyOf(trigger) === key) triggerLoop.add(name)
        all(sourceLoop, sources)()
      }),
    ),
    client.follow(
      resources.triggers,
      remember(triggers, (key, isGone) => {
        if (isGone) subscriptions.delete(key)
        triggerLoop.add(key)
      }),
    ),
    client.follow(
      resources.sources,
      remember(sources, (key, isGone) => {
        sourceLoop.add(key)
        if (!isGone) return
        deployments.get(key)?.stop()
        deployments.delete(key)
      }),
    ),
    client.follow(resources.namespaces, all(sourceLoop, sources)),
    client.follow(resources.serviceAccounts, all(sourceLoop, sources)),
    client.follow(resources.services, sinksChanged),
    followOnceServed(client, resources.knativeServices, sinksChanged),
  ]

  const dispatcher = createDispatcher({
    world,
    network,
    journal,
    faults: () => faults,
    triggerOf: (key) => triggers.get(key),
    onCrash: () => {
      // Only a new dispatcher notices that the annotation has changed.
      asyncChannels.clear()
      all(brokerLoop, brokers)()
    },
  })
  const ingress = brokerIngress(world, (key) => {
    const broker = brokers.get(key)
    if (!broker) return undefined
    if (!hasChannel(broker)) return 'unready'
    return (parcel) => {
      const to = [...subscriptions.values()].filter((each) => each.broker === key)
      return dispatcher.dispatch(parcel, to, asyncChannels.get(key) === true)
    }
  })
  ends.push(
    network.serve(INGRESS_HOST, async (request) => {
      if (faults.isBrokerDown) throw new Error('connect: connection refused')
      return ingress(request)
    }),
  )

  const set = (changes: Partial<Faults>): void => {
    const breaks = changes.isApiServerAway === true && !faults.isApiServerAway
    faults = { ...faults, ...changes }
    for (const each of deployments.values()) {
      if (breaks) each.interrupt()
      each.twin(faults.isTwice)
    }
  }
  return {
    faults: { set, clear: () => set(noFaults) },
    restartAdapter: (source) => {
      for (const [key, each] of deployments) if (source === undefined || source === key) each.restart()
    },
    stop: () => {
      for (const end of ends) end()
      for (const each of [brokerLoop, triggerLoop, sourceLoop, dispatcher, ...deployments.values()]) each.stop()
    },
  }
}
