import type { Container } from 'kubernetes-types/core/v1.d.ts'
import type { PodObject } from '../controllers/pods.ts'
import type { PodRunner } from '../pod-runner.ts'
import type { World } from '../world.ts'
import type { environmentOf } from './environment.ts'

/** What a container needs of its Pod's place on the node. */
export type PodHost = {
  readonly world: World
  readonly runner: PodRunner
  readonly pod: () => PodObject
  readonly ip: () => string | undefined
  /** Why a container waits that has not begun. */
  readonly firstReason: string
  /** Nothing is started any more. */
  readonly isEnding: () => boolean
  /** How long until the kubelet looks at a Pod again that it could not do right: 10 to 15 s. */
  readonly syncMs: () => number
  readonly newId: () => string
  readonly environmentOf: (container: Container) => ReturnType<typeof environmentOf>
  readonly event: (type: 'Normal' | 'Warning', reason: string, message: string, fieldPath?: string) => void
  /** Something is to be reported. */
  readonly changed: () => void
  /** A container has ended: what next? */
  readonly ended: () => void
}
