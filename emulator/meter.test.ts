import { expect, test } from 'vitest'
import type { Happening } from './journal.ts'
import { createMeter } from './meter.ts'

const aMeter = () => {
  let now = 0
  const { journal, report } = createMeter({ now: () => now })
  const at = (seconds: number, happening?: Happening): void => {
    now = seconds * 1000
    if (happening) journal(happening)
  }
  return { at, report }
}
const instance = (
  workload: string,
  pod: string,
  state: 'starting' | 'ready' | 'ended',
  isCold?: boolean,
): Happening => ({
  what: 'instance',
  workload,
  pod,
  state,
  ...(isCold !== undefined && { isCold }),
})
const podOf = (owner: object, type: 'ADDED' | 'MODIFIED' | 'DELETED', status: object = {}): Happening => ({
  what: 'change',
  type,
  resource: 'pods',
  ref: 'a/pod',
  resourceVersion: '1',
  object: {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'pod', namespace: 'a', labels: { 'pod-template-hash': 'abc' }, ownerReferences: [owner] },
    status,
  },
})

test('adds up how long instances were there, and compares with one that always is', () => {
  const { at, report } = aMeter()
  at(10, instance('a/fn', 'p1', 'starting', true))
  at(12, instance('a/fn', 'p1', 'ready', true))
  at(20, instance('a/fn', 'p2', 'starting', false))
  at(21, instance('a/fn', 'p2', 'ready', false))
  at(40, instance('a/fn', 'p1', 'ended'))
  at(50, instance('b/fn', 'p1', 'starting', true))
  at(54, instance('b/fn', 'p1', 'ready', true))
  at(100)
  const fn = { starts: 2, coldStarts: 1, coldStartMs: { mean: 2000, slowest: 2000 }, instances: 1, podSeconds: 110 }
  const other = { starts: 1, coldStarts: 1, coldStartMs: { mean: 4000, slowest: 4000 }, instances: 1, podSeconds: 50 }
  expect(report()).toEqual({
    workloads: { 'a/fn': fn, 'b/fn': other },
    total: { starts: 3, coldStarts: 2, coldStartMs: { mean: 3000, slowest: 4000 }, instances: 2, podSeconds: 160 },
    elapsedSeconds: 100,
    alwaysOnPods: 1.6,
  })
})

test.each([
  { kind: 'ReplicaSet', name: 'sweeper-abc', controller: true },
  { kind: 'Deployment', name: 'sweeper', controller: true },
])('counts the Pods of a Deployment, owned by its $kind', (owner) => {
  const { at, report } = aMeter()
  at(5, podOf(owner, 'ADDED'))
  at(6, podOf(owner, 'MODIFIED', { conditions: [{ type: 'Ready', status: 'True' }] }))
  at(25, podOf(owner, 'DELETED'))
  at(50)
  expect(report().workloads['a/sweeper']).toMatchObject({ starts: 1, coldStarts: 1, instances: 0, podSeconds: 20 })
  expect(report().alwaysOnPods).toBe(0.4)
})

test("leaves Jobs' Pods out, and counts none twice", () => {
  const { at, report } = aMeter()
  at(0, podOf({ kind: 'Job', name: 'work', controller: true }, 'ADDED'))
  expect(report().workloads).toEqual({})
  at(0, podOf({ kind: 'Deployment', name: 'sweeper', controller: true }, 'ADDED'))
  at(0, instance('a/sweeper', 'pod', 'starting', false))
  expect(report().total.starts).toBe(1)
})
