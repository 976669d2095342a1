import type { Node, Pod } from 'kubernetes-types/core/v1.d.ts'
import pLimit from 'p-limit'
import type { ControlPlane } from './control-plane.ts'
import { perform } from './pod-acts.ts'
import { kubernetesTime } from './pod-status.ts'
import { nextStep } from './pod-steps.ts'
import { followPods } from './pod-watch.ts'

export type NodeStandIn = {
  readonly nodeName: string
  /** Resolves when it does nothing more. Safe to repeat. */
  readonly stop: () => Promise<void>
}

type Resident = {
  readonly uid: string
  pod: Pod
  runningSince?: Date
  deletingSince?: Date
  timer?: NodeJS.Timeout
  work?: Promise<void>
  isOutdated: boolean
}

const NODE = 'stand-in'
const PARALLEL_REQUESTS = 16

/**
 * Makes a Node and plays scheduler and kubelet for all Pods: binds them, reports them running, and ended as their
 * annotations `node.dormouse.dev/{seconds,exit-code,pull-seconds,fault}` or their first container's `RUNNER_{SECONDS,EXIT_CODE,PULL_SECONDS,FAULT}`
 * ask (default: 0.5 s, 0, none), and ends deleted ones after 0.2 s. Nothing runs, no probe is asked, init containers
 * count as done, no container is started again; with restartPolicy Always it runs until deleted. Survives restarts
 * of the API server, and ends with the control plane.
 */
export async function startNodeStandIn({ api, atStop }: ControlPlane): Promise<NodeStandIn> {
  const residents = new Map<string, Resident>()
  const limit = pLimit(PARALLEL_REQUESTS)
  const stopping = new AbortController()
  const isAway = (resident: Resident): boolean => stopping.signal.aborted || residents.get(resident.uid) !== resident

  const forget = (uid: string): void => {
    clearTimeout(residents.get(uid)?.timer)
    residents.delete(uid)
  }
  const observe = (pod: Pod): void => {
    const uid = uidOf(pod)
    const resident = residents.get(uid) ?? { uid, pod, isOutdated: false }
    residents.set(uid, resident)
    update(resident, pod)
    advance(resident)
  }
  const advance = (resident: Resident): void => {
    clearTimeout(resident.timer)
    resident.isOutdated = resident.work !== undefined
    if (resident.isOutdated || isAway(resident)) return
    resident.work = limit(() => walk(resident)).then((until) => {
      delete resident.work
      if (isAway(resident)) return
      if (resident.isOutdated) advance(resident)
      else if (until) resident.timer = setTimeout(() => advance(resident), until.getTime() - Date.now())
    })
  }
  const walk = async (resident: Resident): Promise<Date | undefined> => {
    while (!isAway(resident)) {
      const step = nextStep(resident.pod, { node: NODE, ...resident }, new Date())
      if (step.do === 'wait') return step.until
      const outcome = await perform(api, resident.pod, step, NODE)
      switch (outcome.state) {
        case 'done':
          update(resident, outcome.pod)
          break
        case 'gone':
          forget(resident.uid)
          return undefined
        case 'waiting':
          return undefined
        case 'failed':
          return new Date(Date.now() + outcome.retrySeconds * 1000)
      }
    }
    return undefined
  }

  await api.post('/api/v1/nodes', node())
  const following = followPods(
    api,
    {
      onPod: observe,
      onDeleted: (pod) => forget(uidOf(pod)),
      onList: (pods) => {
        const listed = new Set(pods.map(uidOf))
        for (const uid of residents.keys()) if (!listed.has(uid)) forget(uid)
        pods.forEach(observe)
      },
    },
    stopping.signal,
  )
  const stop = async (): Promise<void> => {
    stopping.abort()
    for (const { timer } of residents.values()) clearTimeout(timer)
    await following
    await Promise.all([...residents.values()].map(({ work }) => work))
  }
  atStop(stop)
  return { nodeName: NODE, stop }
}

// An answer to our own report may overtake older news from the watch.
function update(resident: Resident, pod: Pod): void {
  if (versionOf(pod) < versionOf(resident.pod)) return
  resident.pod = pod
  if (pod.metadata?.deletionTimestamp !== undefined) resident.deletingSince ??= new Date()
  if (pod.status?.phase === 'Running') resident.runningSince ??= new Date()
}

function uidOf(pod: Pod): string {
  return pod.metadata?.uid ?? ''
}

function versionOf(pod: Pod): bigint {
  return BigInt(pod.metadata?.resourceVersion ?? 0)
}

function node(): Node {
  const capacity = { cpu: '1000', memory: '1000Gi', pods: '10000' }
  const now = kubernetesTime(new Date())
  const ready = { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' }
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: NODE, labels: { 'kubernetes.io/hostname': NODE } },
    status: {
      capacity,
      allocatable: capacity,
      conditions: [{ ...ready, lastHeartbeatTime: now, lastTransitionTime: now }],
      addresses: [{ type: 'InternalIP', address: '10.0.0.1' }],
    },
  }
}
