import type { Pod } from 'kubernetes-types/core/v1.js'
import type { Kind, KubernetesObject } from '#sdk/index.ts'
import type { JobEnd } from './job.ts'
import { RUNNER } from './runner-job.ts'

export type PodObject = KubernetesObject & Pick<Pod, 'spec' | 'status'>

export const podKind: Kind<PodObject> = { apiVersion: 'v1', kind: 'Pod', plural: 'pods', scope: 'Namespaced' }

export type Failure = { readonly reason: FailureReason; readonly message: string }

export type FailureReason =
  | 'DeadlineExceeded'
  | 'OOMKilled'
  | 'Evicted'
  | 'PrerequisiteFailed'
  | 'RunnerExit'
  | 'JobFailed'
  | 'JobMissing'
  | 'JobNameTaken'
  | 'InvalidSpec'

/** Whether it is the runner that has ended, so that it must have started. */
export const isOfRunner = (reason: FailureReason): boolean =>
  reason === 'RunnerExit' || reason === 'PrerequisiteFailed' || reason === 'OOMKilled'

/** The runner's own word for "what I need is not there": its exit code 2. */
const PREREQUISITE_FAILED = 2

/**
 * Why a Job failed, in words that its owner can act on: from the Job's condition and, where it is still there, the Pod that
 * failed. Pure.
 */
export const failureOf = (end: JobEnd, pods: readonly PodObject[], timeoutSeconds: number): Failure => {
  if (end.reason === 'DeadlineExceeded') {
    return {
      reason: 'DeadlineExceeded',
      message: `the session ran into its timeout of ${timeoutSeconds} s (spec.timeout)`,
    }
  }
  const pod = pods.find(({ status }) => status?.phase === 'Failed')
  if (pod?.status?.reason === 'Evicted') {
    return { reason: 'Evicted', message: `the node evicted the runner: ${pod.status.message ?? 'no message'}` }
  }
  const statuses = pod?.status?.containerStatuses ?? []
  const exit = (statuses.find(({ name }) => name === RUNNER) ?? statuses[0])?.state?.terminated
  if (!exit) return { reason: 'JobFailed', message: end.message || end.reason || 'the Job failed without a message' }
  const said = exit.message ? `: ${exit.message}` : ''
  if (exit.reason === 'OOMKilled') {
    return {
      reason: 'OOMKilled',
      message: `the runner used more memory than its limit and was killed (exit code ${exit.exitCode})${said}`,
    }
  }
  if (exit.exitCode === PREREQUISITE_FAILED) {
    return { reason: 'PrerequisiteFailed', message: `the runner lacks something that it needs (exit code 2)${said}` }
  }
  return { reason: 'RunnerExit', message: `the runner ended with exit code ${exit.exitCode}${said}` }
}
