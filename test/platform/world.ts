import { setTimeout as pause } from 'node:timers/promises'
import type { JobObject } from '#reconcilers/agentic-session/job.ts'
import type { AgenticSession } from '#reconcilers/agentic-session/schema.ts'
import type { KubernetesObject, Live } from '#sdk/index.ts'
import { ApiError } from '../cluster/api-client.ts'
import { type Fault, type KubeEvent, type Runner, sessionFor, type World } from '../scenarios/world.ts'
import { breakFunction, mendFunction } from './broken-function.ts'
import { eventually } from './eventually.ts'
import { aRestrictedNamespace } from './fixtures.ts'
import type { Platform } from './platform.ts'
import { BENT } from './runner-pods.ts'
import { startSweeperPod, sweepOnce } from './sweeps.ts'
import { deliverTo, NAMES, twice } from './triggers.ts'

type List<T extends KubernetesObject> = { readonly items: readonly Live<T>[] }

/** What cannot be broken here, and why. */
export const notHere: Partial<Readonly<Record<Fault, string>>> = {
  'two instances': 'Knative alone says how many instances there are, and each event goes to one of them',
  'function down': 'it takes the broker eleven minutes to give up; with less patience, in dead-letters.test.ts',
}

/** Everything here takes longer than where Pods start at once and events come from beside. */
const PATIENCE = 4

const PARTS = 'eventing.knative.dev/source=apiserver-source-controller'

/**
 * Namespaces in which scenarios may run beside one another. All at once: each change of what the source watches starts its adapter anew, which
 * loses events of all the others.
 */
export const makeNamespaces = async (platform: Platform, names: readonly string[]): Promise<void> => {
  const { api, kubectl } = platform
  for (const name of names) {
    const { metadata, ...rest } = aRestrictedNamespace(name)
    const labels = { ...metadata.labels, 'ambient-code.io/managed': 'true', ...BENT }
    await api.post('/api/v1/namespaces', { ...rest, metadata: { name, labels } })
  }
  type Source = { readonly status: { readonly namespaces: readonly string[] } }
  await eventually('the source watches all of them', async () => {
    const { status } = await api.get<Source>('/apis/sources.knative.dev/v1/namespaces/dormouse/apiserversources/source')
    return names.every((name) => status.namespaces.includes(name)) ? true : undefined
  })
  await kubectl('rollout', 'status', '-n', 'dormouse', 'deployment', '-l', PARTS, '--timeout=60s')
  await eventually('the old adapter has ended', async () => {
    const pods = await kubectl('get', 'pods', '-n', 'dormouse', '-l', PARTS, '-o', 'name')
    return pods.trim().split('\n').length === 1 ? true : undefined
  })
}

/** The world of a namespace that `makeNamespaces` made. */
export const worldIn = (platform: Platform, namespace: string): World => {
  const { api, kubectl } = platform
  const sessionsPath = `/apis/vteam.ambient-code/v1alpha1/namespaces/${namespace}/agenticsessions`
  const jobsPath = `/apis/batch/v1/namespaces/${namespace}/jobs`
  const list = async <T extends KubernetesObject>(path: string) => (await api.get<List<T>>(path)).items
  const deliverEvents = async () => {
    await deliverTo(platform, namespace, NAMES)
    await twice(platform, namespace, false)
  }

  return {
    namespace,
    create: async (name, session = {}) => {
      await api.post(
        sessionsPath,
        sessionFor(name, { ...session, ...(session.runner && { runner: slower(session.runner) }) }),
      )
    },
    annotate: async (name, annotations) => {
      await api.patch(`${sessionsPath}/${name}`, 'merge', { metadata: { annotations } })
    },
    delete: async (name) => {
      await api.delete(`${sessionsPath}/${name}`, { propagationPolicy: 'Background' })
    },
    session: (name) => api.get<Live<AgenticSession>>(`${sessionsPath}/${name}`).catch(undefinedIfMissing),
    sessions: () => list<AgenticSession>(sessionsPath),
    jobs: () => list<JobObject>(jobsPath),
    apply: async (object) => {
      await kubectl('apply', '-f', '-', { stdin: JSON.stringify(object) })
    },
    leftovers: async () => {
      const kinds = (await kubectl('api-resources', '--namespaced', '--verbs=list', '-o', 'name')).trim().split('\n')
      const all = kinds.filter((kind) => !kind.startsWith('events')).join(',')
      const objects = (await kubectl('get', all, '-n', namespace, '-o', 'name')).trim().split('\n')
      const given = ['', 'configmap/kube-root-ca.crt', 'serviceaccount/default']
      return objects.filter((name) => !given.includes(name))
    },
    events: () => list<KubeEvent>(`/api/v1/namespaces/${namespace}/events`),
    versions: async () => {
      const lists = await Promise.all([sessionsPath, jobsPath, `/api/v1/namespaces/${namespace}/pods`].map(list))
      return lists.flat().map(({ metadata }) => `${metadata.name} ${metadata.resourceVersion}`)
    },
    now: Date.now,
    wait: (seconds) => pause(seconds * 1000),
    eventually: async (what, look, seconds = 30) => {
      const limit = seconds * PATIENCE
      for (const deadline = Date.now() + limit * 1000; ; await pause(100)) {
        const seen = await look()
        if (seen !== undefined) return seen
        if (Date.now() > deadline) {
          const sessions = (await list<AgenticSession>(sessionsPath)).map(({ metadata, status }) => ({
            name: metadata.name,
            status,
          }))
          const pods = await kubectl('get', 'pods', '-n', namespace)
          throw new Error(
            `${namespace}: not within ${limit} s: ${what}; sessions: ${JSON.stringify(sessions).slice(0, 3000)}; ${pods}`,
          )
        }
      }
    },
    sweep: () => sweepOnce(platform),
    startSweeper: (periodSeconds) => startSweeperPod(platform, periodSeconds),
    loseEvents: () => deliverTo(platform, namespace, []),
    deliverEvents: async (options = {}) => {
      await deliverEvents()
      if (options.twice) await twice(platform, namespace, true)
    },
    addInstances: unavailable('two instances'),
    restartApiServer: () => restartApiServer(platform),
    breakFunction: (name) => breakFunction(platform, name),
    mendFunction: (name) => mendFunction(platform, name),
  }
}

/** One that is to be seen running has to outlast a cold start of the function that says so. */
const slower = ({ seconds, ...rest }: Runner): Runner => ({
  ...rest,
  ...(seconds !== undefined && { seconds: seconds < 1 ? seconds : Math.min(seconds * PATIENCE, 900) }),
})

const restarts: number[] = []

export const restartApiServer = async ({ restart }: Pick<Platform, 'restart'>): Promise<void> => {
  await restart('kube-apiserver', 'SIGKILL')
  restarts.push(Date.now())
}

/** When the API server was ready again after being killed, in ms since 1970. */
export const apiServerRestarts: readonly number[] = restarts

const unavailable = (fault: Fault) => (): Promise<never> =>
  Promise.reject(new Error(`this world has no fault "${fault}"`))

const undefinedIfMissing = (error: unknown): undefined => {
  if (error instanceof ApiError && error.code === 404) return undefined
  throw error
}
