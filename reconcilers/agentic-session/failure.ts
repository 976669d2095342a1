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
  | 'ImageNotPulled'
  | 'RunnerNotStarted'
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

/** Exit code 128 with this reason is the container runtime's: there is no such command, or no such directory to run it in. */
const NOT_STARTED = 'StartError'

/*
 * What a kubelet says of a container that it cannot start, and tries again for ever. From `pkg/kubelet/images/types.go`, CRI's `errors.go` and
 * `pkg/kubelet/kuberuntime/kuberuntime_container.go`.
 */
const NO_IMAGE = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'ErrImageNeverPull',
  'InvalidImageName',
  'ImageInspectError',
  'RegistryUnavailable',
  'SignatureValidationFailed',
])
const NO_CONTAINER = new Set(['CreateContainerConfigError', 'CreateContainerError', 'RunContainerError'])

/** What keeps a runner from starting, where waiting alone will hardly help. Pure. */
export const obstacleOf = (pods: readonly PodObject[]): Failure | undefined => {
  for (const { status, spec } of pods) {
    const statuses = status?.containerStatuses ?? []
    const runner = statuses.find(({ name }) => name === RUNNER) ?? statuses[0]
    const { reason = '', message = 'no message' } = runner?.state?.waiting ?? {}
    if (NO_IMAGE.has(reason)) {
      const image = spec?.containers.find(({ name }) => name === runner?.name)?.image ?? runner?.image
      return { reason: 'ImageNotPulled', message: `the image ${image} cannot be pulled (${reason}): ${message}` }
    }
    if (NO_CONTAINER.has(reason))
      return { reason: 'RunnerNotStarted', message: `the runner's container cannot be made (${reason}): ${message}` }
  }
  return undefined
}

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
  if (exit.reason === NOT_STARTED) {
    return {
      reason: 'RunnerNotStarted',
      message: `the runner could not be started (exit code ${exit.exitCode})${said}`,
    }
  }
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
