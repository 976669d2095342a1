import { beforeAll, describe, expect, it } from 'vitest'
import { ConflictError, ForbiddenError, RefusedError, ThrottledError, UnreachableError } from '#sdk/errors.ts'
import { type Outcome, reconcile } from '#sdk/index.ts'
import { type Around, createMemoryCluster, type MemoryCluster } from '#test/memory-cluster.ts'
import { NOW, portsOn } from '#test/ports.ts'
import { DESIRED_PHASE } from './annotations.ts'
import { aJob, aSession } from './fixtures.ts'
import { jobKind, jobNameOf } from './job.ts'
import { agenticSession } from './reconciler.ts'
import { sessionKind } from './schema.ts'

const ref = { namespace: 'team-a', name: 'tidy-up' }

/** One wake-up, by a process of its own. */
const wakeOnce = (cluster: MemoryCluster, now = NOW): Promise<Outcome> =>
  reconcile(agenticSession, ref, portsOn(cluster, { now: () => now }))

/** A wake-up with its redeliveries. */
const wake = async (cluster: MemoryCluster, now?: Date): Promise<Outcome> => {
  for (let delivery = 1; ; delivery++) {
    const outcome = await wakeOnce(cluster, now)
    if (outcome.state !== 'failed' || delivery === 4) return outcome
  }
}

const sessionIn = (cluster: MemoryCluster) => cluster.all(sessionKind)[0] ?? aSession()

/** What the Job controller, users and time do meanwhile. */
const ask = (desired: 'Running' | 'Stopped') => (cluster: MemoryCluster) => {
  const session = sessionIn(cluster)
  cluster.put({ ...session, metadata: { ...session.metadata, annotations: { [DESIRED_PHASE]: desired } } })
}
const runner = (facts: Parameters<typeof aJob>[0]) => (cluster: MemoryCluster) => {
  const session = sessionIn(cluster)
  const name = jobNameOf(session, session.status?.attempt ?? 1)
  const job = cluster.all(jobKind).find(({ metadata }) => metadata.name === name)
  const { status } = aJob({ session, ...facts })
  if (job) cluster.put({ ...job, ...(status && { status }) })
}
const podsEnd = (cluster: MemoryCluster) => cluster.finishDeletions()

/** Each step is followed by a wake-up. */
const lives = {
  'runs and completes': [() => undefined, runner({ isReady: true }), runner({ end: 'Complete' })],
  'runs and fails': [() => undefined, runner({ isReady: true }), runner({ end: 'Failed' })],
  'is stopped and started again': [() => undefined, ask('Stopped'), podsEnd, ask('Running'), runner({ isReady: true })],
  'is asked to start while it stops': [() => undefined, ask('Stopped'), ask('Running'), podsEnd],
  'fails and is started again': [
    ask('Running'),
    runner({ end: 'Failed' }),
    ask('Running'),
    runner({ end: 'Complete' }),
  ],
  'is stopped before anybody looked': [ask('Stopped')],
} satisfies Record<string, readonly ((cluster: MemoryCluster) => void)[]>

const live = async (steps: (typeof lives)[keyof typeof lives], around?: Around) => {
  const cluster = createMemoryCluster([aSession({ spec: { timeout: 300 } })], around)
  for (const step of steps) {
    step(cluster)
    await wake(cluster)
  }
  await wake(cluster)
  return cluster
}

/** What is left in the end, and how often each write was made for it; numbers of the API server's own left out. */
const endOf = (cluster: MemoryCluster) =>
  JSON.parse(
    JSON.stringify([...cluster.all(sessionKind), ...cluster.all(jobKind)], (key, value) =>
      ['resourceVersion', 'uid', 'deletionTimestamp'].includes(key) ? undefined : value,
    ),
  ) as unknown

describe('a session', () => {
  it('costs three status writes, an Event with each, and one Job from its creation to its completion', async () => {
    const cluster = await live(lives['runs and completes'])
    expect(cluster.writes()).toEqual([
      'create Job',
      ...['patchStatus AgenticSession', 'create Event'],
      ...['patchStatus AgenticSession', 'create Event'],
      ...['patchStatus AgenticSession', 'create Event'],
    ])
  })

  it('costs one read of itself and one of its Job at each wake-up', async () => {
    const cluster = createMemoryCluster([aSession()])
    await wake(cluster)
    expect(cluster.calls.map(({ verb, kind }) => `${verb} ${kind}`)).toEqual([
      'get AgenticSession',
      'get Job',
      'create Job',
      'patchStatus AgenticSession',
      'create Event',
    ])
  })

  for (const [name, steps] of Object.entries(lives)) {
    it(`that ${name} is not written to by a second wake-up after each`, async () => {
      const cluster = createMemoryCluster([aSession({ spec: { timeout: 300 } })])
      for (const step of steps) {
        step(cluster)
        await wake(cluster)
        const before = cluster.calls.length
        await wake(cluster, new Date(NOW.getTime() + 1000))
        expect(cluster.writes(before)).toEqual([])
      }
    })
  }

  it('whose spec is refused fails, though it was made with a start request, and stays failed', async () => {
    const cluster = createMemoryCluster([aSession({ desired: 'Running' })], (call, commit) => {
      if (call.verb === 'create') throw new RefusedError('Invalid', 'spec.template: no')
      return commit()
    })
    expect(await wake(cluster)).toMatchObject({ state: 'settled', reason: 'InvalidSpec' })
    const before = cluster.calls.length
    expect(await wake(cluster)).toMatchObject({ state: 'settled', reason: 'Failed' })
    expect(cluster.writes(before)).toEqual([])
    expect(sessionIn(cluster)).toMatchObject({ status: { phase: 'Failed', attempt: 1 } })
  })

  it('that waits for quota starts once there is some', async () => {
    let isFull = true
    const cluster = createMemoryCluster([aSession({ desired: 'Running' })], (call, commit) => {
      if (call.verb === 'create' && isFull) throw new RefusedError('QuotaExceeded', 'exceeded quota: pods')
      return commit()
    })
    expect(await wake(cluster)).toMatchObject({ state: 'settled', reason: 'QuotaExceeded' })
    isFull = false
    expect(await wake(cluster)).toMatchObject({ state: 'waiting', reason: 'Start' })
    expect(sessionIn(cluster).status?.phase).toBe('Creating')
  })

  it('that outlives its deadline is stopped at the wake-up then, and fails once its Job is gone', async () => {
    const late = new Date('2026-03-01T12:07:00Z')
    const cluster = await live([() => undefined, runner({ isReady: true, startTime: '2026-03-01T12:00:00Z' })])
    expect(await wake(cluster)).toMatchObject({ state: 'waiting', until: late })
    await wake(cluster, late)
    expect(cluster.all(jobKind)[0]?.metadata.deletionTimestamp).toBeDefined()
    podsEnd(cluster)
    await wake(cluster, late)
    expect(sessionIn(cluster).status?.phase).toBe('Failed')
  })

  it('that outlived its deadline is said to, though we crashed after ending its Job', async () => {
    const late = new Date('2026-03-01T12:07:00Z')
    const cluster = await live([() => undefined, runner({ isReady: true })], (call, commit) => {
      const answer = commit()
      if (call.verb === 'delete') throw new UnreachableError('crashed before the answer')
      return answer
    })
    expect(await wakeOnce(cluster, late)).toMatchObject({ state: 'failed' })
    podsEnd(cluster)
    await wake(cluster, late)
    expect(sessionIn(cluster).status?.conditions).toContainEqual(
      expect.objectContaining({ type: 'Ready', reason: 'DeadlineExceeded' }),
    )
  })

  it('that failed is read with the Pods of its Job, once', async () => {
    const cluster = await live(lives['runs and fails'])
    expect(cluster.calls.filter(({ kind }) => kind === 'Pod')).toHaveLength(1)
  })
})

/** Every way in which a call may go wrong: not carried out, or carried out and the answer lost. */
const lostAt =
  (...numbers: readonly number[]): Around =>
  (call, commit) => {
    if (numbers.includes(call.number)) throw new UnreachableError('crashed before the call')
    return commit()
  }
const unansweredAt =
  (...numbers: readonly number[]): Around =>
  (call, commit) => {
    const answer = commit()
    if (numbers.includes(call.number)) throw new UnreachableError('crashed before the answer')
    return answer
  }

describe.each(Object.entries(lives))('a session that %s', (_, steps) => {
  let reference: MemoryCluster
  let jobsMade: number
  beforeAll(async () => {
    reference = await live(steps)
    jobsMade = made(reference)
  })
  const made = (cluster: MemoryCluster) => cluster.all(jobKind).length
  const calls = () => Array.from(reference.calls, ({ number }) => number)

  it.each([
    ['before', lostAt],
    ['after', unansweredAt],
  ])('comes to the same end if we crash %s any call', async (_, crashingAt) => {
    for (const number of calls()) {
      const cluster = await live(steps, crashingAt(number))
      expect(endOf(cluster), `call ${number}`).toEqual(endOf(reference))
      expect(made(cluster)).toBe(jobsMade)
    }
  })

  it('comes to the same end if we crash at any two calls', async () => {
    // Where an Event is lost nothing else is: crashing there is tried above, one by one.
    const acts = reference.calls.flatMap(({ kind, number }) => (kind === 'Event' ? [] : [number]))
    for (const first of acts) {
      for (const second of acts) {
        if (second <= first) continue
        for (const crashingAt of [lostAt, unansweredAt]) {
          const cluster = await live(steps, crashingAt(first, second))
          expect(endOf(cluster), `calls ${first} and ${second}`).toEqual(endOf(reference))
        }
      }
    }
  }, 30_000)

  it.each([new ConflictError('changed'), new ForbiddenError('not now'), new ThrottledError('busy', 30)])(
    'comes to the same end if any call gets %s',
    async (error) => {
      for (const number of calls()) {
        const cluster = await live(steps, (call, commit) => {
          if (call.number === number) throw error
          return commit()
        })
        expect(endOf(cluster), `call ${number}`).toEqual(endOf(reference))
      }
    },
  )
})
