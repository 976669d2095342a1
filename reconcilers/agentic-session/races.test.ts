import { AsyncLocalStorage } from 'node:async_hooks'
import { setImmediate as tick } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { UnreachableError } from '#sdk/errors.ts'
import { reconcile } from '#sdk/index.ts'
import { createMemoryCluster, type MemoryCluster } from '#test/memory-cluster.ts'
import { portsOn } from '#test/ports.ts'
import { DESIRED_PHASE } from './annotations.ts'
import { aDeadLetter, aJob, aSession } from './fixtures.ts'
import { jobKind, jobNameOf } from './job.ts'
import { agenticSession } from './reconciler.ts'
import { sessionKind } from './schema.ts'

const wake = (cluster: MemoryCluster) =>
  reconcile(agenticSession, { namespace: 'team-a', name: 'tidy-up' }, portsOn(cluster))

const running = aSession({ phase: 'Running', spec: { timeout: 300 } })
const states = {
  'is new': [aSession()],
  'was made with a start request': [aSession({ desired: 'Running' })],
  'was made with a stop request': [aSession({ desired: 'Stopped' })],
  'has a Job that became ready': [aSession({ phase: 'Creating' }), aJob({ isReady: true })],
  'has a Job that ended': [running, aJob({ end: 'Failed' })],
  'has a Job past its deadline': [running, aJob({ startTime: '2026-03-01T11:00:00Z' })],
  'is asked to stop': [aSession({ phase: 'Running', desired: 'Stopped' }), aJob()],
  'is asked to start again': [aSession({ phase: 'Failed', desired: 'Running' }), aJob({ end: 'Failed' })],
  'has stopped and is asked to start': [aSession({ phase: 'Stopping', desired: 'Running' })],
  'has a dead letter': [aSession({ phase: 'Running', status: aDeadLetter }), aJob({ isReady: true })],
  'ended, and has a dead letter': [aSession({ phase: 'Failed', status: aDeadLetter })],
  'has the Job of the attempt before': [
    aSession({ phase: 'Pending', attempt: 2 }),
    aJob({ session: aSession({ phase: 'Failed' }), attempt: 1 }),
  ],
} as const

const names = ['first', 'second'] as const

/**
 * Runs two wake-ups side by side, in turns: the first makes so many calls, then the second so many, then the first again; then the
 * second comes to its end, and the first.
 */
const interleave = async (given: (typeof states)[keyof typeof states], turns: readonly number[]) => {
  const waiting = new Map<string, () => void>()
  const self = new AsyncLocalStorage<string>()
  const cluster = createMemoryCluster(given, async (call, commit) => {
    const name = self.getStore()
    // Nothing depends on an Event.
    if (name && call.kind !== 'Event') await new Promise<void>((go) => waiting.set(name, go))
    return commit()
  })
  const outcomes = Promise.all(names.map((name) => self.run(name, () => wake(cluster))))
  const letThrough = async (name: string, calls: number) => {
    for (let call = 0; call < calls; call++) {
      await tick()
      const go = waiting.get(name)
      if (!waiting.delete(name)) return
      go?.()
    }
  }
  for (const [i, calls] of turns.entries()) await letThrough(names[i % 2] ?? 'first', calls)
  for (const name of names.toReversed()) await letThrough(name, Number.POSITIVE_INFINITY)
  return { cluster, outcomes: await outcomes }
}

const endOf = (cluster: MemoryCluster) =>
  JSON.stringify([cluster.all(sessionKind), cluster.all(jobKind)], (key, value) =>
    ['resourceVersion', 'uid'].includes(key) ? undefined : value,
  )

describe('two wake-ups do together what one does, wherever they take turns, for a session that', () => {
  it.each(Object.entries(states))(
    '%s',
    async (_, given) => {
      const alone = createMemoryCluster(given)
      await wake(alone)
      const { length } = alone.calls.filter(({ kind }) => kind !== 'Event')
      const upTo = Array.from({ length: length + 1 }, (_, calls) => calls)
      for (const turns of upTo.flatMap((a) => upTo.flatMap((b) => upTo.map((c) => [a, b, c])))) {
        const { cluster, outcomes } = await interleave(given, turns)
        expect(endOf(cluster), turns.join()).toBe(endOf(alone))
        for (const { state } of outcomes) expect(['settled', 'waiting'], turns.join()).toContain(state)
        const before = cluster.calls.length
        await wake(cluster)
        expect(cluster.writes(before), turns.join()).toEqual([])
      }
    },
    30_000,
  )
})

describe('a wake-up that slept through a stop and a restart', () => {
  const sleptThrough = async (crashes: boolean) => {
    const { promise: woken, resolve: wakeUp } = Promise.withResolvers<void>()
    let sleeper = 0
    const cluster = createMemoryCluster([aSession()], async (call, commit) => {
      if (call.verb !== 'create' || sleeper > 0) return commit()
      sleeper = call.number
      await woken
      const answer = commit()
      if (crashes) throw new UnreachableError('crashed before the answer')
      return answer
    })
    const asleep = wake(cluster)
    while (sleeper === 0) await tick()
    for (const desired of ['Stopped', 'Running']) {
      const [session = aSession()] = cluster.all(sessionKind)
      cluster.put({ ...session, metadata: { ...session.metadata, annotations: { [DESIRED_PHASE]: desired } } })
      await wake(cluster)
    }
    wakeUp()
    await asleep
    return cluster
  }
  const running = (cluster: MemoryCluster) =>
    cluster.all(jobKind).flatMap(({ metadata }) => (metadata.deletionTimestamp ? [] : metadata.name))

  it('takes back the Job that it made for the attempt before', async () => {
    expect(running(await sleptThrough(false))).toEqual([jobNameOf(aSession(), 2)])
  })

  it('leaves that Job to the next wake-up where it crashes', async () => {
    const cluster = await sleptThrough(true)
    expect(running(cluster)).toHaveLength(2)
    await wake(cluster)
    expect(running(cluster)).toEqual([jobNameOf(aSession(), 2)])
  })
})
