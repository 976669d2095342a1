import { NAMESPACE } from '#manifests/names.ts'
import { sessionKind } from '#reconcilers/agentic-session/schema.ts'
import { eventually } from '#test/platform/eventually.ts'
import type { Platform } from '#test/platform/platform.ts'
import { BARE, bareKind } from './bare-chain.ts'

/** Where sessions have runners; and where Jobs get no Pods, since a quota forbids them. */
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

/** No deadline passes while a benchmark runs: it would wake the functions. */
const LONG_ENOUGH_SECONDS = 7200

/** A session whose runner works for so long; the bare function's objects have the same spec. */
const specOf = (runnerSeconds: number) => ({
  initialPrompt: 'Say hello.',
  timeout: runnerSeconds + LONG_ENOUGH_SECONDS,
  environmentVariables: { RUNNER_SECONDS: String(runnerSeconds) },
})

export const createObject = (
  { api }: Platform,
  { apiVersion, kind, plural }: Subject,
  { namespace, name, runnerSeconds = 0 }: { namespace: string; name: string; runnerSeconds?: number },
): Promise<unknown> => {
  const path = `/apis/${apiVersion}/namespaces/${namespace}/${plural}`
  return api.post(path, { apiVersion, kind, metadata: { name }, spec: specOf(runnerSeconds) })
}

type Session = { readonly metadata: { readonly name: string }; readonly status?: { readonly phase?: string } }

/** How many sessions with runners are in each phase. */
export const phasesOf = async ({ api }: Platform): Promise<Readonly<Record<string, number>>> => {
  const path = `/apis/${ours.apiVersion}/namespaces/${SESSIONS}/${ours.plural}`
  const { items } = await api.get<{ items: readonly Session[] }>(path)
  const phases: Record<string, number> = {}
  for (const { status } of items) {
    const phase = status?.phase ?? 'Pending'
    phases[phase] = (phases[phase] ?? 0) + 1
  }
  return phases
}

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
