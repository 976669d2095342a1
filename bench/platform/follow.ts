import { setTimeout as pause } from 'node:timers/promises'
import { NAMESPACE } from '#manifests/names.ts'
import { eventually } from '#test/platform/eventually.ts'
import type { Platform } from '#test/platform/platform.ts'
import {
  acceptedAt,
  answeredIn,
  complete,
  jobCreatedAt,
  millisecondsOf,
  type Stations,
  scheduledAt,
} from './stations.ts'
import { createObject, type Subject } from './subjects.ts'

/** One object's way to its Job. */
export type Sample = {
  readonly stations: Stations
  /** Of the Pod that answered, each with the second in which it came true; in the order of the Pod's status. */
  readonly conditions: Readonly<Record<string, string>>
  /** What the function asked the API server, and when: milliseconds since it got the event, until the request and until its answer. */
  readonly requests: readonly {
    readonly verb: string
    readonly resource: string
    readonly ms: readonly [number, number]
  }[]
}

export type Place = {
  readonly namespace: string
  readonly name: string
  /** For so long nothing is looked at: reading logs would use what is to be measured. */
  readonly untilLookMs: number
}

/** Makes one object, and resolves with its way to its Job; throws where a part of it is not to be known. */
export const followOne = async (platform: Platform, subject: Subject, place: Place): Promise<Sample> => {
  const { name, untilLookMs } = place
  await createObject(platform, subject, place)
  await pause(untilLookMs)
  return eventually(`all stations of ${subject.kind} ${name} on its way to its Job are known`, () =>
    sampleOf(platform, subject, name),
  )
}

const sampleOf = async ({ api, audit, dir }: Platform, subject: Subject, name: string): Promise<Sample> => {
  const { plural, service } = subject
  const user = `system:serviceaccount:${NAMESPACE}:${service}`
  const events = audit()
  const accepted = acceptedAt(events, plural, name) ?? missing('audit event of its creation')
  const jobCreated = jobCreatedAt(events, user, accepted) ?? missing(`audit event of a Job that ${service} made`)
  const { pod, ...times } = answeredIn(`${dir}/pod-logs`, service, name) ?? missing(`answer in a log of ${service}`)
  const scheduled = scheduledAt(events, pod) ?? missing(`audit event of the binding of Pod ${pod}`)
  const stations = complete({ accepted, ...times, scheduled, jobCreated })
  const { status } = await api.get<Pod>(`/api/v1/namespaces/${NAMESPACE}/pods/${pod}`)
  const met = (status.conditions ?? []).filter((condition) => condition.status === 'True')
  const conditions = Object.fromEntries(met.map(({ type, lastTransitionTime }) => [type, lastTransitionTime]))
  if (!('Ready' in conditions)) missing(`condition Ready of Pod ${pod}`)
  const since = (timestamp: string): number => millisecondsOf(timestamp) - times.received
  const requests = events
    .filter((event) => event.user.username === user && since(event.requestReceivedTimestamp) >= 0)
    .map(({ verb, objectRef, requestReceivedTimestamp, stageTimestamp }) => ({
      verb,
      resource: [objectRef?.resource, objectRef?.subresource].filter(Boolean).join('/'),
      ms: [since(requestReceivedTimestamp), since(stageTimestamp)] as const,
    }))
  return { stations, conditions, requests }
}

const missing = (what: string): never => {
  throw new Error(`there is no ${what}`)
}

type Pod = {
  readonly status: {
    readonly conditions?: readonly {
      readonly type: string
      readonly status: string
      readonly lastTransitionTime: string
    }[]
  }
}
