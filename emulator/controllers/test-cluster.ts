import { createApiServer } from '../api-server/server.ts'
import type { KubeObject } from '../api-server/types.ts'
import { type Client, clientOf, type Resource } from '../client.ts'
import { createVirtualWorld, type VirtualWorld } from '../host/virtual-world.ts'
import { type RunNodeOptions, type RunningNode, runNode } from '../node/node.ts'
import { createScriptedRunner, type ScriptedRunnerOptions } from '../node/scripted-runner.ts'
import { runControllers } from './run.ts'

export type TestCluster = {
  readonly world: VirtualWorld
  readonly client: Client
  readonly node: RunningNode
  /** All states of the objects of a resource since now, oldest first. */
  readonly record: (resource: Resource) => readonly KubeObject[]
  /** How many requests the API server has had, by method. */
  readonly requests: ReadonlyMap<string, number>
  readonly stop: () => void
}

/** A control plane with one node, on a virtual clock, whose Pods fare as they wish. */
export function aCluster(
  options: Partial<Pick<ScriptedRunnerOptions, 'runnersByImage'>> &
    Partial<Pick<RunNodeOptions, 'node'>> & { readonly seed?: number } = {},
): TestCluster {
  const world = createVirtualWorld(options.seed)
  const api = createApiServer({ world })
  const requests = new Map<string, number>()
  const handle: typeof api.handle = (request) => {
    requests.set(request.method, (requests.get(request.method) ?? 0) + 1)
    return api.handle(request)
  }
  const client = clientOf({ handle }, { name: 'system:admin', groups: ['system:masters'] })
  const account = { apiVersion: 'v1', plural: 'serviceaccounts' }
  clientOf(api, client.user).create(account, { metadata: { name: 'default', namespace: 'default' } })
  const stopControllers = runControllers({ client, world })
  const runner = createScriptedRunner({
    world,
    node: () => node,
    ...(options.runnersByImage && { runnersByImage: options.runnersByImage }),
  })
  const node: RunningNode = runNode({
    client,
    world,
    runner,
    obstacle: runner.obstacle,
    ...(options.node && { node: options.node }),
  })
  return {
    world,
    client,
    node,
    requests,
    record: (resource) => {
      const seen: KubeObject[] = []
      client.follow(resource, ({ object }) => void seen.push(object))
      return seen
    },
    stop: () => {
      node.stop()
      stopControllers()
    },
  }
}

/** A Job of one Pod that is tried once; `wishes` are annotations for the scripted runner, without their prefix. */
export const aJob = (name: string, wishes: Readonly<Record<string, string>> = {}, spec: object = {}) => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name, namespace: 'default' },
  spec: {
    backoffLimit: 0,
    ...spec,
    template: {
      metadata: {
        annotations: Object.fromEntries(
          Object.entries(wishes).map(([key, value]) => [`node.dormouse.dev/${key}`, value]),
        ),
      },
      spec: { restartPolicy: 'Never', containers: [{ name: 'runner', image: 'registry.test/runner:1' }] },
    },
  },
})
