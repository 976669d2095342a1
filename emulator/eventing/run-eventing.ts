import type { User } from '../api-server/types.ts'
import type { Client } from '../client.ts'
import { installCrd } from '../install-crd.ts'
import type { Journal } from '../journal.ts'
import type { Network } from '../network.ts'
import type { World } from '../world.ts'
import { type AdapterConfig, startAdapter } from './adapter.ts'
import { createAdapterDeployment } from './adapter-deployment.ts'
import { hasChannel } from './broker-status.ts'
import { runControllers } from './controllers.ts'
import { eventingCrds } from './crds.ts'
import { createDispatcher } from './dispatcher.ts'
import { type Faults, noFaults } from './faults.ts'
import { brokerIngress, INGRESS_HOST } from './ingress.ts'
import { accountOf } from './source-status.ts'

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

/**
 * Knative Eventing 0.50 on an API server: ApiServerSources with their adapters, multi-tenant brokers on in-memory channels, Triggers.
 * Installs its CustomResourceDefinitions; the brokers' ingress answers on the network under its name in a cluster.
 */
export function runEventing(options: EventingOptions): Eventing {
  const { clientFor, world, network, journal = () => undefined } = options
  const { apiServerUrl = 'https://10.96.0.1:443', adapterStartMs = 1000, adapterOverlapMs = 1000 } = options
  const client = clientFor(controller)
  let faults: Faults = { ...noFaults, ...options.faults }

  for (const crd of eventingCrds) installCrd(client, crd)

  const start = (config: AdapterConfig) => {
    const { namespace, spec } = config
    const groups = ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated']
    const own = clientFor({ name: accountOf(namespace, spec), groups })
    return startAdapter(config, {
      world,
      network,
      journal,
      faults: () => faults,
      clientFor: () => (faults.isApiServerAway ? undefined : own),
      apiServerUrl,
    })
  }
  const controllers = runControllers({
    client,
    world,
    apiServerUrl,
    deploy: (onChange) => {
      const timing = { startMs: adapterStartMs, overlapMs: adapterOverlapMs }
      const deployment = createAdapterDeployment({ world, start, ...timing, onChange })
      deployment.twin(faults.isTwice)
      return deployment
    },
  })
  const dispatcher = createDispatcher({
    world,
    network,
    journal,
    faults: () => faults,
    triggerOf: controllers.trigger,
    onStart: controllers.dispatcherStarted,
  })
  const ingress = brokerIngress(world, (key) => {
    const broker = controllers.broker(key)
    if (!broker) return undefined
    if (!hasChannel(broker)) return 'unready'
    return (parcel) => dispatcher.dispatch(parcel, controllers.subscriptionsOf(key), controllers.isAsync(key))
  })
  const close = network.serve(INGRESS_HOST, async (request) => {
    if (faults.isBrokerDown) throw new Error('connect: connection refused')
    return ingress(request)
  })

  const set = (changes: Partial<Faults>): void => {
    const breaks = changes.isApiServerAway === true && !faults.isApiServerAway
    faults = { ...faults, ...changes }
    for (const each of controllers.deployments.values()) {
      if (breaks) each.interrupt()
      each.twin(faults.isTwice)
    }
  }
  return {
    faults: { set, clear: () => set(noFaults) },
    restartAdapter: (source) => {
      for (const [key, each] of controllers.deployments) if (source === undefined || source === key) each.restart()
    },
    stop: () => {
      close()
      controllers.stop()
      dispatcher.stop()
    },
  }
}
