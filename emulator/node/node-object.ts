import { timestamp } from '../api-server/json.ts'
import type { Json, KubeObject } from '../api-server/types.ts'

export type NodeOptions = {
  readonly name: string
  /** As `8` or `500m`. */
  readonly cpu?: string
  readonly memory?: string
  readonly pods?: string
  readonly labels?: Readonly<Record<string, string>>
}

const ready = { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' }
const lost = {
  type: 'Ready',
  status: 'Unknown',
  reason: 'NodeStatusUnknown',
  message: 'Kubelet stopped posting node status.',
}

/** A Node that is ready. Pure. */
export function nodeObject(
  { name, cpu = '1000', memory = '1000Gi', pods = '10000', labels }: NodeOptions,
  now: number,
): Json {
  const capacity = { cpu, memory, pods }
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: {
        'kubernetes.io/arch': 'amd64',
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
        ...labels,
      },
    },
    spec: {},
    status: {
      capacity,
      allocatable: capacity,
      conditions: [readiness(ready, now)],
      addresses: [
        { type: 'InternalIP', address: '10.0.0.1' },
        { type: 'Hostname', address: name },
      ],
      nodeInfo: {
        architecture: 'amd64',
        operatingSystem: 'linux',
        osImage: 'Dormouse emulator',
        kernelVersion: '0.0.0',
        kubeletVersion: 'v1.36.3',
        kubeProxyVersion: '',
        containerRuntimeVersion: 'emulator://1',
        machineID: '',
        systemUUID: '',
        bootID: '',
      },
    },
  }
}

const readiness = (state: typeof ready, now: number): object => ({
  ...state,
  lastHeartbeatTime: timestamp(now),
  lastTransitionTime: timestamp(now),
})

/** The status of a Node whose kubelet is heard of, or not. Pure. */
export const withReadiness = (node: KubeObject, isHeard: boolean, now: number): KubeObject => ({
  ...node,
  status: { ...(node['status'] as object), conditions: [readiness(isHeard ? ready : lost, now)] },
})

export const isNodeReady = (node: KubeObject | undefined): boolean => {
  const { conditions } = (node?.['status'] ?? {}) as { conditions?: readonly { type: string; status: string }[] }
  return conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false
}
