import type { ContainerState, Pod, PodStatus } from 'kubernetes-types/core/v1.d.ts'
import { podCondition, statusOf } from '#emulator/node/pod-status.ts'
import { refusal } from '#emulator/node/scheduler.ts'

/** What a kubelet reports of a Pod all of whose containers are in `state`; as a strategic merge patch. Pure. */
export function reportedStatus(pod: Pod, state: ContainerState, now: Date): PodStatus {
  const isRunning = state.running !== undefined
  const id = isRunning || state.terminated ? `containerd://${pod.metadata?.uid?.replaceAll('-', '')}` : undefined
  const containers = (pod.spec?.containers ?? []).map(({ name, image = '' }) => ({
    name,
    image,
    state: state.terminated && id ? { terminated: { ...state.terminated, containerID: id } } : state,
    lastState: {},
    restartCount: 0,
    isReady: isRunning,
    isStarted: isRunning,
    id,
  }))
  const view = { containers, initContainers: [], isOver: state.terminated !== undefined, hasSandbox: id !== undefined }
  return patchOf(statusOf(pod, { ...view, ip: id === undefined ? undefined : podIP(pod) }, now.getTime()))
}

/** What the scheduler reports of a Pod that fits on no node; as a strategic merge patch. Pure. */
export function unschedulableStatus(pod: Pod, now: Date): PodStatus {
  const message = refusal(1, ['Insufficient cpu'])
  const wanted = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message } as const
  return patchOf({ conditions: [podCondition(pod, now.getTime(), wanted)] })
}

/** To the second, as the API server keeps times. */
export function kubernetesTime(time: Date): string {
  return time.toISOString().replace(/\.\d+Z$/, 'Z')
}

// In a patch only null removes what a condition said before.
const patchOf = ({ conditions = [], ...status }: PodStatus): PodStatus => ({
  ...status,
  conditions: conditions.map((each) => ({ ...({ reason: null, message: null } as object), ...each })),
})

function podIP(pod: Pod): string {
  const uid = pod.metadata?.uid ?? '0000'
  return pod.status?.podIP ?? `10.244.${Number.parseInt(uid.slice(0, 2), 16)}.${Number.parseInt(uid.slice(2, 4), 16)}`
}
