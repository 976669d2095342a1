import type { KubernetesObject } from '#sdk/index.ts'
import { type Answer, type Answers, urlOf } from './stage.ts'

/** The service that cannot start, and how long the activator waits for it. */
export const UNSTARTABLE = { name: 'unstartable', timeoutSeconds: 5 }

type Subscriber = {
  readonly delivery?: object
  readonly answers?: readonly Answer[]
  /** Its events go to the service that cannot start. */
  readonly isUnstartable?: true
}

const once = { retry: 1, backoffPolicy: 'exponential', backoffDelay: 'PT1S' }
const twice = { ...once, retry: 2 }

/**
 * Who hears of one event alone, and fares badly with it. A dead letter is sent as its event was, with the same timeout and as many attempts: one
 * attempt of few seconds loses it where the machine is busy for as long.
 */
const troubled: Readonly<Record<string, Subscriber>> = {
  'takes-it-at-the-third-time': { delivery: twice, answers: [{ status: 503 }, { status: 500 }, { status: 204 }] },
  'never-takes-it': { delivery: twice, answers: [{ status: 503 }] },
  'refuses-it': { delivery: twice, answers: [{ status: 422, body: 'no, because' }] },
  'answers-too-late': { delivery: { ...once, timeout: 'PT5S' }, answers: [{ status: 204, slowMs: 8000 }] },
  'answers-what-is-no-event': { delivery: once, answers: [{ status: 200, body: '{"ok":true}' }] },
  nobody: { delivery: once },
  'cannot-start-and-is-not-waited-for': { delivery: { ...once, timeout: 'PT2S' }, isUnstartable: true },
  // Ours wait as long as the activator does.
  'cannot-start-and-is-waited-for-as-long': { delivery: { ...once, timeout: 'PT5S' }, isUnstartable: true },
  'cannot-start-and-is-waited-for-longer': { delivery: { ...once, timeout: 'PT30S' }, isUnstartable: true },
  'cannot-start-and-is-waited-for': { delivery: once, isUnstartable: true },
}

/** Whose patience ends first here, the broker's or the activator's, is a matter of milliseconds. */
export const TIE = 'letters/cannot-start-and-is-waited-for-as-long'

/** Those of them with whom the broker gives up. */
export const GIVEN_UP = Object.keys(troubled).filter((name) => name !== 'takes-it-at-the-third-time')

export const answers: Answers = Object.fromEntries(
  Object.entries(troubled).map(([name, { answers = [] }]) => [name, answers]),
)

const service = { apiVersion: 'serving.knative.dev/v1', kind: 'Service', name: UNSTARTABLE.name }

/** The Triggers of those who fare badly with the first event of this session, and one that hears of everything. */
export const triggersFor = (session: string): readonly KubernetesObject[] => [
  trigger('all', { subscriber: { uri: urlOf('all') } }),
  ...Object.entries(troubled).map(([name, { delivery, isUnstartable }]) =>
    trigger(name, {
      filters: [{ exact: { kind: 'AgenticSession', name: session } }, { suffix: { type: '.add' } }],
      subscriber: isUnstartable ? { ref: service } : { uri: urlOf(name) },
      delivery: { ...delivery, deadLetterSink: { uri: urlOf(`letters/${name}`) } },
    }),
  ),
]

const trigger = (name: string, spec: object): KubernetesObject & { readonly spec: object } => ({
  apiVersion: 'eventing.knative.dev/v1',
  kind: 'Trigger',
  metadata: { name: `recorded-${name}`, namespace: 'dormouse' },
  spec: { broker: 'dormouse', ...spec },
})
