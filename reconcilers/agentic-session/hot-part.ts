import type { Change } from '#sdk/index.ts'

/** How it stands with a change: being told, taken by the runner, or not. */
export type Standing = 'asked' | 'taken' | 'failed'

/** A field of a spec that a runner is told of while it runs: what differs from what it was told before, and what the status then says. */
export type Part<F> = {
  /** The field of the spec. */
  readonly field: 'spec.repos' | 'spec.activeWorkflow'
  /** In the order in which they are to be told. */
  readonly changes: readonly Change[]
  /** What cannot be told at all, and why. */
  readonly objections: readonly string[]
  /** The type of its condition, and the reason that it has where all is well. */
  readonly condition: { readonly type: string; readonly reason: string }
  /** Whether there is anything to say of it. */
  readonly isThere: boolean
  /** What the status says once its changes stand so; `undefined` where there is nothing to say. */
  readonly after: (standingOf: (change: Change) => Standing) => F | undefined
}
