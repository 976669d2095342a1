import type { CloudEvent } from 'cloudevents'
import type { Cluster } from './cluster.ts'
import { secondsOf } from './conditions.ts'
import { type DeadLetter, type TellsDeadLetters, warningOf, withDeadLetter } from './dead-letters.ts'
import { ConflictError, NotFoundError, PermanentError, TransientError } from './errors.ts'
import { eventKind } from './events.ts'
import { mergePatch } from './merge-patch.ts'
import { type Kind, type KubernetesObject, keyOf, type Live, type Ref } from './object.ts'
import { type ObjectEvent, objectEventOf } from './object-event.ts'
import { type Outcome, outcomeOf, settled } from './outcome.ts'
import type { Ports } from './ports.ts'

/** Whom a change is about: where it knows a uid, the object of that uid, and no later one of that name. */
export type Subject = { readonly ref: Ref; readonly uid?: string | undefined }

export type LetterDoor<C extends KubernetesObject> = {
  /** Why nothing is lost with this change, in one word; `undefined` where something may be. */
  ignore(event: ObjectEvent<C>): string | undefined
  subject(event: ObjectEvent<C>): Subject | undefined
  /** The kind of its subjects; absent: that of the function. */
  readonly on?: Recording
}

/** A kind on whose objects dead letters are recorded. */
export type Recording = Kind<KubernetesObject & { readonly status?: TellsDeadLetters }>

type Read =
  | { readonly subject: Subject; readonly letter: DeadLetter; readonly on?: Recording | undefined }
  | { readonly reason: string }

/** What a dead letter says, where it is about a change of the kind. */
export type LetterReader = (event: CloudEvent<unknown>) => Read

/** Reads the dead letters about changes of one kind. Pure. */
export const about =
  <C extends KubernetesObject>(kind: Kind<C>, door: LetterDoor<C>): LetterReader =>
  (event) => {
    try {
      const change = objectEventOf(kind, event)
      const reason = door.ignore(change)
      if (reason !== undefined) return { reason }
      const subject = door.subject(change)
      if (!subject) return { reason: 'NotOurs' }
      const { ref, uid } = subject
      if ([ref.name, ref.namespace, uid ?? ''].some((text) => typeof text !== 'string'))
        return { reason: 'MalformedEvent' }
      const failure = failureOf(event)
      const letter = { id: idOf(event, failure), words: [`${change.change} of ${kind.kind}`, ...failure].join(', ') }
      return { subject, letter, on: door.on }
    } catch (error) {
      // Only the API server promises a schema; whoever forges an event promises nothing.
      return { reason: error instanceof PermanentError ? error.reason : 'MalformedEvent' }
    }
  }

/**
 * A function's `handle` for dead letters: records them on the objects of one kind, or of the one that a reader says, each on that which its
 * reader names, in its status and as a core/v1 Event. It repairs nothing. A letter that names none is logged, and counted by its reason like any outcome.
 */
export const onDeadLetter =
  <T extends KubernetesObject & { readonly status?: TellsDeadLetters }>(
    kind: Kind<T>,
    readers: readonly LetterReader[],
    component: string,
  ) =>
  async (event: CloudEvent<unknown>, ports: Ports): Promise<Outcome> => {
    const read = readBy(readers, event)
    // A turn of its own for each letter: calls that share a key share one run, and every letter counts.
    const outcome =
      'reason' in read
        ? settled(read.reason)
        : await ports.turn(`dead letter ${read.letter.id}`, () =>
            record(read.on ?? kind, read, ports, component).catch(outcomeOf),
          )
    const { type, subject, id, knativeerrorcode: code, knativeerrordest: destination } = event
    const { state, reason } = outcome
    const cause = outcome.state === 'rejected' || outcome.state === 'failed' ? outcome.error.message : undefined
    ports.log.warn(
      { ...inShort({ type, subject, id, code, destination }), state, reason, cause },
      'event not delivered',
    )
    return outcome
  }

/** The longest path of an object of ours has 400 characters; who forges a letter may write what he likes. */
const LOGGED = 512

const inShort = (attributes: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [
      name,
      typeof value === 'string' ? value.slice(0, LOGGED) : value,
    ]),
  )

const readBy = (readers: readonly LetterReader[], event: CloudEvent<unknown>): Read => {
  let read: Read = { reason: 'UnknownEvent' }
  for (const reader of readers) {
    read = reader(event)
    if (!('reason' in read && read.reason === 'UnknownEvent')) return read
  }
  return read
}

/** How often one letter looks again after a conflict before it leaves the rest to a redelivery. */
const ROUNDS = 6

const record = async <T extends KubernetesObject & { readonly status?: TellsDeadLetters }>(
  kind: Kind<T>,
  { subject: { ref, uid }, letter }: Extract<Read, { readonly letter: DeadLetter }>,
  { cluster, now }: Ports,
  component: string,
): Promise<Outcome> => {
  for (let round = 0; round < ROUNDS; round++) {
    const object = await cluster.get(kind, ref)
    if (object === undefined) return settled('Gone')
    if (uid !== undefined && object.metadata.uid !== uid) return settled('Recreated')
    if (object.metadata.deletionTimestamp !== undefined) return settled('Deleted')
    try {
      const status = withDeadLetter(object, letter, now())
      const patch = mergePatch(object.status ?? {}, status)
      const { resourceVersion } = object.metadata
      const body = { metadata: { resourceVersion, uid: object.metadata.uid }, status: patch }
      const recorded = patch ? await cluster.patchStatus(kind, ref, body) : object
      await warn(recorded, { cluster, component, at: secondsOf(now()) })
      return settled(patch ? 'Recorded' : 'Repeated')
    } catch (error) {
      if (!(error instanceof ConflictError || error instanceof NotFoundError)) throw error
    }
  }
  throw new TransientError(`record a dead letter on ${kind.kind} ${keyOf(ref)}: it changed ${ROUNDS} times in a row`)
}

const warn = async (
  object: Live<KubernetesObject & { readonly status?: TellsDeadLetters }>,
  { cluster, component, at }: { readonly cluster: Cluster; readonly component: string; readonly at: string },
): Promise<void> => {
  const warning = warningOf(object, { component, at })
  try {
    await cluster.create(eventKind, warning)
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error
    const { metadata, count, message, lastTimestamp } = warning
    await cluster.patch(eventKind, metadata, { count, message, lastTimestamp })
  }
}

/**
 * Who did not take it, and with what code. Anybody in the cluster can post a dead letter: only what looks like the name of a Service and
 * like a code is repeated. A function that did not answer in time leaves neither.
 */
const failureOf = ({ knativeerrordest, knativeerrorcode }: CloudEvent<unknown>): readonly string[] => {
  const host = URL.parse(String(knativeerrordest))?.hostname.split('.')[0] ?? ''
  const code = String(knativeerrorcode)
  const words = [
    ...(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(host) ? [`not taken by ${host}`] : []),
    ...(/^[1-9]\d\d$/.test(code) ? [`code ${code}`] : []),
  ]
  return words.length > 0 ? words : ['no answer in time']
}

const idOf = ({ id }: CloudEvent<unknown>, [who = '']: readonly string[]): string =>
  `${id.slice(0, 48)} ${who}`.slice(0, 128)
