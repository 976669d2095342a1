import { describe, expect, test } from 'vitest'
import { createVirtualWorld, type VirtualWorld } from '#emulator/host/virtual-world.ts'
import { UnreachableError } from '#sdk/errors.ts'
import { createMemoryCluster, type MemoryCluster } from '#test/memory-cluster.ts'
import { portsOn } from '#test/ports.ts'
import { type Candidate, createCandidate, LEASE, leaseKind } from './lease.ts'

const aCluster = () => {
  let isAway = false
  let slow: Promise<unknown> | undefined
  const cluster = createMemoryCluster([], async (call, commit) => {
    if (isAway) throw new UnreachableError(`${call.verb}: nobody answers`)
    const answer = commit()
    if (call.verb !== 'get') await slow
    return answer
  })
  return {
    cluster,
    /** What is written from now on is done at once, and answered when this is settled. */
    answersAfter: (what: Promise<unknown>) => {
      slow = what
    },
    away: (is: boolean) => {
      isAway = is
    },
  }
}

/** A process that wants the Lease. `skewMs` is what its calendar is off by, which must not matter. */
const aReplica = (cluster: MemoryCluster, clock: VirtualWorld, identity: string, skewMs = 0) => {
  const candidate: Candidate = createCandidate({
    ...{ cluster, namespace: 'dormouse', identity, clock, log: portsOn(cluster).log },
    now: () => new Date(clock.now() + skewMs),
  })
  const end = new AbortController()
  const told: string[] = []
  const run = async () => {
    if (!(await candidate.acquire(end.signal))) return void told.push('gave up')
    told.push('leads')
    told.push(await candidate.hold())
  }
  void run()
  return { candidate, told, stop: () => end.abort() }
}

const specOf = (cluster: MemoryCluster) => cluster.all(leaseKind)[0]?.spec

describe('a Lease', () => {
  test('goes to the first who asks, and stays with it', async () => {
    const clock = createVirtualWorld()
    const { cluster } = aCluster()
    const first = aReplica(cluster, clock, 'first')
    await clock.advance(100)
    const second = aReplica(cluster, clock, 'second')
    await clock.advance(120_000)
    expect([first.told, second.told]).toEqual([['leads'], []])
    expect(cluster.all(leaseKind)[0]?.metadata.name).toBe(LEASE)
    expect(specOf(cluster)).toMatchObject({
      holderIdentity: 'first',
      leaseDurationSeconds: 15,
      leaseTransitions: 0,
      acquireTime: '2026-01-01T00:00:00.000000Z',
    })
    expect(specOf(cluster)?.renewTime).toMatch(/^2026-01-01T00:0[12]:\S+000Z$/)
    expect(second.candidate.holder()).toBe('first')
  })

  test.each([
    ['behind', -3_600_000],
    ['ahead', 3_600_000],
  ])('of a dead holder is taken 15 s after it was last seen to change, by a calendar an hour %s', async (_, skewMs) => {
    const clock = createVirtualWorld()
    const { cluster } = aCluster()
    const spec = {
      holderIdentity: 'dead',
      leaseDurationSeconds: 15,
      leaseTransitions: 4,
      renewTime: '2020-01-01T00:00:00Z',
    }
    cluster.put({
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: LEASE, namespace: 'dormouse' },
      spec,
    } as never)
    const heir = aReplica(cluster, clock, 'heir', skewMs)
    await clock.advance(14_900)
    expect(heir.told).toEqual([])
    await clock.advance(2_500)
    expect(heir.told).toEqual(['leads'])
    expect(specOf(cluster)).toMatchObject({ holderIdentity: 'heir', leaseTransitions: 5 })
  })

  test('that is given back is taken within 2.4 s, with one more transition', async () => {
    const clock = createVirtualWorld()
    const { cluster } = aCluster()
    const first = aReplica(cluster, clock, 'first')
    await clock.advance(1000)
    const second = aReplica(cluster, clock, 'second')
    await clock.advance(30_500)
    await first.candidate.release()
    expect(first.told).toEqual(['leads', 'released'])
    expect(specOf(cluster)).toMatchObject({ holderIdentity: '', leaseDurationSeconds: 1 })
    await clock.advance(2400)
    expect(second.told).toEqual(['leads'])
    expect(specOf(cluster)).toMatchObject({ holderIdentity: 'second', leaseDurationSeconds: 15, leaseTransitions: 1 })
  })

  test('that is given back while a renewal is under way is free once that has come back', async () => {
    const clock = createVirtualWorld()
    const { cluster, answersAfter } = aCluster()
    const first = aReplica(cluster, clock, 'first')
    await clock.advance(1_900)
    const { promise, resolve } = Promise.withResolvers<void>()
    answersAfter(promise)
    await clock.advance(200)
    const released = first.candidate.release()
    await clock.advance(100)
    resolve()
    await released
    expect(specOf(cluster)?.holderIdentity).toBe('')
  })

  test('that cannot be renewed for 10 s is lost, five before another may take it', async () => {
    const clock = createVirtualWorld()
    const { cluster, away } = aCluster()
    const first = aReplica(cluster, clock, 'first')
    await clock.advance(60_000)
    away(true)
    await clock.advance(7_900)
    expect(first.told).toEqual(['leads'])
    await clock.advance(2_100)
    expect(first.told).toEqual(['leads', expect.stringMatching(/^not renewed for 10 s: .*nobody answers/)])
  })

  test('of which the API server says nothing any more is lost after ten seconds, not two later', async () => {
    const clock = createVirtualWorld()
    const { cluster, answersAfter } = aCluster()
    const first = aReplica(cluster, clock, 'first')
    await clock.advance(60_000)
    answersAfter(new Promise(() => undefined))
    // The last that was answered began at one of these seconds.
    await clock.advance(10_100)
    expect(first.told).toEqual(['leads', expect.stringMatching(/^not renewed for 10 s/)])
  })

  test('that was taken by a request that took long is counted from when that was sent', async () => {
    const clock = createVirtualWorld()
    const { cluster, answersAfter } = aCluster()
    const { promise, resolve } = Promise.withResolvers<void>()
    answersAfter(promise)
    const first = aReplica(cluster, clock, 'first')
    await clock.advance(9000)
    answersAfter(new Promise(() => undefined))
    resolve()
    await clock.advance(0)
    expect(first.told).toEqual(['leads'])
    await clock.advance(1100)
    expect(first.told).toHaveLength(2)
  })

  test('that another has taken is lost at the next renewal', async () => {
    const clock = createVirtualWorld()
    const { cluster } = aCluster()
    const first = aReplica(cluster, clock, 'first')
    await clock.advance(4_100)
    const [lease] = cluster.all(leaseKind)
    cluster.put({ ...lease, spec: { ...lease?.spec, holderIdentity: 'thief' } } as never)
    await clock.advance(2_000)
    expect(first.told).toEqual(['leads', 'taken by thief'])
    await first.candidate.release()
    expect(specOf(cluster)?.holderIdentity).toBe('thief')
  })

  test('that is deleted under its holder is made again', async () => {
    const clock = createVirtualWorld()
    const { cluster } = aCluster()
    const first = aReplica(cluster, clock, 'first')
    await clock.advance(4_100)
    await cluster.delete(
      leaseKind,
      { namespace: 'dormouse', name: LEASE },
      cluster.all(leaseKind)[0]?.metadata.uid ?? '',
    )
    cluster.finishDeletions()
    await clock.advance(4_000)
    expect(first.told).toEqual(['leads'])
    expect(specOf(cluster)?.holderIdentity).toBe('first')
  })

  test('that two ask for at once goes to one of them', async () => {
    const clock = createVirtualWorld()
    const { cluster } = aCluster()
    const replicas = ['a', 'b', 'c', 'd'].map((name) => aReplica(cluster, clock, name))
    await clock.advance(60_000)
    expect(replicas.flatMap(({ told }) => told)).toEqual(['leads'])
  })

  test('is waited for until a signal, and while the API server is away', async () => {
    const clock = createVirtualWorld()
    const { cluster, away } = aCluster()
    away(true)
    const replica = aReplica(cluster, clock, 'patient')
    await clock.advance(30_000)
    expect(replica.candidate.silence()).toBe(Number.POSITIVE_INFINITY)
    replica.stop()
    await clock.advance(0)
    expect(replica.told).toEqual(['gave up'])
    expect(clock.pending()).toBe(0)
  })
})
