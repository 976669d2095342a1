import type { KubeObject } from '#emulator/api-server/types.ts'

/** What became of a Job and its Pods: each of their states once, in order, without what differs from run to run. */
export type Recorded = {
  readonly job: readonly object[]
  /** In the order in which they were created. */
  readonly pods: readonly (readonly object[])[]
  /** The Job controller's own, sorted: they are written apart from the objects. */
  readonly events: readonly string[]
}

export type Recorder = {
  readonly see: (type: string, object: KubeObject) => void
  readonly recorded: () => Recorded
  readonly job: () => KubeObject | undefined
  /** Those that are, by the order in which they were created; and all states that were seen. */
  readonly pods: () => readonly (KubeObject | undefined)[]
  readonly hasSeen: (phase: string) => number
}

/** Keeps what it sees of the Job `name`, its Pods (by their name), and its events. */
export function createRecorder(name: string): Recorder {
  const jobs: object[] = []
  const pods: object[][] = []
  const events = new Map<string, string>()
  const uids: string[] = []
  const phases = new Set<string>()
  const now = new Map<string, KubeObject>()
  let job: KubeObject | undefined

  const mask = (value: unknown): unknown => {
    // Lists of uids are in random order.
    if (Array.isArray(value))
      return value.every((each) => typeof each === 'string') ? value.map(mask).sort() : value.map(mask)
    if (typeof value === 'object' && value !== null)
      return Object.fromEntries(
        Object.entries(value)
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([key, each]) => [key, mask(each)]),
      )
    if (typeof value !== 'string') return value
    if (/^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value)) return 'TIME'
    const uid = uids.indexOf(value)
    if (uid >= 0) return `pod ${uid}`
    return value.replaceAll(new RegExp(`(${name}-)[bcdfghjklmnpqrstvwxz2456789]{5}\\b`, 'g'), '$1*****')
  }
  const metaOf = ({ metadata }: KubeObject): object => ({
    ...(metadata.deletionTimestamp !== undefined && { isDeleted: true }),
    ...(metadata.finalizers !== undefined && { finalizers: metadata.finalizers }),
    ...(metadata.generation !== undefined && { generation: metadata.generation }),
  })
  const add = (states: object[], state: object): void => {
    if (JSON.stringify(states.at(-1)) !== JSON.stringify(state)) states.push(state)
  }

  return {
    see: (type, object) => {
      const { kind, metadata } = object
      const { uid = '' } = metadata
      if (kind === 'Job' && metadata.name === name) {
        job = type === 'DELETED' ? undefined : object
        add(jobs, { type, ...metaOf(object), status: mask(object['status']) })
      }
      if (kind === 'Pod' && metadata.name?.startsWith(`${name}-`) && metadata.name.length === name.length + 6) {
        if (!uids.includes(uid)) uids.push(uid)
        const index = uids.indexOf(uid)
        const { phase = '', reason } = object['status'] as { phase?: string; reason?: string }
        phases.add(`${phase} ${uid}`)
        if (type === 'DELETED') now.delete(uid)
        else now.set(uid, object)
        pods[index] ??= []
        const owners = metadata.ownerReferences?.map(({ kind, controller }) => ({ kind, controller }))
        const state = { type, ...metaOf(object), ...(owners && { owners }), phase, ...(reason && { reason }) }
        if (type === 'DELETED') (pods[index] ?? []).push(state)
        else add(pods[index] ?? [], state)
      }
      const involved = object['involvedObject'] as { kind?: string; name?: string } | undefined
      if (kind === 'Event' && involved?.kind === 'Job' && involved.name === name) {
        const { type: level, reason, message, count, source } = object as Readonly<Record<string, unknown>>
        const text = [level, reason, mask(message), JSON.stringify(source)].join(' | ')
        events.set(metadata.name ?? '', `${text} | ${count}`)
      }
    },
    recorded: () => ({ job: jobs, pods, events: [...events.values()].sort() }),
    job: () => job,
    pods: () => uids.map((uid) => now.get(uid)),
    hasSeen: (phase) => [...phases].filter((each) => each.startsWith(`${phase} `)).length,
  }
}
