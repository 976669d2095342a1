import type { JobEnd } from './job.ts'
import type { PodObject } from './pods.ts'
import { RUNNER } from './started-with.ts'

export type Failure = { readonly reason: FailureReason; readonly message: string }

export type FailureReason =
  | 'DeadlineExceeded'
  | 'OOMKilled'
  | 'Disrupted'
  | 'Evicted'
  | 'Preempted'
  | 'NodeLost'
  | 'ImageNotPulled'
  | 'RunnerNotStarted'
  | 'PrerequisiteFailed'
  | 'RunnerExit'
  | 'JobFailed'
  | 'JobMissing'
  | 'ChildNameTaken'
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
const NO_CONTAINER = new Set([
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
  'CrashLoopBackOff',
])

/** What keeps a runner from starting, where waiting alone will hardly help. Pure. */
export const obstacleOf = (pods: readonly PodObject[]): Failure | undefined => {
  for (const { status, spec } of pods) {
    // A container that somebody put beside the runner does not keep it from starting; those that come before it do.
    const { initContainerStatuses: before = [], containerStatuses: beside = [] } = status ?? {}
    const runner = beside.find(({ name }) => name === RUNNER) ?? beside[0]
    for (const { name, image, state } of runner ? [...before, runner] : before) {
      const { reason = '', message = 'no message' } = state?.waiting ?? {}
      const asked = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])].find((c) => c.name === name)?.image
      if (NO_IMAGE.has(reason))
        return {
          reason: 'ImageNotPulled',
          message: `the image ${asked ?? image} cannot be pulled (${reason}): ${message}`,
        }
      const which = name === RUNNER ? "the runner's container" : `the container ${name}`
      if (NO_CONTAINER.has(reason))
        return { reason: 'RunnerNotStarted', message: `${which} cannot be started (${reason}): ${message}` }
    }
  }
  return undefined
}

/**
 * What ends a Pod from outside. From `pkg/kubelet/eviction` and the reasons of the condition `DisruptionTarget` (KEP-3329), which stays on a
 * Pod that is being deleted.
 */
const disruptionOf = ({ status }: PodObject): Failure | undefined => {
  const disruption = status?.conditions?.find(
    (condition) => condition.type === 'DisruptionTarget' && condition.status === 'True',
  )
  const message = status?.message || disruption?.message || 'no message'
  switch (disruption?.reason) {
    case 'PreemptionByScheduler':
      return { reason: 'Preempted', message: `the runner had to make room for Pods of a higher priority: ${message}` }
    case 'DeletionByTaintManager':
    case 'DeletionByPodGC':
      return { reason: 'NodeLost', message: `the runner's node went away or does not answer: ${message}` }
    case 'EvictionByEvictionAPI':
    case 'TerminationByKubelet':
      return { reason: 'Evicted', message: `the runner was evicted from its node: ${message}` }
  }
  return status?.reason === 'Evicted'
    ? { reason: 'Evicted', message: `the runner was evicted from its node: ${message}` }
    : undefined
}

/** What holds up a Job that should have ended: its Pods are to go, and nobody says that they have. Pure. */
export const nodeLost = (pods: readonly PodObject[]): Failure => {
  const nodes = [...new Set(pods.flatMap(({ spec }) => spec?.nodeName ?? []))].join(', ')
  return {
    reason: 'NodeLost',
    message: `the runner's node${nodes && ` ${nodes}`} does not answer: whether the runner has ended there is not known`,
  }
}

/** Whether another attempt may fare better: what failed was the runner or its node, not what its owner asked for. */
export const isWorthAnother = (reason: FailureReason): boolean =>
  ['RunnerExit', 'OOMKilled', 'Disrupted', 'Evicted', 'Preempted', 'NodeLost', 'JobFailed'].includes(reason)

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
  const disruption = pod && disruptionOf(pod)
  if (disruption) return disruption
  const statuses = pod?.status?.containerStatuses ?? []
  const exit = (statuses.find(({ name }) => name === RUNNER) ?? statuses[0])?.state?.terminated
  if (!exit && pod) {
    const before = pod.status?.initContainerStatuses?.find(({ state }) => (state?.terminated?.exitCode ?? 0) > 0)
    const { exitCode, message } = before?.state?.terminated ?? {}
    const words = `the container ${before?.name}, which comes before the runner, ended with exit code ${exitCode}`
    if (before) return { reason: 'RunnerNotStarted', message: message ? `${words}: ${message}` : words }
  }
  if (end.reason === 'PodFailurePolicy') {
    const reasons = 'evicted, preempted, or its node was lost'
    return { reason: 'Disrupted', message: `the runner was ended from outside (${reasons}): ${end.message}` }
  }
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
