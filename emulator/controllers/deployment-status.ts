import type { DeploymentCondition } from 'kubernetes-types/apps/v1.d.ts'
import { timestamp } from '../api-server/json.ts'
import type { DeploymentObject } from './deployment.ts'
import { isReady, type PodObject } from './pods.ts'

export type DeploymentView = {
  readonly now: number
  /** Those that have neither ended nor are being deleted. */
  readonly pods: readonly PodObject[]
  readonly isUpdated: (pod: PodObject) => boolean
  readonly isAvailable: (pod: PodObject) => boolean
  readonly terminating: number
}

/** As calculateStatus in pkg/controller/deployment/sync.go; counters that are 0 are left out. */
export function deploymentStatus(deployment: DeploymentObject, view: DeploymentView): object {
  const { pods, isUpdated, isAvailable, terminating } = view
  const { spec, metadata } = deployment
  const available = pods.filter(isAvailable).length
  const updated = pods.filter(isUpdated).length
  const counts = {
    replicas: pods.length,
    updatedReplicas: updated,
    readyReplicas: pods.filter(isReady).length,
    availableReplicas: available,
    unavailableReplicas: Math.max(0, spec.replicas - available),
    terminatingReplicas: terminating,
  }
  const isDone = updated === spec.replicas && pods.length === spec.replicas && available === spec.replicas
  return {
    observedGeneration: metadata.generation,
    ...Object.fromEntries(Object.entries(counts).filter(([key, count]) => count > 0 || key === 'terminatingReplicas')),
    conditions: conditionsOf(deployment, view.now, available, isDone),
  }
}

function conditionsOf(
  deployment: DeploymentObject,
  now: number,
  available: number,
  isDone: boolean,
): readonly object[] {
  const { replicas, strategy } = deployment.spec
  const { maxUnavailable = '25%' } = strategy?.rollingUpdate ?? {}
  const mayLack =
    strategy?.type === 'Recreate'
      ? 0
      : typeof maxUnavailable === 'number'
        ? maxUnavailable
        : Math.floor((Number.parseFloat(maxUnavailable) / 100) * replicas)
  const name = deployment.metadata.name ?? ''
  const isAvailable = available >= replicas - mayLack
  const availability = isAvailable
    ? { status: 'True', reason: 'MinimumReplicasAvailable', message: 'Deployment has minimum availability.' }
    : {
        status: 'False',
        reason: 'MinimumReplicasUnavailable',
        message: 'Deployment does not have minimum availability.',
      }
  const progress = isDone
    ? { status: 'True', reason: 'NewReplicaSetAvailable', message: `Deployment "${name}" has successfully progressed.` }
    : { status: 'True', reason: 'ReplicaSetUpdated', message: `Deployment "${name}" is progressing.` }
  return [
    condition(deployment, now, { type: 'Available', ...availability }),
    condition(deployment, now, { type: 'Progressing', ...progress }),
  ]
}

function condition(
  { status }: DeploymentObject,
  now: number,
  wanted: Pick<DeploymentCondition, 'type' | 'status'> & { readonly reason: string; readonly message: string },
): object {
  const known = status?.conditions?.find(({ type }) => type === wanted.type)
  const isSame = known?.status === wanted.status && known.reason === wanted.reason && known.message === wanted.message
  const { type, ...rest } = wanted
  return {
    type,
    status: rest.status,
    lastUpdateTime: isSame ? known.lastUpdateTime : timestamp(now),
    lastTransitionTime: known?.status === wanted.status ? known.lastTransitionTime : timestamp(now),
    reason: rest.reason,
    message: rest.message,
  }
}
