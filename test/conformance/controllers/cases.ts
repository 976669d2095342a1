/** What is done to a cluster with one Job in it, as data: the same for a real control plane and the emulator's. */
export type Step =
  /** Merged into a Job of one Pod that is tried once; `wishes` as `wishesOf` (emulator/node/wishes.ts) reads them. */
  | { readonly do: 'create'; readonly wishes?: Readonly<Record<string, string>>; readonly spec?: object }
  /** A merge patch of the Job. */
  | { readonly do: 'patch'; readonly patch: object }
  | { readonly do: 'delete'; readonly policy?: 'Background' | 'Foreground' | 'Orphan' }
  /** Deletes the Pod that was created `index`th. */
  | { readonly do: 'delete pod'; readonly index: number }
  | { readonly do: 'wait'; readonly for: Wait }

export type Wait =
  | { readonly seconds: number }
  | { readonly condition: string }
  /** That many Pods have been seen in this phase. */
  | { readonly phase: string; readonly pods?: number }
  /** `ready`: its status counts a ready Pod; `bare`: neither it nor a Pod of its is left. */
  | { readonly is: 'ready' | 'bare' }

export type Case = {
  readonly name: string
  readonly steps: readonly Step[]
  /** Two controllers race for the Pods: the order of their states means nothing. */
  readonly isRace?: true
}

const create = (wishes: Readonly<Record<string, string>> = {}, spec: object = {}): Step => ({
  do: 'create',
  wishes,
  spec,
})
const until = (wait: Wait): Step => ({ do: 'wait', for: wait })
const complete = until({ condition: 'Complete' })
const failed = until({ condition: 'Failed' })
const ready = until({ is: 'ready' })
const settled = until({ seconds: 3 })
const onExit42 = (action: string) => ({
  backoffLimit: 1,
  podFailurePolicy: { rules: [{ action, onExitCodes: { containerName: 'runner', operator: 'In', values: [42] } }] },
})

export const cases: readonly Case[] = [
  { name: 'success', steps: [create({ seconds: '3' }), complete, settled] },
  { name: 'failure', steps: [create({ seconds: '3', 'exit-code': '3' }), failed, settled] },
  { name: 'failures', steps: [create({ seconds: '3', 'exit-code': '3' }, { backoffLimit: 2 }), failed, settled] },
  { name: 'oom', steps: [create({ seconds: '3', fault: 'OOMKilled' }), failed, settled] },
  { name: 'unschedulable', steps: [create({ fault: 'Unschedulable' }), until({ seconds: 4 })] },
  {
    name: 'deadline-running',
    steps: [create({ seconds: '600' }, { activeDeadlineSeconds: 4 }), failed, settled],
  },
  {
    name: 'deadline-pending',
    steps: [create({ fault: 'Unschedulable' }, { activeDeadlineSeconds: 3 }), failed, settled],
  },
  {
    name: 'suspend-resume',
    steps: [
      create({ seconds: '6' }),
      ready,
      { do: 'patch', patch: { spec: { suspend: true } } },
      until({ condition: 'Suspended' }),
      settled,
      { do: 'patch', patch: { spec: { suspend: false } } },
      complete,
      settled,
    ],
  },
  {
    name: 'born-suspended',
    steps: [
      create({ seconds: '3' }, { suspend: true }),
      until({ condition: 'Suspended' }),
      settled,
      { do: 'patch', patch: { spec: { suspend: false } } },
      complete,
      settled,
    ],
  },
  {
    name: 'delete-background',
    isRace: true, // whether the Pod is deleted first, or the Job controller takes its finalizer off
    steps: [create({ seconds: '600' }), ready, { do: 'delete', policy: 'Background' }, until({ is: 'bare' }), settled],
  },
  {
    name: 'delete-foreground',
    isRace: true, // whether the Pod is deleted first, or the Job controller takes its finalizer off
    steps: [create({ seconds: '600' }), ready, { do: 'delete', policy: 'Foreground' }, until({ is: 'bare' }), settled],
  },
  {
    name: 'delete-orphan',
    isRace: true,
    steps: [
      create({ seconds: '12' }),
      ready,
      { do: 'delete', policy: 'Orphan' },
      until({ phase: 'Succeeded' }),
      settled,
    ],
  },
  {
    name: 'delete-finished-foreground',
    steps: [create({ seconds: '3' }), complete, { do: 'delete', policy: 'Foreground' }, until({ is: 'bare' }), settled],
  },
  { name: 'ttl', steps: [create({ seconds: '3' }, { ttlSecondsAfterFinished: 2 }), until({ is: 'bare' }), settled] },
  { name: 'fail-job', steps: [create({ seconds: '3', 'exit-code': '42' }, onExit42('FailJob')), failed, settled] },
  {
    name: 'ignore',
    steps: [
      create({ seconds: '3', 'exit-code': '42' }, onExit42('Ignore')),
      until({ phase: 'Failed', pods: 2 }),
      settled,
    ],
  },
  { name: 'count', steps: [create({ seconds: '3', 'exit-code': '42' }, onExit42('Count')), failed, settled] },
  {
    name: 'pod-deleted',
    steps: [create({ seconds: '6' }, { backoffLimit: 1 }), ready, { do: 'delete pod', index: 0 }, complete, settled],
  },
  {
    name: 'pod-deleted-replaced-when-failed',
    steps: [
      create({ seconds: '6' }, { backoffLimit: 1, podReplacementPolicy: 'Failed' }),
      ready,
      { do: 'delete pod', index: 0 },
      complete,
      settled,
    ],
  },
  {
    name: 'one-of-two-deleted',
    steps: [
      create({ seconds: '40' }, { backoffLimit: 1, parallelism: 2, completions: 2 }),
      until({ phase: 'Running', pods: 2 }),
      until({ seconds: 3 }),
      { do: 'delete pod', index: 0 },
      complete,
      settled,
    ],
  },
  {
    name: 'three-by-two',
    steps: [create({ seconds: '4' }, { parallelism: 2, completions: 3 }), complete, settled],
  },
  {
    name: 'parallelism-lowered',
    steps: [
      create({ seconds: '600' }, { parallelism: 2, completions: 2 }),
      until({ phase: 'Running', pods: 2 }),
      until({ seconds: 3 }),
      { do: 'patch', patch: { spec: { parallelism: 0 } } },
      until({ seconds: 6 }),
    ],
  },
  { name: 'any-success', steps: [create({ seconds: '4' }, { parallelism: 2 }), complete, settled] },
]
