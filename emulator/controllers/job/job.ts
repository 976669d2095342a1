import type { Job } from 'kubernetes-types/batch/v1.d.ts'
import type { KubeObject } from '../../api-server/types.ts'
import type { PodObject } from '../pods.ts'

export type Condition = {
  readonly type: string
  readonly status: 'True' | 'False'
  readonly lastProbeTime: string
  readonly lastTransitionTime: string
  readonly reason: string
  readonly message: string
}

export type JobStatus = {
  readonly startTime?: string
  readonly completionTime?: string
  readonly active?: number
  readonly ready?: number
  readonly terminating?: number
  readonly succeeded?: number
  readonly failed?: number
  readonly uncountedTerminatedPods?: Uncounted
  readonly conditions?: readonly Condition[]
}

/** Uids of Pods that ended and are in no counter yet. */
export type Uncounted = { readonly succeeded?: readonly string[]; readonly failed?: readonly string[] }

export type JobObject = KubeObject & { readonly spec: JobSpec; readonly status: JobStatus }

/** With what the API server fills in; the published types of 1.30 lack nothing that is used here. */
export type JobSpec = NonNullable<Job['spec']> & {
  readonly parallelism: number
  readonly backoffLimit: number
  readonly template: KubeObject
}

// The API server has checked what it stores, and filled in the defaults.
export const asJob = (object: KubeObject): JobObject => {
  const job = object as unknown as JobObject
  return job.status ? job : { ...job, status: {} }
}

export const TRACKING = 'batch.kubernetes.io/job-tracking'

export const isTracked = ({ metadata }: KubeObject): boolean => metadata.finalizers?.includes(TRACKING) ?? false
export const isSuspended = ({ spec }: JobObject): boolean => spec.suspend === true

/** Of a Job that is to replace only Pods that have ended; else those that are being deleted count as failed. */
export const replacesOnlyFailed = ({ spec }: JobObject): boolean =>
  (spec as { podReplacementPolicy?: string }).podReplacementPolicy === 'Failed'

export const isFailed = (pod: PodObject, job: JobObject): boolean => {
  if (pod.status.phase === 'Failed') return true
  if (replacesOnlyFailed(job)) return false
  return pod.metadata.deletionTimestamp !== undefined && pod.status.phase !== 'Succeeded'
}

export const conditionOf = ({ status }: JobObject, ...types: readonly string[]): Condition | undefined =>
  status.conditions?.find(({ type, status: is }) => types.includes(type) && is === 'True')

export const isFinished = (job: JobObject): boolean => conditionOf(job, 'Complete', 'Failed') !== undefined
