import type { Json } from '../api-server/types.ts'
import type { RevisionState } from './revision.ts'

export type ServiceState = {
  readonly namespace: string
  readonly name: string
  readonly generation: number
  readonly latestCreated: string
  readonly latestReady: string | undefined
  readonly state: RevisionState
}

type Condition = {
  readonly type: string
  readonly status: 'True' | 'False' | 'Unknown'
  readonly reason?: string
  readonly message?: string
  readonly lastTransitionTime?: string
}

export const urlOf = (namespace: string, name: string): string => `http://${name}.${namespace}.svc.cluster.local`

/** The status that Serving's controllers arrive at. `before` is the one of now, `time` as in objects. Pure. */
export function statusOf(state: ServiceState, before: Json, time: string): Json {
  const { namespace, name, generation, latestCreated, latestReady } = state
  const old = (before['conditions'] ?? []) as readonly Condition[] // our own
  const conditions = conditionsOf(state).map((each): Condition => {
    const same = old.find(({ type }) => type === each.type)
    const isSame = same?.status === each.status && same.reason === each.reason && same.message === each.message
    return { ...each, lastTransitionTime: isSame ? (same.lastTransitionTime ?? time) : time }
  })
  const url = urlOf(namespace, name)
  return {
    observedGeneration: generation,
    conditions,
    latestCreatedRevisionName: latestCreated,
    ...(latestReady !== undefined && {
      latestReadyRevisionName: latestReady,
      address: { url },
      traffic: [{ latestRevision: true, percent: 100, revisionName: latestReady }],
    }),
    url,
  }
}

function conditionsOf({ name, latestCreated, latestReady, state }: ServiceState): readonly Condition[] {
  const all = (configurations: Omit<Condition, 'type'>, routes: Omit<Condition, 'type'>): readonly Condition[] => {
    const worst = [configurations, routes]
    const unknown = worst.filter(({ status }) => status === 'Unknown')
    const ready =
      worst.find(({ status }) => status === 'False') ??
      unknown.find(({ reason }) => reason !== undefined) ??
      unknown[0] ??
      configurations
    return [
      { type: 'ConfigurationsReady', ...configurations },
      { type: 'Ready', ...ready },
      { type: 'RoutesReady', ...routes },
    ]
  }
  const isNewest = latestReady === latestCreated
  if (state.state === 'ready' && isNewest) return all({ status: 'True' }, { status: 'True' })
  const routes: Omit<Condition, 'type'> =
    latestReady !== undefined
      ? {
          status: 'Unknown',
          reason: 'TrafficNotMigrated',
          message: 'Traffic is not yet migrated to the latest revision.',
        }
      : state.state === 'failed'
        ? {
            status: 'False',
            reason: 'RevisionMissing',
            message: `Configuration "${name}" does not have any ready Revision.`,
          }
        : {
            status: 'Unknown',
            reason: 'RevisionMissing',
            message: `Configuration "${name}" is waiting for a Revision to become ready.`,
          }
  if (state.state !== 'failed') return all({ status: 'Unknown' }, routes)
  const message = `Revision "${latestCreated}" failed with message: ${state.message}.`
  return all({ status: 'False', reason: 'RevisionFailed', message }, routes)
}
