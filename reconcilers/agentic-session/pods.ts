import type { Pod } from 'kubernetes-types/core/v1.js'
import type { Kind, KubernetesObject, Live } from '#sdk/index.ts'
import { REPORT_SECONDS } from './job.ts'

export type PodObject = KubernetesObject & Pick<Pod, 'spec' | 'status'>

export const podKind: Kind<PodObject> = { apiVersion: 'v1', kind: 'Pod', plural: 'pods', scope: 'Namespaced' }

/** When its node should have ended a Pod that is to go, unless somebody has deleted it by force. Its time of deletion has the grace in it. */
export const abandonedAt = ({
  metadata: { deletionTimestamp, deletionGracePeriodSeconds },
}: PodObject): Date | undefined =>
  deletionTimestamp === undefined || deletionGracePeriodSeconds === 0
    ? undefined
    : new Date(Date.parse(deletionTimestamp) + REPORT_SECONDS * 1000)

/** The Pods whose node does not answer. */
export const abandoned = (pods: readonly Live<PodObject>[], now: Date): readonly Live<PodObject>[] =>
  pods.filter((pod) => {
    const at = abandonedAt(pod)
    return at && now >= at
  })

/** Why the scheduler has found no node, in its words. Pure. */
export const unscheduledOf = (
  pods: readonly PodObject[],
): { readonly reason: string; readonly message: string } | undefined => {
  for (const { status } of pods) {
    const scheduled = status?.conditions?.find(({ type }) => type === 'PodScheduled')
    if (scheduled?.status === 'False')
      return { reason: scheduled.reason || 'Unschedulable', message: scheduled.message ?? '' }
  }
  return undefined
}
