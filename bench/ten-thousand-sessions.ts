import { CloudEvent } from 'cloudevents'
import { createApiServer } from '#emulator/api-server/server.ts'
import type { WatchEvent } from '#emulator/api-server/types.ts'
import { applyObject } from '#emulator/apply.ts'
import { type Client, clientOf, type Resource } from '#emulator/client.ts'
import { runControllers } from '#emulator/controllers/run.ts'
import { objectsIn } from '#emulator/host/kustomize.ts'
import { createVirtualWorld, type VirtualWorld } from '#emulator/host/virtual-world.ts'
import { runNode } from '#emulator/node/node.ts'
import { createScriptedRunner } from '#emulator/node/scripted-runner.ts'
import { loadFunction } from '#runtime/functions.ts'
import type { FunctionDefinition, Ports } from '#sdk/index.ts'
import { portsFor, serviceAccount } from '#test/emulator/functions-in-process.ts'
import { transportOver } from '#test/emulator/platform.ts'
import { sessionFor } from '#test/scenarios/world.ts'

const SESSIONS = 10_000
/** As many come in each second of virtual time. */
const PER_SECOND = 100
/** So long each is there, more than long enough to complete. */
const KEPT_SECONDS = 10
const RETRY_MS = 500

const sessions = { apiVersion: 'vteam.ambient-code/v1alpha1', plural: 'agenticsessions' }
const jobs = { apiVersion: 'batch/v1', plural: 'jobs' }
const pods = { apiVersion: 'v1', plural: 'pods' }
const namespaces = { apiVersion: 'v1', plural: 'namespaces' }
const namespace = 'burst'
const types = { ADDED: 'add', MODIFIED: 'update', DELETED: 'delete', BOOKMARK: '', ERROR: '' }

const isNeeded = ({ kind }: { readonly kind: string }): boolean =>
  ['Namespace', 'CustomResourceDefinition', 'ServiceAccount', 'ClusterRole', 'ClusterRoleBinding'].includes(kind)

/** Hands each change of a kind to a function, as an always-on operator would: without source, broker and cold starts. */
const wake = (
  fn: FunctionDefinition,
  ports: Ports,
  { admin, clock }: { admin: Client; clock: VirtualWorld },
  resource: Resource,
): void => {
  const handle = async (event: CloudEvent<unknown>): Promise<void> => {
    const { state } = await clock.hold(fn.handle(event, ports))
    if (state === 'failed') clock.after(RETRY_MS, () => void handle(event))
  }
  admin.follow(resource, ({ type, object }: WatchEvent) => {
    const attributes = { id: clock.uuid(), source: '/bench', type: `dev.knative.apiserver.resource.${types[type]}` }
    clock.after(0, () => void handle(new CloudEvent({ ...attributes, data: object }, false)))
  })
}

/**
 * 10,000 sessions on the embedded API server with its controllers and node, in process and on its clock: created, reconciled by our
 * functions with their own permissions, run to completion as Jobs and Pods, deleted 20 s later, collected. Writes the real seconds that
 * it took, and the most memory that the process held.
 */
const run = async (): Promise<void> => {
  const start = performance.now()
  const clock = createVirtualWorld(1)
  const api = createApiServer({ world: clock, history: 1000 })
  const admin = clientOf(api, { name: 'admin', groups: ['system:masters', 'system:authenticated'] })
  runControllers({ client: admin, world: clock })
  runNode({ client: admin, world: clock, runner: createScriptedRunner({ world: clock }) })
  for (const object of objectsIn('.').filter(isNeeded)) applyObject(admin, object, 'bench')
  admin.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } })
  for (const [name, resource] of [
    ['on-session-event', sessions],
    ['on-job-event', jobs],
  ] as const) {
    const transport = transportOver(api, serviceAccount('dormouse', name), () => false)
    wake(await loadFunction(name), portsFor({ NAMESPACE: 'dormouse' }, transport, clock), { admin, clock }, resource)
  }
  await clock.advance(1000)
  const phaseOf = (count: number): unknown => {
    const found = admin.get(sessions, { namespace, name: `session-${count}` })
    return (found?.['status'] as { phase?: string } | undefined)?.phase
  }
  for (let second = 0; second * PER_SECOND < SESSIONS + KEPT_SECONDS * PER_SECOND; second++) {
    const first = second * PER_SECOND
    for (let count = first; count < Math.min(first + PER_SECOND, SESSIONS); count++)
      admin.create(sessions, sessionFor(`session-${count}`, {}), { namespace })
    const old = first - KEPT_SECONDS * PER_SECOND
    for (let count = Math.max(old, 0); count < old + PER_SECOND; count++) {
      if (phaseOf(count) !== 'Completed') throw new Error(`session-${count} is ${phaseOf(count)}`)
      admin.delete(sessions, { namespace, name: `session-${count}` }, { policy: 'Background' })
    }
    await clock.advance(1000)
  }
  const left = () => [sessions, jobs, pods].reduce((sum, each) => sum + admin.list(each, { namespace }).length, 0)
  for (let seconds = 0; left() > 0; seconds++) {
    if (seconds === 600) throw new Error(`${left()} objects are left after ${seconds} s`)
    await clock.advance(1000)
  }
  const seconds = (performance.now() - start) / 1000
  const mebibytes = process.resourceUsage().maxRSS / 1024
  process.stdout.write(JSON.stringify({ seconds, mebibytes }))
}

await run()
