import { type WantedCondition, type WrittenCondition, withConditions } from './conditions.ts'
import { eventAbout } from './events.ts'
import type { KubernetesObject, Live } from './object.ts'

/** Says `False` while events about an object were lost that nobody has made up for. It is not there in ordinary times. */
export const EVENTS_DELIVERED = 'EventsDelivered'

/** How many ids a status keeps. More letters about one object than these, told twice, may be counted twice. */
const IDS = 16

/** An event that no function took. */
export type DeadLetter = {
  /** The same however often the letter comes; another for the same event at another function. */
  readonly id: string
  /** What it told of and who did not take it, in words that nobody outside chose. */
  readonly words: string
}

/** What is kept of the letters about an object until a plan for it is carried out: a field of its status. */
export type DeadLetters = { readonly count: number; readonly ids?: readonly string[] }

type StoredCondition = { readonly type: string; readonly status: string; readonly lastTransitionTime?: string }

/** What a kind's status has, where dead letters are recorded on it. */
export type TellsDeadLetters<C extends StoredCondition = StoredCondition> = {
  readonly conditions?: readonly C[]
  readonly deadLetters?: DeadLetters
}

type Recorded<S> = Omit<S, keyof TellsDeadLetters> & {
  readonly deadLetters: DeadLetters
  readonly conditions: readonly (StoredCondition | WrittenCondition)[]
}

/** The object's status with one more letter in it, or as it is where the letter is known. Pure. */
export const withDeadLetter = <S extends TellsDeadLetters>(
  { metadata, status, kind }: Live<KubernetesObject & { readonly status?: S }>,
  { id, words }: DeadLetter,
  now: Date,
): Recorded<S> | S => {
  const { count = 0, ids = [] } = status?.deadLetters ?? {}
  if (status && ids.includes(id)) return status
  const deadLetters = { count: count + 1, ids: [...ids, id].slice(-IDS) }
  const events = deadLetters.count === 1 ? '1 event' : `${deadLetters.count} events`
  const wanted: WantedCondition = {
    type: EVENTS_DELIVERED,
    status: 'False',
    reason: 'DeadLettered',
    message: `${events} about this ${kind} could not be delivered; the last: ${words}. The next sweep makes up for it`,
  }
  const observedGeneration = metadata.generation ?? 0
  const conditions = withConditions(status?.conditions ?? [], [wanted], { observedGeneration, now })
  return { ...(status as S), deadLetters, conditions }
}

/**
 * The status of an object for which a plan is carried out. Whatever the lost events were about, the plan was made from the
 * live object: nothing is owed any more. Pure.
 */
export const withoutDeadLetters = <S extends TellsDeadLetters>(status: S): S => {
  if (!status.deadLetters) return status
  const conditions = status.conditions?.filter(({ type }) => type !== EVENTS_DELIVERED) ?? []
  return { ...status, conditions, deadLetters: undefined }
}

/**
 * The core/v1 Event that tells of the letters recorded on an object: one for each row of letters that no plan came between. It
 * says no more than the status does, so that writing it again changes nothing but its time.
 */
export const warningOf = (
  object: Live<KubernetesObject & { readonly status?: TellsDeadLetters<StoredCondition & { message?: string }> }>,
  { component, at }: { readonly component: string; readonly at: string },
) => {
  const told = object.status?.conditions?.find(({ type }) => type === EVENTS_DELIVERED)
  const first = told?.lastTransitionTime ?? at
  return eventAbout(object, {
    type: 'Warning',
    reason: 'DeadLettered',
    message: told?.message ?? '',
    mark: (Date.parse(first) / 1000).toString(16),
    component,
    first,
    last: at,
    count: object.status?.deadLetters?.count ?? 1,
  })
}
