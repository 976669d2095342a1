import type { Taint } from 'kubernetes-types/core/v1.d.ts'
import type { KubeObject } from '../api-server/types.ts'
import type { PodObject } from '../controllers/pods.ts'

/** Whether a taint of the node keeps the Pod away. Pure. */
export function isKeptAway({ spec: { tolerations = [] } }: PodObject, node: KubeObject | undefined): boolean {
  const { taints = [] } = (node?.['spec'] ?? {}) as { taints?: readonly Taint[] }
  const isTolerated = ({ key, value = '', effect }: Taint): boolean =>
    tolerations.some((each) => {
      if (each.effect && each.effect !== effect) return false
      if (each.key && each.key !== key) return false
      return each.operator === 'Exists' || (each.key === key && (each.value ?? '') === value)
    })
  return taints.some((taint) => taint.effect !== 'PreferNoSchedule' && !isTolerated(taint))
}
