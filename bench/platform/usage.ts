import { readdirSync, readFileSync } from 'node:fs'
import type { ApiClient } from '#test/cluster/api-client.ts'
import type { AuditEvent } from '#test/cluster/audit.ts'
import { NODE_NAME } from '#test/platform/node-files.ts'
import { millisecondsOf } from './stations.ts'

/** From when to when, in milliseconds since 1970. */
export type Span = { readonly from: number; readonly to: number }

export const isWithin = ({ from, to }: Span, at: number): boolean => at >= from && at < to

/** The requests of one ServiceAccount in a span of time. A watch counts when it ends. */
export const requestsOf = (
  audit: readonly AuditEvent[],
  { namespace, name }: { readonly namespace: string; readonly name: string },
  span: Span,
): number =>
  audit.filter(
    ({ user, stage, requestReceivedTimestamp }) =>
      user.username === `system:serviceaccount:${namespace}:${name}` &&
      stage === 'ResponseComplete' &&
      isWithin(span, millisecondsOf(requestReceivedTimestamp)),
  ).length

/** The life of a Pod: from when it got its node, until somebody asked it to end, and to when the kubelet had cleared it away. */
export type PodLife = {
  readonly name: string
  readonly from: number
  readonly asked: number | undefined
  readonly to: number | undefined
}

/** The lives of all Pods of a namespace that the audit log knows of. */
export const podLives = (audit: readonly AuditEvent[], namespace: string): readonly PodLife[] => {
  const lives = new Map<string, PodLife>()
  for (const { verb, objectRef, user, responseStatus, stageTimestamp } of audit) {
    if (objectRef?.resource !== 'pods' || objectRef.namespace !== namespace || objectRef.name === undefined) continue
    const { name } = objectRef
    const at = millisecondsOf(stageTimestamp)
    const life = lives.get(name)
    if (verb === 'create' && objectRef.subresource === 'binding')
      lives.set(name, { name, from: at, asked: undefined, to: undefined })
    if (verb !== 'delete' || (responseStatus?.code ?? 500) >= 300 || !life) continue
    const isGone = user.username === `system:node:${NODE_NAME}`
    lives.set(name, isGone ? { ...life, to: at } : { ...life, asked: life.asked ?? at })
  }
  return [...lives.values()]
}

/** The lives of Pods, up to when they were asked to end: then they take no more requests, but wait until their proxy is sure of that. */
export const usefulLives = (lives: readonly PodLife[]): readonly PodLife[] =>
  lives.map((life) => ({ ...life, to: life.asked ?? life.to }))

/** How long the Pods of a workload lived within the span, in seconds, all together. */
export const podSeconds = (lives: readonly PodLife[], workload: string, span: Span): number =>
  lives
    .filter(({ name }) => name.startsWith(`${workload}-`))
    .map(({ from, to = span.to }) => Math.max(0, Math.min(to, span.to) - Math.max(from, span.from)) / 1000)
    .reduce((sum, seconds) => sum + seconds, 0)

type Summary = {
  readonly pods: readonly {
    readonly podRef: { readonly name: string; readonly namespace: string; readonly uid: string }
    readonly containers?: readonly (Usage & { readonly name: string })[]
  }[]
}
type Usage = {
  readonly cpu?: { readonly usageCoreNanoSeconds?: number }
  readonly memory?: { readonly workingSetBytes?: number }
}

/** What one container uses, as the kubelet tells. */
export type ContainerUsage = {
  readonly namespace: string
  readonly pod: string
  readonly podUid: string
  readonly container: string
  /** Since it started. */
  readonly cpuSeconds: number
  readonly mebibytes: number
}

/** What the processes of a Pod have in memory, in MiB: with what they share with other Pods of the same image, such as Node itself. */
export const residentMebibytes = (podUid: string): number =>
  readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && textOf(`/proc/${entry}/cgroup`).includes(`pod${podUid}`))
    .map((pid) => Number(/VmRSS:\s+(\d+) kB/.exec(textOf(`/proc/${pid}/status`))?.[1] ?? 0) / 1024)
    .reduce((sum, each) => sum + each, 0)

const textOf = (file: string): string => {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return '' // the process ended meanwhile
  }
}

/** What the containers of all running Pods use. The kubelet looks every ten seconds or so. */
export const containerUsage = async (api: ApiClient): Promise<readonly ContainerUsage[]> => {
  const { pods } = await api.get<Summary>(`/api/v1/nodes/${NODE_NAME}/proxy/stats/summary`)
  return pods.flatMap(({ podRef, containers = [] }) =>
    containers.map(({ name, cpu, memory }) => ({
      namespace: podRef.namespace,
      pod: podRef.name,
      podUid: podRef.uid,
      container: name,
      cpuSeconds: (cpu?.usageCoreNanoSeconds ?? 0) / 1e9,
      mebibytes: (memory?.workingSetBytes ?? 0) / 2 ** 20,
    })),
  )
}
