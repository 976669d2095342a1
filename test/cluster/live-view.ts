import { setTimeout as pause } from 'node:timers/promises'
import type { JobObject } from '#reconcilers/agentic-session/job.ts'
import type { AgenticSession } from '#reconcilers/agentic-session/schema.ts'
import type { Kind, KubernetesObject, Live } from '#sdk/index.ts'
import { isGiven, type KubeEvent, type NewSession, sessionFor, type World } from '../scenarios/world.ts'
import { type ApiClient, ApiError } from './api-client.ts'
import type { Kubectl } from './kubectl.ts'

type List<T extends KubernetesObject> = { readonly items: readonly Live<T>[] }

/** What a world is to a client of its API server: all that has nothing to do with who runs there. */
type View = Pick<
  World,
  | 'namespace'
  | 'create'
  | 'annotate'
  | 'delete'
  | 'session'
  | 'sessions'
  | 'jobs'
  | 'pods'
  | 'read'
  | 'apply'
  | 'evict'
  | 'list'
  | 'remove'
  | 'label'
  | 'change'
  | 'leftovers'
  | 'events'
  | 'versions'
  | 'now'
  | 'wait'
  | 'patience'
  | 'eventually'
>

/** A namespace on a running API server. */
export const liveView = (
  { api, kubectl }: { readonly api: ApiClient; readonly kubectl: Kubectl },
  namespace: string,
): View => {
  const sessionsPath = `/apis/vteam.ambient-code/v1alpha1/namespaces/${namespace}/agenticsessions`
  const podsPath = `/api/v1/namespaces/${namespace}/pods`
  const jobsPath = `/apis/batch/v1/namespaces/${namespace}/jobs`
  const pathOf = ({ apiVersion, plural }: Kind) =>
    `${apiVersion.includes('/') ? '/apis' : '/api'}/${apiVersion}/namespaces/${namespace}/${plural}`
  const list = async <T extends KubernetesObject>(path: string) => (await api.get<List<T>>(path)).items
  const sessions = () => list<AgenticSession>(sessionsPath)

  return {
    namespace,
    create: async (name: string, session: NewSession = {}) => {
      await api.post(sessionsPath, sessionFor(name, session))
    },
    annotate: async (name, annotations) => {
      await api.patch(`${sessionsPath}/${name}`, 'merge', { metadata: { annotations } })
    },
    delete: async (name) => {
      await api.delete(`${sessionsPath}/${name}`, { propagationPolicy: 'Background' })
    },
    session: (name) => api.get<Live<AgenticSession>>(`${sessionsPath}/${name}`).catch(undefinedIfMissing),
    sessions,
    jobs: () => list<JobObject>(jobsPath),
    pods: async () => (await list(podsPath)).map(({ metadata }) => metadata.name),
    evict: async (name) => {
      await api.post(`${podsPath}/${name}/eviction`, { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name } })
    },
    read: ({ apiVersion, plural }, name) => {
      const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
      return api.get<never>(`${root}/namespaces/${namespace}/${plural}/${name}`).catch(undefinedIfMissing)
    },
    apply: async (object) => {
      await kubectl('apply', '-f', '-', { stdin: JSON.stringify(object) })
    },
    list: (kind) => list(pathOf(kind)),
    remove: async (kind, name) => {
      await api.delete(`${pathOf(kind)}/${name}`, { propagationPolicy: 'Background' })
    },
    change: async (kind, name, body) => {
      await api.patch(`${pathOf(kind)}/${name}`, 'merge', body)
    },
    label: async (labels) => {
      await api.patch(`/api/v1/namespaces/${namespace}`, 'merge', { metadata: { labels } })
    },
    leftovers: async () => {
      const kinds = (await kubectl('api-resources', '--namespaced', '--verbs=list', '-o', 'name')).trim().split('\n')
      const all = kinds.filter((kind) => !kind.startsWith('events')).join(',')
      const objects = (await kubectl('get', all, '-n', namespace, '-o', 'name')).trim().split('\n')
      return objects.filter((name) => name !== '' && !isGiven(name))
    },
    events: () => list<KubeEvent>(`/api/v1/namespaces/${namespace}/events`),
    versions: async () => {
      const lists = await Promise.all([sessionsPath, jobsPath, podsPath].map(list))
      return lists.flat().map(({ metadata }) => `${metadata.name} ${metadata.resourceVersion}`)
    },
    now: Date.now,
    wait: (seconds) => pause(seconds * 1000),
    patience: 1,
    eventually: async (what, look, seconds = 30) => {
      for (const deadline = Date.now() + seconds * 1000; ; await pause(100)) {
        const seen = await look()
        if (seen !== undefined) return seen
        if (Date.now() > deadline) {
          const all = (await sessions()).map(({ metadata, status }) => ({ name: metadata.name, status }))
          const pods = await kubectl('get', 'pods', '-n', namespace)
          throw new Error(
            `${namespace}: not within ${seconds} s: ${what}; sessions: ${JSON.stringify(all).slice(0, 3000)}; ${pods}`,
          )
        }
      }
    },
  }
}

const undefinedIfMissing = (error: unknown): undefined => {
  if (error instanceof ApiError && error.code === 404) return undefined
  throw error
}
