import { type ApiServer, createApiServer } from './api-server/server.ts'
import type { SignToken } from './api-server/token-request.ts'
import type { KubeObject, User } from './api-server/types.ts'
import { applyObject } from './apply.ts'
import { type Client, clientOf } from './client.ts'
import { runControllers } from './controllers/run.ts'
import { type Eventing, runEventing } from './eventing/run-eventing.ts'
import type { Journal } from './journal.ts'
import { runKeda } from './keda/keda.ts'
import { createNetwork, type Network } from './network.ts'
import { type RunNodeOptions, type RunningNode, runNode } from './node/node.ts'
import type { PodRunner } from './pod-runner.ts'
import { runServing } from './serving/serving.ts'
import type { World } from './world.ts'

export type PlatformOptions = {
  readonly world: World
  /** Where containers run. It is asked once there is a Pod: after `createPlatform`, so it may use what that answers. */
  readonly runner: PodRunner & Pick<RunNodeOptions, 'obstacle'>
  readonly signToken?: SignToken
  readonly journal?: Journal
  /** What Knative waits for before it ends a Pod: 30 s in a cluster. */
  readonly drainSeconds?: number
  /** Whether a service may begin at zero: without it each starts a Pod once, to be found ready. */
  readonly allowZeroInitialScale?: boolean
  /** The API server's address, which events name as their source. */
  readonly apiServerUrl?: string
}

/** Kubernetes with Knative and KEDA, in this process. */
export type Platform = {
  readonly api: ApiServer
  readonly admin: Client
  readonly network: Network
  readonly eventing: Eventing
  readonly node: RunningNode
  /** Server-side apply, in order. Throws what the API server refuses. */
  readonly apply: (objects: readonly KubeObject[]) => void
  readonly stop: () => void
}

const masters = (name: string): User => ({ name, groups: ['system:masters', 'system:authenticated'] })

/** Starts everything; containers are ended by `stop`, objects are left as they are. */
export function createPlatform(options: PlatformOptions): Platform {
  const { world, signToken, journal = () => undefined } = options
  let node: RunningNode | undefined
  const api = createApiServer({
    world,
    ...(signToken && { signToken }),
    logs: (pod, container, options) => node?.logs(pod, container, options),
  })
  const as = (name: string): Client => clientOf(api, masters(name))
  const admin = as('kubernetes-admin')
  const network = createNetwork()
  const stopJournal = followChanges(api, journal)
  const stopControllers = runControllers({ client: as('system:kube-controller-manager'), world })
  const { runner } = options
  node = runNode({
    client: as('system:node:emulator'),
    world,
    runner,
    ...(runner.obstacle && { obstacle: runner.obstacle }),
  })
  const eventing = runEventing({
    clientFor: (user) => clientOf(api, user),
    world,
    network,
    journal,
    ...(options.apiServerUrl !== undefined && { apiServerUrl: options.apiServerUrl }),
  })
  const stopServing = runServing({
    client: as('system:serviceaccount:knative-serving:controller'),
    world,
    network,
    send: node.send,
    journal,
    allowZeroInitialScale: options.allowZeroInitialScale ?? false,
    ...(options.drainSeconds !== undefined && { drainSeconds: options.drainSeconds }),
  })
  const stopKeda = runKeda({ client: as('system:serviceaccount:keda:keda-operator'), world, journal })

  return {
    api,
    admin,
    network,
    eventing,
    node,
    apply: (objects) => {
      for (const object of objects) applyObject(admin, object, 'kubectl')
    },
    stop: () => {
      stopKeda()
      stopServing()
      eventing.stop()
      stopControllers()
      node?.stop()
      stopJournal()
    },
  }
}

/** Tells the journal of every write. */
function followChanges(api: ApiServer, journal: Journal): () => void {
  return api.store.subscribeToAll(({ type, resource, object }) => {
    const { name = '', namespace, resourceVersion = '' } = object.metadata
    const ref = namespace === undefined ? name : `${namespace}/${name}`
    journal({ what: 'change', type, resource, ref, resourceVersion, object })
  })
}
