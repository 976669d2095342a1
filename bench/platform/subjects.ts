import { NAMESPACE } from '#manifests/names.ts'
import { sessionKind } from '#reconcilers/agentic-session/schema.ts'
import { eventually } from '#test/platform/eventually.ts'
import type { Platform } from '#test/platform/platform.ts'
import { BARE, bareKind } from './bare-chain.ts'
import { acceptedAt, jobCreatedAt, type Stations, stationsOf } from './stations.ts'

/** Where the benchmark's sessions are, with runners; and where Jobs get no Pods, since a quota forbids them. */
export const SESSIONS = 'bench'
export const WITHOUT_RUNNERS = 'bench-without-runners'

/** A function that makes a Job for each new object of a kind. */
export type Subject = {
  readonly service: string
  readonly apiVersion: string
  readonly kind: string
  readonly plural: string
}

export const ours: Subject = { service: 'on-session-event', ...sessionKind }
export const bare: Subject = { service: BARE, ...bareKind }

const SPEC = { initialPrompt: 'Say hello.', timeout: 300, environmentVariables: { RUNNER_SECONDS: '0' } }

export type Place = { readonly namespace: string; readonly name: string }

/** Makes one object, and resolves with its way to its Job. */
export const followOne = async (
  platform: Platform,
  subject: Subject,
  { namespace, name }: Place,
): Promise<Stations> => {
  const { apiVersion, kind, plural, service } = subject
  const path = `/apis/${apiVersion}/namespaces/${namespace}/${plural}`
  const user = `system:serviceaccount:${NAMESPACE}:${service}`
  await platform.api.post(path, { apiVersion, kind, metadata: { name }, spec: SPEC })
  return eventually(`${kind} ${name} has a Job and log lines`, async () => {
    const audit = platform.audit()
    const accepted = acceptedAt(audit, plural, name)
    const jobCreated = accepted && jobCreatedAt(audit, user, accepted)
    return accepted && jobCreated
      ? stationsOf(`${platform.dir}/pod-logs`, service, name, { accepted, jobCreated })
      : undefined
  })
}

/** Resolves when the runner of a session has ended and its status says so. */
export const completed = ({ api }: Platform, name: string): Promise<true> =>
  eventually(`session ${name} is Completed`, async () => {
    const path = `/apis/${ours.apiVersion}/namespaces/${SESSIONS}/${ours.plural}/${name}`
    const { status } = await api.get<{ status?: { phase?: string } }>(path)
    return status?.phase === 'Completed' ? true : undefined
  })

type Deployments = {
  readonly items: readonly {
    readonly metadata: { readonly name: string }
    readonly spec: { readonly replicas: number }
  }[]
}

/** Resolves when every Knative Service of ours wants no Pod; the last ones may still be on their way out. */
export const allAtZero = ({ api }: Platform): Promise<true> =>
  eventually(
    'all functions are at zero',
    async () => {
      const selector = encodeURIComponent('serving.knative.dev/service')
      const path = `/apis/apps/v1/namespaces/${NAMESPACE}/deployments?labelSelector=${selector}`
      const { items } = await api.get<Deployments>(path)
      return items.every(({ spec }) => spec.replicas === 0) ? true : undefined
    },
    180,
  )

/** Resolves when there is no Pod of a function any more. */
export const allGone = ({ api }: Platform): Promise<true> =>
  eventually(
    'all Pods of functions are gone',
    async () => {
      const selector = encodeURIComponent('serving.knative.dev/service')
      const path = `/api/v1/namespaces/${NAMESPACE}/pods?labelSelector=${selector}`
      const { items } = await api.get<{ items: readonly unknown[] }>(path)
      return items.length === 0 ? true : undefined
    },
    180,
  )

/** A quota that lets Jobs be, but none of their Pods. */
export const noPodsIn = (namespace: string): object => ({
  apiVersion: 'v1',
  kind: 'ResourceQuota',
  metadata: { name: 'no-pods', namespace },
  spec: { hard: { pods: '0' } },
})
