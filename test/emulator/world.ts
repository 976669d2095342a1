import type { KubeObject } from '#emulator/api-server/types.ts'
import { applyObject } from '#emulator/apply.ts'
import type { Resource } from '#emulator/client.ts'
import type { JobObject } from '#reconcilers/agentic-session/job.ts'
import type { AgenticSession } from '#reconcilers/agentic-session/schema.ts'
import type { Kind, KubernetesObject, Live } from '#sdk/index.ts'
import { type Fault, isGiven, type KubeEvent, sessionFor, type World } from '../scenarios/world.ts'
import { createTestPlatform, type TestPlatform, type TestPlatformOptions } from './platform.ts'

export const faultsHere: readonly Fault[] = [
  'events lost',
  'events twice',
  'two instances',
  'API server restarted',
  'admission policy',
  'node hangs',
  'sweeper left alone',
  'function down',
  'runner answers',
]

const sessions: Resource = { apiVersion: 'vteam.ambient-code/v1alpha1', plural: 'agenticsessions' }
const jobs: Resource = { apiVersion: 'batch/v1', plural: 'jobs' }
const pods: Resource = { apiVersion: 'v1', plural: 'pods' }
const events: Resource = { apiVersion: 'v1', plural: 'events' }
const serviceAccounts: Resource = { apiVersion: 'v1', plural: 'serviceaccounts' }
const namespaces: Resource = { apiVersion: 'v1', plural: 'namespaces' }

const HOME = 'dormouse'

const LOOK_MS = 100

/** A whole platform of its own, on a clock that the scenario moves by waiting. */
export const createEmulatorWorld = async (
  namespace: string,
  seed = 1,
  watched: Pick<TestPlatformOptions, 'post' | 'onLine'> = {},
): Promise<World & { readonly platform: TestPlatform }> => {
  const platform = await createTestPlatform({ seed, ...watched })
  const { admin, clock } = platform
  admin.create(namespaces, {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: namespace, labels: { 'ambient-code.io/managed': 'true' } },
  })
  // The source starts an adapter for each set of namespaces.
  await clock.advance(1000)
  // What a server lists of a kind is what the kind says.
  const all = <T extends KubernetesObject>(resource: Resource) =>
    admin.list(resource, { namespace }) as unknown as readonly Live<T>[]
  const idOf = ({ kind, metadata }: KubeObject) => `${kind.toLowerCase()}/${metadata.name}`

  return {
    platform,
    runners: platform.runners,
    namespace,
    create: async (name, session = {}) => {
      admin.create(sessions, sessionFor(name, session), { namespace })
    },
    annotate: async (name, annotations) => {
      admin.patch(sessions, { namespace, name }, { metadata: { annotations } })
    },
    delete: async (name) => {
      admin.delete(sessions, { namespace, name }, { policy: 'Background' })
    },
    session: async (name) => admin.get(sessions, { namespace, name }) as unknown as Live<AgenticSession> | undefined,
    sessions: async () => all<AgenticSession>(sessions),
    jobs: async () => all<JobObject>(jobs),
    pods: async () => all(pods).map(({ metadata }) => metadata.name),
    evict: async (name) => {
      const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name } }
      admin.createFor(pods, { namespace, name }, 'eviction', eviction)
    },
    // What a server has of a kind is what the kind says.
    read: async ({ apiVersion, plural }, name) => admin.get({ apiVersion, plural }, { namespace, name }) as never,
    apply: async (object) => {
      applyObject(admin, withoutStatus(object as unknown as KubeObject), 'kubectl')
    },
    list: async <T extends KubernetesObject>({ apiVersion, plural }: Kind<T>) => all<T>({ apiVersion, plural }),
    remove: async ({ apiVersion, plural }, name) => {
      admin.delete({ apiVersion, plural }, { namespace, name }, { policy: 'Background' })
    },
    change: async ({ apiVersion, plural }, name, body) => {
      admin.patch({ apiVersion, plural }, { namespace, name }, { ...body })
    },
    label: async (labels) => {
      admin.patch(namespaces, { name: namespace }, { metadata: { labels } })
      // The source starts an adapter for each set of namespaces.
      await clock.advance(1000)
    },
    leftovers: async () => {
      return platform
        .everythingIn(namespace)
        .filter(({ kind }) => kind !== 'Event')
        .map(idOf)
        .filter((id) => !isGiven(id))
    },
    events: async () => all<KubeEvent>(events),
    versions: async () =>
      [sessions, jobs, pods].flatMap((resource) =>
        admin.list(resource, { namespace }).map(({ metadata }) => `${metadata.name} ${metadata.resourceVersion}`),
      ),
    now: clock.now,
    wait: (seconds) => clock.advance(seconds * 1000),
    patience: 1,
    eventually: async (what, look, seconds = 30) => {
      for (const deadline = clock.now() + seconds * 1000; ; await clock.advance(LOOK_MS)) {
        const seen = await look()
        if (seen !== undefined) return seen
        if (clock.now() > deadline) {
          const found = admin
            .list(sessions, { namespace })
            .map(({ metadata, status }) => ({ name: metadata.name, status }))
          throw new Error(
            `${namespace}: not within ${seconds} s: ${what}; sessions: ${JSON.stringify(found).slice(0, 3000)}`,
          )
        }
      }
    },
    sweep: () => platform.sweep(),
    startSweeper: async (periodSeconds) => {
      platform.startSweeper(periodSeconds)
      await clock.advance(1000)
    },
    loseEvents: async () => platform.eventing.faults.set({ lose: 1 }),
    deliverEvents: async ({ twice = false } = {}) => platform.eventing.faults.set({ lose: 0, isTwice: twice }),
    addInstances: async () => {
      platform.addInstances()
      await clock.advance(1000)
    },
    restartApiServer: () => platform.restartApiServer(),
    breakFunction: async (name) => {
      admin.delete(serviceAccounts, { namespace: HOME, name })
      for (const { metadata, spec } of admin.list(pods, { namespace: HOME })) {
        const { serviceAccountName } = spec as { readonly serviceAccountName?: string }
        if (serviceAccountName === name) admin.delete(pods, { namespace: HOME, name: metadata.name ?? '' })
      }
      await clock.advance(1000)
    },
    mendFunction: async (name) => {
      admin.create(serviceAccounts, {
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { namespace: HOME, name },
      })
    },
  }
}

/** Whoever applies by hand applies what is wanted, not what was seen. */
const withoutStatus = ({ status: _, ...object }: KubeObject & { readonly status?: unknown }): KubeObject =>
  object as KubeObject
