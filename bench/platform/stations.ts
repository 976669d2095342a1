import { globSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { AuditEvent } from '#test/cluster/audit.ts'

/** When a change passed each place on its way from the API server to a Job; milliseconds since 1970. */
export type Stations = {
  readonly accepted: number
  /** The adapter has made an event of it. */
  readonly atSource: number
  readonly atBroker: number
  /** The Pod that answered has got its node; long before all others where the function was warm, as are the next two. */
  readonly scheduled: number
  /** Of the Pod's process. */
  readonly started: number
  readonly listening: number
  readonly received: number
  readonly jobCreated: number
}

type Line = {
  readonly msg: string
  readonly time: number
  readonly startMs?: number
  readonly subject?: string
  readonly sourceAt?: string
  readonly brokerAt?: string
  readonly receivedAt?: string
}

/** What the log of a Pod tells: who answered, and the stations that it passed by. */
export type Answered = Pick<Stations, 'atSource' | 'atBroker' | 'started' | 'listening' | 'received'> & {
  readonly pod: string
}

/**
 * The first answer to an event about the object of this name, from the log lines of the function's Pods that are still there; undefined
 * while a line is missing.
 */
export const answeredIn = (logs: string, service: string, name: string): Answered | undefined => {
  for (const file of globSync(`*_${service}-*/function/*.log`, { cwd: logs })) {
    const lines = linesOf(join(logs, file))
    const answered = lines.find(({ msg, subject }) => msg === 'answered' && subject?.endsWith(`/${name}`))
    const listening = lines.find(({ msg }) => msg === 'listening')
    if (!answered || listening?.startMs === undefined) continue
    const [, pod = ''] = basename(dirname(dirname(file))).split('_') // <namespace>_<pod>_<uid>
    return {
      pod,
      atSource: Date.parse(answered.sourceAt ?? ''),
      atBroker: Date.parse(answered.brokerAt ?? ''),
      started: listening.time - listening.startMs,
      listening: listening.time,
      received: Date.parse(answered.receivedAt ?? ''),
    }
  }
  return undefined
}

/** The same stations; throws where one has no time. */
export const complete = (stations: Stations): Stations => {
  const missing = Object.entries(stations).flatMap(([station, at]) => (Number.isFinite(at) ? [] : [station]))
  if (missing.length > 0) throw new Error(`no time is known of these stations: ${missing.join(', ')}`)
  return stations
}

/** As the kubelet keeps them: a time, the stream and a mark before each line. */
const linesOf = (file: string): readonly Line[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => line.split(' ').slice(3).join(' '))
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Line) // ours, or the bare function's

/** When the API server got the request for an object of this name, in milliseconds since 1970. */
export const acceptedAt = (audit: readonly AuditEvent[], plural: string, name: string): number | undefined => {
  const event = audit.findLast(
    ({ verb, objectRef }) => verb === 'create' && objectRef?.resource === plural && objectRef.name === name,
  )
  return event && millisecondsOf(event.requestReceivedTimestamp)
}

/** When the API server had made the Job that this user asked for last, if that was since. */
export const jobCreatedAt = (audit: readonly AuditEvent[], user: string, since: number): number | undefined => {
  const event = audit.findLast(
    (each) =>
      each.verb === 'create' &&
      each.objectRef?.resource === 'jobs' &&
      each.user.username === user &&
      each.responseStatus?.code === 201,
  )
  const at = event && millisecondsOf(event.stageTimestamp)
  return at !== undefined && at > since ? at : undefined
}

/** When the API server had bound a Pod to its node, which is when its condition `PodScheduled` came true, but to the microsecond. */
export const scheduledAt = (audit: readonly AuditEvent[], pod: string): number | undefined => {
  const event = audit.findLast(
    ({ verb, objectRef }) =>
      verb === 'create' &&
      objectRef?.resource === 'pods' &&
      objectRef.subresource === 'binding' &&
      objectRef.name === pod,
  )
  return event && millisecondsOf(event.stageTimestamp)
}

/** `Date.parse` drops the microseconds. */
export const millisecondsOf = (timestamp: string): number => {
  const micros = /\.\d{3}(\d{3})/.exec(timestamp)?.[1] ?? '0'
  return Date.parse(timestamp) + Number(micros) / 1000
}

/** How long each part of the way took, in milliseconds; those that a warm function does not have are absent. */
export const partsOf = (at: Stations): Readonly<Record<string, number>> => {
  const isCold = at.started > at.accepted
  return {
    adapter: at.atSource - at.accepted,
    broker: at.atBroker - at.atSource,
    ...(isCold
      ? {
          'activator and autoscaler': at.scheduled - at.atBroker,
          'Pod start': at.started - at.scheduled,
          'process to listening': at.listening - at.started,
          'probe and delivery': at.received - at.listening,
        }
      : { 'Trigger and delivery': at.received - at.atBroker }),
    'request to Job': at.jobCreated - at.received,
    'accepted to Job': at.jobCreated - at.accepted,
  }
}
