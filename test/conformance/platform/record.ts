import type { Delivery } from './stage.ts'

/** What came to one subscriber, or about one object, in order. */
export type DeliveryRecord = {
  /** Of the subscriber that takes everything; by kind and name of the object, or type of what was announced. */
  readonly heard: Readonly<Record<string, readonly object[]>>
  /** Of the others, by name, with how long each attempt came after the one before. */
  readonly attempts: Readonly<Record<string, readonly object[]>>
}

type Headers = Delivery['headers']
type Body = {
  readonly metadata?: { readonly resourceVersion?: string; readonly deletionTimestamp?: string }
  readonly status?: Readonly<Record<string, unknown>> & { readonly ready?: number; readonly conditions?: unknown }
}

/** What the HTTP client and the host add; it says nothing of the broker. */
const TRANSPORT = ['host', 'content-length', 'accept-encoding', 'user-agent', 'connection', 'traceparent', 'tracestate']

/** Who wrote what, and the image that is installed: not the same in two worlds. */
const LEFT_OUT = ['managedFields', 'image', 'imagePullPolicy']
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/**
 * What was delivered, without what differs between two runs: ids, times and versions are named by their order, and variables sorted, since the real
 * server sorts the keys of the map that they come from. By rule, too: how a Job's counts of Pods fall once its Pod ends is a matter of how the
 * kubelet's reports fall into the Job controller's seconds, so that those updates are left out, and so are the counts of a Job that is going. And
 * nobody promises that two events about one object come in order, nor that a dead letter comes once: what is told of an object is in the order of its
 * versions, and a letter counts once. What is about another namespace is somebody else's. Pure.
 */
export function recordOf(delivered: readonly Delivery[], namespace: string): DeliveryRecord {
  const deliveries = delivered.filter(({ headers }) => namespaceOf(headers) === namespace)
  const heard = Object.groupBy(
    deliveries.filter(({ to }) => to === 'all').toSorted((one, other) => versionOf(one) - versionOf(other)),
    ({ headers }) => subjectOf(headers),
  )
  const ids = new Map<string, string>()
  const told = Object.entries(heard).map(([subject, all = []]) => {
    const shown = all.filter(isTold)
    for (const [index, { headers }] of shown.entries()) ids.set(headers['ce-id'] ?? '', `${subject} #${index + 1}`)
    const masked = masker()
    return [subject, shown.map(({ headers, body }) => ({ headers: shownHeaders(headers, ids), body: masked(body) }))]
  })
  const others = Object.groupBy(deliveries.filter(isAttempt), ({ to }) => to)
  const attempts = Object.entries(others).map(([to, all = []]) => [
    to,
    all.map(({ headers, at }, index) => ({
      ...afterSeconds(at - (all[index - 1]?.at ?? at)),
      headers: shownHeaders(headers, ids),
    })),
  ])
  return { heard: sorted(told), attempts: sorted(attempts) }
}

const isAttempt = ({ to, headers }: Delivery, index: number, all: readonly Delivery[]): boolean => {
  const isSame = (earlier: Delivery) => earlier.to === to && earlier.headers['ce-id'] === headers['ce-id']
  return to !== 'all' && !(to.startsWith('letters/') && all.slice(0, index).some(isSame))
}

/** What is announced names its session in its subject. */
const namespaceOf = (headers: Headers) => headers['ce-namespace'] ?? headers['ce-subject']?.split('/')[0]

/** 0 for what is announced, which comes in order. */
const versionOf = ({ body }: Delivery): number => Number((JSON.parse(body) as Body).metadata?.resourceVersion ?? 0)

const sorted = (entries: unknown[][]) =>
  Object.fromEntries(entries.sort(([a], [b]) => (String(a) < String(b) ? -1 : 1))) as Readonly<
    Record<string, readonly object[]>
  >

/** The Job of a session has the begin of its uid in its name. */
const withoutUid = (text: string): string => text.replace(/-[0-9a-f]{8}-(?=\d)/g, '-UID-')

const subjectOf = (headers: Headers): string => {
  const { 'ce-kind': kind, 'ce-name': name, 'ce-type': type, 'ce-subject': subject } = headers
  return withoutUid(kind ? `${kind} ${name}` : `${type} ${subject}`)
}

const statusOf = ({ body }: Delivery) => (JSON.parse(body) as Body).status

const isTold = (delivery: Delivery, index: number, all: readonly Delivery[]): boolean => {
  const { headers } = delivery
  if (headers['ce-kind'] !== 'Job' || !headers['ce-type']?.endsWith('.update')) return true
  const status = statusOf(delivery)
  if (status?.conditions || status?.ready !== 0) return true
  return !all.slice(0, index).some((earlier) => statusOf(earlier)?.ready === 1)
}

const shownHeaders = (headers: Headers, ids: ReadonlyMap<string, string>): object => {
  const shown = Object.entries(headers).filter(([name]) => !TRANSPORT.includes(name))
  const shownValue = (name: string, value: string): string => {
    if (name === 'ce-id') return ids.get(value) ?? 'unheard'
    if (name === 'ce-knativeerrordata') return Buffer.from(value, 'base64').toString()
    return withoutUid(withoutTimes(value))
  }
  return Object.fromEntries(shown.sort().map(([name, value]) => [name, shownValue(name, value)]))
}

const withoutTimes = (text: string): string => text.replace(/\d{4}-\d\d-\d\dT[\d:]+(\.\d+)?Z/g, 'TIME')

/** To the nearest second. */
const afterSeconds = (ms: number): object => {
  const seconds = Math.round(ms / 1000)
  return seconds === 0 ? {} : { afterSeconds: seconds }
}

const byName = (list: readonly { readonly name: string }[]) => list.toSorted((a, b) => (a.name < b.name ? -1 : 1))

/** Names uids and versions by their order among what it is asked. */
function masker(): (body: string) => unknown {
  const named = new Map<string, string>()
  const name = (kind: string, value: string): string => {
    const known = named.get(`${kind} ${value}`)
    if (known) return known
    const made = `${kind}-${[...named.keys()].filter((key) => key.startsWith(`${kind} `)).length + 1}`
    named.set(`${kind} ${value}`, made)
    return made
  }
  const maskObject = (value: unknown, isGoing: boolean): unknown => {
    if (typeof value === 'string') return UUID.test(value) ? name('uid', value) : withoutUid(withoutTimes(value))
    if (Array.isArray(value)) return value.map((item) => maskObject(item, isGoing))
    if (typeof value !== 'object' || value === null) return value
    const shown = Object.entries(value).filter(([key]) => !LEFT_OUT.includes(key))
    const told = shown.filter(([key]) => !(isGoing && ['active', 'ready', 'terminating'].includes(key)))
    return Object.fromEntries(
      told
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, field]) => {
          if (key === 'env' && Array.isArray(field)) return [key, maskObject(byName(field), isGoing)]
          if (key === 'resourceVersion') return [key, name('version', String(field))]
          return [key, maskObject(field, isGoing)]
        }),
    )
  }
  return (body) => {
    const parsed = JSON.parse(body) as Body
    return maskObject(parsed, parsed.metadata?.deletionTimestamp !== undefined)
  }
}
