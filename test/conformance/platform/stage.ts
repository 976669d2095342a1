import type { KubernetesObject } from '#sdk/index.ts'
import type { World } from '../../scenarios/world.ts'

/** The host of all recorded subscribers: the node's address, so that nobody asks a name server. */
export const HOST = '10.244.0.1'
export const PORT = 18_080

/** The URL of the subscriber of this name. At that of `nobody` nobody listens. */
export const urlOf = (name: string): string => `http://${HOST}:${name === 'nobody' ? PORT + 1 : PORT}/${name}`

/** One request that a subscriber got. */
export type Delivery = {
  readonly to: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** Milliseconds, on the stage's clock. */
  readonly at: number
}

export type Answer = { readonly status: number; readonly body?: string; readonly slowMs?: number }

/** Answers in turn; the last one stays, and without any it is 204. */
export type Answers = Readonly<Record<string, readonly Answer[]>>

/** Gives each subscriber's answers in turn. */
export const answering = (answers: Answers): ((to: string) => Answer) => {
  const left = new Map(Object.entries(answers).map(([name, list]) => [name, [...list]]))
  return (to) => {
    const own = left.get(to) ?? []
    return (own.length > 1 ? own.shift() : own[0]) ?? { status: 204 }
  }
}

/** Everything that we install, with subscribers beside it that remember: the platform or the emulator. Nobody sweeps. */
export type Stage = {
  readonly world: World
  /** A copy of `on-session-event` that was ready once and whose Pods can no longer be made. */
  readonly addUnstartable: (name: string, timeoutSeconds: number) => Promise<void>
  /** Resolves once these Triggers take events. */
  readonly listen: (triggers: readonly KubernetesObject[], answers: Answers) => Promise<void>
  readonly deliveries: () => readonly Delivery[]
}
