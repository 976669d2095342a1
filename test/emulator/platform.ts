import { join } from 'node:path'
import { functionImagesIn } from '#cli/pods.ts'
import type { ApiServer } from '#emulator/api-server/server.ts'
import type { KubeObject, User } from '#emulator/api-server/types.ts'
import type { Client, Resource } from '#emulator/client.ts'
import { objectsIn } from '#emulator/host/kustomize.ts'
import { createVirtualWorld, type VirtualWorld } from '#emulator/host/virtual-world.ts'
import type { Journal } from '#emulator/journal.ts'
import { createScriptedRunner } from '#emulator/node/scripted-runner.ts'
import { createPlatform, type Platform } from '#emulator/platform.ts'
import { loadFunctions } from '#runtime/functions.ts'
import type { Transport } from '#runtime/kubernetes/transport.ts'
import { createMetrics } from '#runtime/metrics.ts'
import { sweepOnce } from '#runtime/sweeper.ts'
import { UnreachableError } from '#sdk/errors.ts'
import type { FunctionDefinition, Ports } from '#sdk/index.ts'
import type { Runners } from '../scenarios/world.ts'
import { type Functions, functionsInProcess, portsFor, serviceAccount } from './functions-in-process.ts'
import { createRunners } from './runners.ts'

const ROOT = join(import.meta.dirname, '../..')

const HOME = 'dormouse'

const services: Resource = { apiVersion: 'serving.knative.dev/v1', plural: 'services' }
const triggers: Resource = { apiVersion: 'eventing.knative.dev/v1', plural: 'triggers' }

/** How long the API server is away when it is restarted. */
const RESTART_MS = 3000

export type TestPlatformOptions = {
  readonly seed?: number
  readonly journal?: Journal
  /** Which of our manifests; by default all but KEDA's, so that nobody sweeps who was not asked. */
  readonly wanted?: (object: KubeObject) => boolean
} & Pick<Functions, 'post' | 'onLine'>

/** The platform with all that we install on it, functions in this process, runners by script, on a clock that tests move. */
export type TestPlatform = Platform & {
  readonly clock: VirtualWorld
  readonly everythingIn: (namespace: string) => readonly KubeObject[]
  readonly sweep: () => Promise<void>
  readonly startSweeper: (periodSeconds: number) => void
  /** A second service and Trigger for each function, so that every event is handled twice. */
  readonly addInstances: () => void
  readonly restartApiServer: () => Promise<void>
  readonly runners: Runners
}

const isOfKeda = ({ kind }: KubeObject): boolean => kind === 'ScaledObject' || kind === 'Deployment'

export const createTestPlatform = async ({
  seed = 1,
  journal,
  wanted = (object) => !isOfKeda(object),
  ...watched
}: TestPlatformOptions = {}): Promise<TestPlatform> => {
  const clock = createVirtualWorld(seed)
  const functions = await loadFunctions()
  const manifests = objectsIn(ROOT)
  let isAway = false
  const transportFor = (user: User) => transportOver(platform.api, user, () => isAway)
  const { runners, askRunner } = createRunners(() => platform.admin)
  const start = functionsInProcess({ world: clock, functions, transportFor, askRunner, ...watched })
  const runnersByImage = Object.fromEntries(functionImagesIn(manifests).map((image) => [image, { start }]))
  const runner = createScriptedRunner({ world: clock, runnersByImage })
  const platform: Platform = createPlatform({ world: clock, drainSeconds: 0, runner, ...(journal && { journal }) })
  const { admin, eventing } = platform
  platform.apply(manifests.filter(wanted))
  await clock.advance(60_000)

  return {
    ...platform,
    clock,
    runners,
    everythingIn: (namespace) => everythingIn(admin, namespace),
    sweep: () =>
      sweepBy(sweeperOf(functions), transportFor(serviceAccount(HOME, 'timeout-sweeper')), { clock, askRunner }),
    startSweeper: (periodSeconds) => {
      const deployment = manifests.find(({ kind }) => kind === 'Deployment')
      if (!deployment) throw new Error('no Deployment among the manifests')
      platform.apply([withPeriod(deployment, periodSeconds)])
    },
    addInstances: () => {
      for (const service of admin.list(services, { namespace: HOME })) platform.apply([secondOf(service)])
      for (const trigger of admin.list(triggers, { namespace: HOME })) platform.apply([secondOf(trigger)])
    },
    restartApiServer: async () => {
      isAway = true
      eventing.faults.set({ isApiServerAway: true })
      await clock.advance(RESTART_MS)
      isAway = false
      eventing.faults.set({ isApiServerAway: false })
    },
  }
}

/** Over the API server's function. What it answers is shared with its store; what it is sent comes as over the wire. */
export const transportOver = ({ handle }: ApiServer, user: User, isAway: () => boolean): Pick<Transport, 'send'> => ({
  send: async ({ method, path, body, contentType = 'application/json', accept = 'application/json' }) => {
    if (isAway()) throw new UnreachableError(`${method} ${path}: connect ECONNREFUSED`)
    const headers = { 'content-type': contentType, accept, 'user-agent': 'dormouse' }
    const answer = handle({ method, path, headers, user, ...(body && { body: overTheWire(body) }) })
    if ('watch' in answer) throw new Error(`${path} is a watch`)
    return { status: answer.status, headers: answer.headers, body: answer.body }
  },
})

/** Nobody's own object gets into the store, and what is `undefined` is not there. */
const overTheWire = (body: object): object => JSON.parse(JSON.stringify(body)) as object

const sweeperOf = (functions: readonly FunctionDefinition[]): FunctionDefinition => {
  const found = functions.find(({ on }) => on.some((trigger) => 'everyMinutes' in trigger))
  if (!found) throw new Error('no function wakes by the clock')
  return found
}

const sweepBy = async (
  fn: FunctionDefinition,
  transport: Pick<Transport, 'send'>,
  { clock, askRunner }: { readonly clock: VirtualWorld } & Pick<Ports, 'askRunner'>,
): Promise<void> => {
  const ports = { ...portsFor({ NAMESPACE: HOME }, transport, clock), askRunner }
  const outcome = await clock.hold(sweepOnce(fn, ports, createMetrics(fn.name)))
  if (outcome.state === 'failed' || outcome.state === 'rejected') throw outcome.error
}

type Deployment = {
  readonly template: { readonly spec: { readonly containers: readonly { readonly env?: readonly object[] }[] } }
}

const withPeriod = (deployment: KubeObject, seconds: number): KubeObject => {
  const spec = deployment['spec'] as Deployment
  const [container, ...others] = spec.template.spec.containers
  const env = [...(container?.env ?? []), { name: 'SWEEP_PERIOD_SECONDS', value: String(seconds) }]
  const containers = [{ ...container, env }, ...others]
  return {
    ...deployment,
    spec: { ...spec, template: { ...spec.template, spec: { ...spec.template.spec, containers } } },
  }
}

/** A copy under another name. Of a Trigger, one whose subscriber is the copy of its own. */
const secondOf = ({
  apiVersion,
  kind,
  metadata: { name = '', namespace = '', labels = {} },
  spec,
}: KubeObject): KubeObject => {
  const second = (text: string): string => `${text}-2`
  const { subscriber } = spec as { subscriber?: { ref: { name: string } } }
  const changed = subscriber
    ? { ...(spec as object), subscriber: { ref: { ...subscriber.ref, name: second(subscriber.ref.name) } } }
    : spec
  return { apiVersion, kind, metadata: { name: second(name), namespace, labels }, spec: changed }
}

/** Every object in a namespace, of every kind that the API server lists. */
const everythingIn = (admin: Client, namespace: string): readonly KubeObject[] => {
  type Resources = {
    readonly groupVersion: string
    readonly resources: readonly {
      readonly name: string
      readonly namespaced: boolean
      readonly verbs: readonly string[]
    }[]
  }
  type Groups = { readonly groups: readonly { readonly preferredVersion: { readonly groupVersion: string } }[] }
  const read = <T>(path: string): T => {
    const answer = admin.send({ method: 'GET', path })
    if ('watch' in answer) throw new Error(`${path} is a watch`)
    return answer.body as T
  }
  const paths = read<Groups>('/apis').groups.map(({ preferredVersion }) => `/apis/${preferredVersion.groupVersion}`)
  return ['/api/v1', ...paths].flatMap((path) => {
    const { groupVersion, resources } = read<Resources>(path)
    return resources
      .filter(({ name, namespaced, verbs }) => namespaced && verbs.includes('list') && !name.includes('/'))
      .flatMap(({ name }) => admin.list({ apiVersion: groupVersion, plural: name }, { namespace }))
  })
}
