import type {
  Container,
  ContainerState,
  ContainerStatus,
  Pod,
  PodCondition,
  PodStatus,
} from 'kubernetes-types/core/v1.d.ts'

type Phase = 'Pending' | 'Running' | 'Succeeded' | 'Failed'

/** What a kubelet reports of a Pod all of whose containers are in `state`; as a strategic merge patch. Pure. */
export function reportedStatus(pod: Pod, state: ContainerState, now: Date): PodStatus {
  const phase = phaseOf(state)
  const containers = pod.spec?.containers ?? []
  return {
    ...generationOf(pod),
    phase,
    startTime: pod.status?.startTime ?? kubernetesTime(now),
    hostIP: '10.0.0.1',
    hostIPs: [{ ip: '10.0.0.1' }],
    ...(phase !== 'Pending' && { podIP: podIP(pod), podIPs: [{ ip: podIP(pod) }] }),
    containerStatuses: containers.map((container) => containerStatus(pod, container, state)),
    conditions: conditions(pod, phase, now),
  }
}

/** What the scheduler reports of a Pod that fits on no node; as a strategic merge patch. Pure. */
export function unschedulableStatus(pod: Pod, now: Date): PodStatus {
  const message =
    '0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: 0/1 nodes are available: ' +
    '1 No preemption victims found for incoming pod.'
  return {
    conditions: [condition(pod, now, { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message })],
  }
}

/** To the second, as the API server keeps times. */
export function kubernetesTime(time: Date): string {
  return time.toISOString().replace(/\.\d+Z$/, 'Z')
}

function phaseOf(state: ContainerState): Phase {
  if (state.running) return 'Running'
  if (state.terminated) return state.terminated.exitCode === 0 ? 'Succeeded' : 'Failed'
  return 'Pending'
}

// As pkg/kubelet/status/generate.go words them.
function conditions(pod: Pod, phase: Phase, now: Date): PodCondition[] {
  const names = (pod.spec?.containers ?? []).map(({ name }) => name).join(' ')
  const readiness: Record<Phase, Wanted> = {
    Pending: { status: 'False', reason: 'ContainersNotReady', message: `containers with unready status: [${names}]` },
    Running: { status: 'True' },
    Succeeded: { status: 'False', reason: 'PodCompleted' },
    Failed: { status: 'False', reason: 'PodFailed' },
  }
  const wanted: Record<string, Wanted> = {
    PodReadyToStartContainers: { status: phase === 'Running' ? 'True' : 'False' },
    Initialized: { status: 'True', ...(phase === 'Succeeded' && { reason: 'PodCompleted' }) },
    Ready: readiness[phase],
    ContainersReady: readiness[phase],
    PodScheduled: { status: 'True' },
  }
  return Object.entries(wanted).map(([type, what]) => condition(pod, now, { type, ...what }))
}

type Wanted = { readonly status: 'True' | 'False'; readonly reason?: string; readonly message?: string }

function condition(pod: Pod, now: Date, wanted: Wanted & { readonly type: string }): PodCondition {
  const known = pod.status?.conditions?.find(({ type }) => type === wanted.type)
  const since = known?.status === wanted.status ? known.lastTransitionTime : undefined
  // In a patch only null removes what the condition said before.
  const cleared = { reason: null, message: null } as object
  return { ...generationOf(pod), ...cleared, ...wanted, lastTransitionTime: since ?? kubernetesTime(now) }
}

function containerStatus(pod: Pod, { name, image = '' }: Container, state: ContainerState): ContainerStatus {
  const isRunning = state.running !== undefined
  const isMade = isRunning || state.terminated !== undefined
  const containerID = `containerd://${pod.metadata?.uid?.replaceAll('-', '')}`
  return {
    name,
    image,
    imageID: isMade ? `${image}@sha256:${'0'.repeat(64)}` : '',
    ...(isMade && { containerID }),
    restartCount: 0,
    ready: isRunning,
    started: isRunning,
    state: state.terminated ? { terminated: { ...state.terminated, containerID } } : state,
    lastState: {},
  }
}

// kubernetes-types 1.30 does not know the field, which kubelets write since 1.34.
function generationOf(pod: Pod): object {
  return { observedGeneration: pod.metadata?.generation ?? 1 }
}

function podIP(pod: Pod): string {
  const uid = pod.metadata?.uid ?? '0000'
  return pod.status?.podIP ?? `10.244.${Number.parseInt(uid.slice(0, 2), 16)}.${Number.parseInt(uid.slice(2, 4), 16)}`
}
