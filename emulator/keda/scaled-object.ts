import type { Json, KubeObject } from '../api-server/types.ts'

/** As the CRD's schema has checked it. */
export type Spec = {
  readonly scaleTargetRef: { readonly name: string }
  readonly pollingInterval?: number
  readonly initialCooldownPeriod?: number
  readonly cooldownPeriod?: number
  readonly idleReplicaCount?: number
  readonly minReplicaCount?: number
  readonly maxReplicaCount?: number
  readonly advanced?: { readonly restoreToOriginalReplicaCount?: boolean }
  readonly triggers: readonly {
    readonly type: 'cron'
    readonly name?: string
    readonly metadata: Readonly<Record<string, string>>
    readonly useCachedMetrics?: boolean
  }[]
}

export type ConditionType = 'Ready' | 'Active' | 'Fallback' | 'Paused'
export type Condition = {
  readonly type: ConditionType
  readonly status: 'True' | 'False' | 'Unknown'
  readonly reason?: string
  readonly message?: string
}

export type Status = {
  readonly conditions?: readonly Condition[]
  readonly lastActiveTime?: string
  readonly originalReplicaCount?: number
  readonly pausedReplicaCount?: number | null
  readonly scaleTargetKind?: string
  readonly scaleTargetGVKR?: Json
  readonly triggersTypes?: string
  readonly authenticationsTypes?: string
}

export const specOf = (object: KubeObject): Spec => object['spec'] as Spec
export const statusOf = (object: KubeObject): Status => (object['status'] ?? {}) as Status

const types: readonly ConditionType[] = ['Ready', 'Active', 'Fallback', 'Paused']

/** All conditions, with these in place of what they were. Pure. */
export const withConditions = (status: Status, ...changed: readonly Condition[]): readonly Condition[] =>
  types.map(
    (type): Condition =>
      changed.find((each) => each.type === type) ??
      status.conditions?.find((each) => each.type === type) ?? { type, status: 'Unknown' },
  )

export const isPausedInStatus = ({ conditions = [] }: Status): boolean =>
  conditions.some(({ type, status }) => type === 'Paused' && status === 'True')

const prefix = 'autoscaling.keda.sh/'
const isTrue = (object: KubeObject, key: string): boolean => {
  const value = object.metadata.annotations?.[`${prefix}${key}`]
  // Go's ParseBool; what it cannot read counts as true.
  return value !== undefined && !['0', 'f', 'F', 'FALSE', 'false', 'False'].includes(value)
}

export type Wishes = {
  readonly isPaused: boolean
  /** Throws where it is no whole number. */
  readonly pausedReplicas: () => number | undefined
  readonly isScaleInPaused: boolean
  readonly isScaleOutPaused: boolean
  readonly isForced: boolean
}

/** What the annotations ask for. */
export const wishesOf = (object: KubeObject): Wishes => {
  const replicas = object.metadata.annotations?.[`${prefix}paused-replicas`]
  return {
    isPaused: replicas !== undefined || isTrue(object, 'paused'),
    pausedReplicas: () => {
      if (replicas === undefined) return undefined
      if (!/^[+-]?\d+$/.test(replicas))
        throw new Error(`strconv.ParseInt: parsing ${JSON.stringify(replicas)}: invalid syntax`)
      return Number(replicas)
    },
    isScaleInPaused: isTrue(object, 'paused-scale-in'),
    isScaleOutPaused: isTrue(object, 'paused-scale-out'),
    isForced: isTrue(object, 'force-activation'),
  }
}

/** What a change of makes the operator look again. Pure. */
export const signatureOf = ({ metadata }: KubeObject): string =>
  JSON.stringify([
    metadata.generation,
    metadata.deletionTimestamp,
    Object.entries(metadata.annotations ?? {})
      .filter(([key]) => key.startsWith(prefix))
      .sort(),
  ])
