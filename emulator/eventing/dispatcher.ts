import type { KubeObject } from '../api-server/types.ts'
import type { Journal } from '../journal.ts'
import type { Network } from '../network.ts'
import type { World } from '../world.ts'
import { crashLoopMs } from './adapter-deployment.ts'
import { binary, type CloudEvent, passedOn, withAttributes } from './cloud-event.ts'
import { isRetried, type Policy } from './delivery-policy.ts'
import type { Faults } from './faults.ts'
import { type Answer, post, throughFilter } from './filter-hop.ts'
import { createScope } from './scope.ts'

/** A Trigger as the channel knows it. */
export type Subscription = {
  /** `namespace/name` */
  readonly trigger: string
  readonly namespace: string
  readonly policy: Policy
  readonly deadLetterUri?: string
  /** The broker's own address. */
  readonly replyUri: string
}

export type Parcel = { readonly event: CloudEvent; readonly headers: Readonly<Record<string, string>> }

/** The process behind the in-memory channels of all brokers. */
export type Dispatcher = {
  /** Resolves with what the channel answers: 202, or 500. */
  readonly dispatch: (parcel: Parcel, to: readonly Subscription[], isAsync: boolean) => Promise<number>
  readonly stop: () => void
}

type Options = {
  readonly world: World
  readonly network: Network
  readonly journal: Journal
  readonly faults: () => Faults
  readonly triggerOf: (key: string) => KubeObject | undefined
  /** The process has come back after a crash. */
  readonly onStart: () => void
}

const FAN_OUT_MS = 15 * 60_000
// 1024 bytes for base64; longer texts overrun the buffer and the process panics (eventing-natss#434).
const LONGEST_ERROR = 768
const QUIET_MS = 10 * 60_000

export function createDispatcher({ world, network, journal, faults, triggerOf, onStart }: Options): Dispatcher {
  let scope = createScope(world)
  let isDown = false
  let crashes = 0
  let crashedAt = Number.NEGATIVE_INFINITY
  const inFlight = new Set<{ readonly lose: (why: string) => void }>()

  const crash = (why: string): void => {
    crashes = world.now() - crashedAt > QUIET_MS ? 0 : crashes + 1
    crashedAt = world.now()
    scope.end()
    isDown = true
    for (const each of [...inFlight]) each.lose(why)
    inFlight.clear()
    world.after(crashLoopMs(crashes), () => {
      scope = createScope(world)
      isDown = false
      onStart()
    })
  }

  /** Tries until it succeeds or the policy is at its end; the answer is the last one. */
  const attempts = async (
    { policy }: Subscription,
    attemptOnce: () => Promise<Answer>,
    note?: (answer: Answer, attempt: number, ms: number) => void,
  ): Promise<Answer> => {
    const own = scope
    for (let attempt = 1; ; attempt += 1) {
      const startedAt = world.now()
      const answer = await own.within(timed(attemptOnce(), policy.timeoutMs))
      note?.(answer, attempt, world.now() - startedAt)
      if (isSuccess(answer) || !isRetried(answer.status) || attempt > policy.retries) return answer
      await own.sleep(policy.waitMs(attempt))
    }
  }
  const timed = (work: Promise<Answer>, ms: number | undefined): Promise<Answer> => {
    if (ms === undefined) return work
    return new Promise((resolve, reject) => {
      const why = 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)'
      const cancel = scope.after(ms, () => resolve({ status: 500, headers: {}, why }))
      work.then((answer) => {
        cancel()
        resolve(answer)
      }, reject)
    })
  }

  const deliver = async (parcel: Parcel, to: Subscription): Promise<boolean> => {
    const { event } = parcel
    const { id = '', type = '', subject = '' } = event.attributes
    const about = { trigger: to.trigger, event: id, type, subject }
    const { loseDeliveries, reorder, reorderMs } = faults()
    if (reorder > 0 && world.random() < reorder) await scope.sleep(world.random() * reorderMs)
    if (loseDeliveries > 0 && world.random() < loseDeliveries) {
      journal({
        what: 'lost event',
        source: to.trigger,
        type,
        subject,
        why: 'a fault: the dispatcher loses deliveries',
      })
      return true
    }
    const answer = await attempts(
      to,
      () => throughFilter(network, triggerOf(to.trigger), parcel),
      ({ status, why, isFiltered }, attempt, ms) => {
        if (isFiltered) return
        const isOwn = why === undefined || [400, 404, 502].includes(status)
        journal({ what: 'delivery', ...about, attempt, status: isOwn ? status : 0, ...(why && { error: why }), ms })
      },
    )
    if (isSuccess(answer) && !answer.reply) return true
    const failed = isSuccess(answer) && answer.reply ? await replyTo(to, answer, answer.reply) : answer
    if (!failed) return true
    if (to.deadLetterUri === undefined) return lose(to, event, failed)
    const { error } = failed
    if (error && Buffer.byteLength(error.body) > LONGEST_ERROR) {
      crash(`the dispatcher panics over a body of ${Buffer.byteLength(error.body)} bytes from ${error.destination}`)
      return new Promise(() => undefined)
    }
    const letter = withAttributes(event, error ? errorAttributes(failed.status, error) : {})
    const message = binary(letter)
    const more = { ...passedOn(parcel.headers), 'kn-namespace': to.namespace }
    const { deadLetterUri } = to
    const end = await attempts(to, () =>
      post(network, deadLetterUri, { ...message, headers: { ...message.headers, ...more } }),
    )
    journal({ what: 'dead letter', ...about, code: failed.status, status: end.why === undefined ? end.status : 0 })
    return isSuccess(end) || lose(to, event, end)
  }

  const lose = ({ trigger }: Subscription, { attributes }: CloudEvent, { status, why }: Answer): false => {
    const { type = '', subject = '' } = attributes
    journal({ what: 'lost event', source: trigger, type, subject, why: why ?? `answered ${status}` })
    return false
  }

  /** Publishes a reply to the broker. What failed, if it did. */
  const replyTo = async (to: Subscription, { headers }: Answer, reply: CloudEvent): Promise<Answer | undefined> => {
    const message = binary(reply)
    const more = { ...headers, 'kn-namespace': to.namespace }
    const answer = await attempts(to, () =>
      post(network, to.replyUri, { ...message, headers: { ...message.headers, ...more } }),
    )
    return isSuccess(answer) ? undefined : answer
  }

  /** A delivery that is known of until it ends, so that a crash can lose it. */
  const tracked = (parcel: Parcel, to: Subscription): Promise<boolean> =>
    new Promise((resolve) => {
      const { type = '', subject = '' } = parcel.event.attributes
      const entry = {
        lose: (why: string): void => {
          const trigger = triggerOf(to.trigger)
          journal({ what: 'lost event', source: trigger ? to.trigger : `${to.trigger} (gone)`, type, subject, why })
          resolve(false)
        },
      }
      inFlight.add(entry)
      void deliver(parcel, to).then((isDone) => {
        inFlight.delete(entry)
        resolve(isDone)
      })
    })

  return {
    dispatch: async (parcel, to, isAsync) => {
      if (isDown || faults().isDispatcherDown) return 500
      const all = Promise.all(to.map((each) => tracked(parcel, each)))
      if (isAsync) return 202
      return new Promise((resolve) => {
        const cancel = scope.after(FAN_OUT_MS, () => resolve(500))
        void all.then((done) => {
          cancel()
          resolve(done.every((isDone) => isDone) ? 202 : 500)
        })
      })
    },
    stop: () => scope.end(),
  }
}

const isSuccess = ({ status }: Answer): boolean => status >= 200 && status < 300

const errorAttributes = (
  status: number,
  { destination, body }: { readonly destination: string; readonly body: string },
): Record<string, string> => ({
  knativeerrordest: destination,
  knativeerrorcode: String(status),
  knativeerrordata: Buffer.from(body).toString('base64'),
})
