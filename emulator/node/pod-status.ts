import type { ContainerState, ContainerStatus, Pod, PodCondition, PodStatus } from 'kubernetes-types/core/v1.d.ts'
import { timestamp } from '../api-server/json.ts'

export type Phase = 'Pending' | 'Running' | 'Succeeded' | 'Failed'

/** One container as the runtime has it. */
export type ContainerView = {
  readonly name: string
  readonly image: string
  readonly state: ContainerState
  /** Of its life before this one. */
  readonly lastState: ContainerState
  readonly restartCount: number
  readonly isReady: boolean
  readonly isStarted: boolean
  /** As `containerd://...`; of one that was made. */
  readonly id: string | undefined
}

export type PodView = {
  readonly containers: readonly ContainerView[]
  readonly initContainers: readonly ContainerView[]
  /** Nothing of it is started any more: what has ended stays so, whatever its restartPolicy. */
  readonly isOver: boolean
  readonly hasSandbox: boolean
  readonly ip: string | undefined
  /** Why the node ended it: Evicted, DeadlineExceeded. */
  readonly end?: { readonly reason: string; readonly message: string }
}

type Named = { readonly metadata?: { readonly generation?: number } } & Pick<Pod, 'spec' | 'status'>

const HOST_IP = '10.0.0.1'

/** What a kubelet reports of a Pod, without what others have written into its status. Pure. */
export function statusOf(pod: Named, view: PodView, now: number): PodStatus {
  const phase = view.end ? 'Failed' : phaseOf(pod, view)
  const { containers, initContainers, ip, end } = view
  return {
    ...generationOf(pod),
    phase,
    ...(end && { reason: end.reason, message: end.message }),
    hostIP: HOST_IP,
    hostIPs: [{ ip: HOST_IP }],
    ...(ip !== undefined && { podIP: ip, podIPs: [{ ip }] }),
    startTime: pod.status?.startTime ?? timestamp(now),
    ...(initContainers.length > 0 && { initContainerStatuses: initContainers.map(containerStatus) }),
    containerStatuses: containers.map(containerStatus),
    conditions: conditionsOf(pod, view, phase, now),
  }
}

const isRestartable = ({ spec }: Named, exitCode: number): boolean =>
  spec?.restartPolicy === 'Always' ||
  spec?.restartPolicy === undefined ||
  (spec.restartPolicy === 'OnFailure' && exitCode !== 0)

/** As getPhase in kubelet_pods.go, for containers that are in one of the three states. */
export function phaseOf(pod: Named, { containers, initContainers, isOver }: PodView): Phase {
  const codeOf = ({ state, lastState }: ContainerView): number | undefined =>
    state.terminated?.exitCode ?? (state.waiting ? lastState.terminated?.exitCode : undefined)
  const failedInit = initContainers
    .map(codeOf)
    .some((code) => code !== undefined && code !== 0 && (isOver || !isRestartable(pod, code)))
  if (failedInit) return 'Failed'
  if (initContainers.some(({ state, lastState }) => !state.terminated && !(state.waiting && lastState.terminated)))
    return 'Pending'
  if (containers.some(({ state, lastState }) => state.waiting && !lastState.terminated)) return 'Pending'
  if (containers.some(({ state }) => state.running)) return 'Running'
  const codes = containers.map((each) => codeOf(each) ?? 0)
  if (!isOver && codes.some((code) => isRestartable(pod, code))) return 'Running'
  return codes.every((code) => code === 0) ? 'Succeeded' : 'Failed'
}

type Wanted = { readonly status: 'True' | 'False'; readonly reason?: string; readonly message?: string }

/** As pkg/kubelet/status/generate.go words them; those of others are kept. */
function conditionsOf(pod: Named, view: PodView, phase: Phase, now: number): PodCondition[] {
  const { containers, initContainers, hasSandbox } = view
  const unready = containers.filter(({ isReady }) => !isReady).map(({ name }) => name)
  const incomplete = initContainers.filter(({ isReady }) => !isReady).map(({ name }) => name)
  const hasBegun = containers.some(({ state, lastState }) => state.running || state.terminated || lastState.terminated)
  const ready: Wanted =
    phase === 'Succeeded'
      ? { status: 'False', reason: 'PodCompleted' }
      : phase === 'Failed'
        ? { status: 'False', reason: 'PodFailed' }
        : unready.length > 0
          ? {
              status: 'False',
              reason: 'ContainersNotReady',
              message: `containers with unready status: [${unready.join(' ')}]`,
            }
          : { status: 'True' }
  const initialized: Wanted =
    phase === 'Succeeded'
      ? { status: 'True', reason: 'PodCompleted' }
      : hasBegun || incomplete.length === 0
        ? { status: 'True' }
        : {
            status: 'False',
            reason: 'ContainersNotInitialized',
            message: `containers with incomplete status: [${incomplete.join(' ')}]`,
          }
  const isOver = phase === 'Succeeded' || phase === 'Failed'
  const wanted: Readonly<Record<string, Wanted>> = {
    PodReadyToStartContainers: { status: hasSandbox && !isOver ? 'True' : 'False' },
    Initialized: initialized,
    Ready: ready,
    ContainersReady: ready,
    PodScheduled: { status: 'True' },
  }
  const others = (pod.status?.conditions ?? []).filter(({ type }) => !(type in wanted))
  return [...Object.entries(wanted).map(([type, what]) => podCondition(pod, now, { type, ...what })), ...others]
}

/** With the time at which its status became what it is. */
export function podCondition(pod: Named, now: number, wanted: Wanted & { readonly type: string }): PodCondition {
  const known = pod.status?.conditions?.find(({ type }) => type === wanted.type)
  const since = known?.status === wanted.status ? known.lastTransitionTime : undefined
  const { type, ...rest } = wanted
  // The API server writes the empty time of a probe that nobody makes.
  return {
    type,
    ...generationOf(pod),
    ...rest,
    lastProbeTime: null as never,
    lastTransitionTime: since ?? timestamp(now),
  }
}

function containerStatus({
  name,
  image,
  state,
  lastState,
  restartCount,
  isReady,
  isStarted,
  id,
}: ContainerView): ContainerStatus {
  return {
    name,
    image,
    imageID: id === undefined ? '' : `${image}@sha256:${'0'.repeat(64)}`,
    ...(id !== undefined && { containerID: id }),
    restartCount,
    ready: isReady,
    started: isStarted,
    state,
    lastState,
  }
}

// The published types of 1.30 do not know the field, which kubelets write since 1.34.
export const generationOf = ({ metadata }: Named): object => ({ observedGeneration: metadata?.generation ?? 1 })
