import type { ContainerState, Pod, PodStatus } from 'kubernetes-types/core/v1.d.ts'
import { wishesOf as allWishesOf, type Fault, type Wishes } from '#emulator/node/wishes.ts'
import { kubernetesTime, reportedStatus, unschedulableStatus } from './pod-status.ts'

/** What the node does next about a Pod. `wait` is until a change or `until`, whichever is first. */
export type Step = { readonly do: 'wait'; readonly until?: Date } | Act

export type Act =
  | { readonly do: 'bind' }
  | { readonly do: 'report'; readonly status: PodStatus }
  | { readonly do: 'remove' }

/** What the API does not keep, or only to the second. */
export type Memory = { readonly node: string; readonly runningSince?: Date; readonly deletingSince?: Date }

const FAULTS: readonly Fault[] = ['Unschedulable', 'ImagePullBackOff', 'OOMKilled', 'Unresponsive']
const wishesOf = (pod: Pod): Wishes | string => allWishesOf(pod, FAULTS)

/** From SIGTERM to the end of a container, whatever grace the Pod has. */
const GRACE_SECONDS = 0.2

/** The scheduler's and the kubelet's part of a Pod's life, one step at a time. Pure. */
export function nextStep(pod: Pod, memory: Memory, now: Date): Step {
  if (pod.spec?.nodeName === undefined) return schedule(pod, now)
  if (pod.spec.nodeName !== memory.node) return { do: 'wait' }
  const isFinished = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed'
  const isDeleted = pod.metadata?.deletionTimestamp !== undefined
  const isRemoved = isDeleted && pod.metadata?.deletionGracePeriodSeconds === 0 // what is left are finalizers
  if (isFinished) return isDeleted && !isRemoved ? { do: 'remove' } : { do: 'wait' }
  const report = (state: ContainerState): Step => ({ do: 'report', status: reportedStatus(pod, state, now) })
  if (isDeleted && isUnresponsive(pod)) return { do: 'wait' }
  if (isDeleted) {
    const until = after(memory.deletingSince ?? now, GRACE_SECONDS)
    return now < until ? { do: 'wait', until } : report(killed(pod, now))
  }
  return run(pod, memory, now, report)
}

function isUnresponsive(pod: Pod): boolean {
  const wishes = wishesOf(pod)
  return typeof wishes !== 'string' && wishes.fault === 'Unresponsive'
}

function schedule(pod: Pod, now: Date): Step {
  const wishes = wishesOf(pod)
  if (pod.metadata?.deletionTimestamp !== undefined) return { do: 'wait' }
  if (typeof wishes === 'string' || wishes.fault !== 'Unschedulable') return { do: 'bind' }
  const isReported = pod.status?.conditions?.some(({ reason }) => reason === 'Unschedulable')
  return isReported ? { do: 'wait' } : { do: 'report', status: unschedulableStatus(pod, now) }
}

function run(pod: Pod, memory: Memory, now: Date, report: (state: ContainerState) => Step): Step {
  const state = containerState(pod)
  if (state === undefined) return report({ waiting: { reason: 'ContainerCreating' } })
  const wishes = wishesOf(pod)
  if (state.running === undefined) {
    const obstacle = obstacleTo(pod, wishes)
    const until = obstacle && pulledAt(pod, wishes)
    if (obstacle === undefined || (until && now >= until))
      return report({ running: { startedAt: kubernetesTime(now) } })
    if (state.waiting?.reason !== obstacle.reason) return report({ waiting: obstacle })
    return { do: 'wait', ...(until && { until }) }
  }
  if (pod.spec?.restartPolicy === 'Always' || typeof wishes === 'string') return { do: 'wait' }
  const since = memory.runningSince ?? new Date(state.running.startedAt ?? now)
  const until = after(since, wishes.seconds ?? 0.5)
  return now < until ? { do: 'wait', until } : report(ended(state, wishes, now))
}

function obstacleTo(pod: Pod, wishes: Wishes | string): { reason: string; message: string } | undefined {
  if (typeof wishes === 'string') return { reason: 'CreateContainerConfigError', message: wishes }
  if (wishes.fault !== 'ImagePullBackOff') return undefined
  const image = pod.spec?.containers[0]?.image
  const cause = `ErrImagePull: failed to pull and unpack image "${image}": failed to resolve reference: not found`
  return { reason: 'ImagePullBackOff', message: `Back-off pulling image "${image}": ${cause}` }
}

// When an image that cannot be pulled can.
function pulledAt({ metadata }: Pod, wishes: Wishes | string): Date | undefined {
  if (typeof wishes === 'string' || wishes.pullSeconds === undefined) return undefined
  return after(new Date(metadata?.creationTimestamp ?? 0), wishes.pullSeconds)
}

function ended(state: ContainerState, { exitCode, fault }: Wishes, now: Date): ContainerState {
  if (fault === 'OOMKilled') return terminated(state, 137, 'OOMKilled', now)
  return terminated(state, exitCode, exitCode === 0 ? 'Completed' : 'Error', now)
}

// A container that never ran ends as the kubelet's status manager has it end.
function killed(pod: Pod, now: Date): ContainerState {
  const state = containerState(pod)
  if (state?.running) return terminated(state, 143, 'Error', now)
  const message = 'The container could not be located when the pod was terminated'
  return { terminated: { exitCode: 137, reason: 'ContainerStatusUnknown', message } }
}

function terminated(state: ContainerState, exitCode: number, reason: string, now: Date): ContainerState {
  const finishedAt = kubernetesTime(now)
  return { terminated: { exitCode, reason, startedAt: state.running?.startedAt ?? finishedAt, finishedAt } }
}

function containerState(pod: Pod): ContainerState | undefined {
  return pod.status?.containerStatuses?.[0]?.state
}

function after(time: Date, seconds: number): Date {
  return new Date(time.getTime() + seconds * 1000)
}
