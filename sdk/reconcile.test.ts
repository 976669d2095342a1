import { describe, expect, it } from 'vitest'
import { type Around, createMemoryCluster, type MemoryCluster } from '#test/memory-cluster.ts'
import { NOW, portsOn } from '#test/ports.ts'
import { ConflictError, ForbiddenError, RefusedError, UnreachableError } from './errors.ts'
import { eventKind } from './events.ts'
import { type Counter, type Histogram, type Measure, one, type Survey } from './metrics.ts'
import type { Kind, KubernetesObject, Live } from './object.ts'
import { annotate, create, type Plan, remove, unannotate } from './plan.ts'
import type { Ports } from './ports.ts'
import { defineReconciler, reconcile, type Situation } from './reconcile.ts'
import { tell } from './tell.ts'

type Nap = KubernetesObject & { readonly status?: { readonly phase?: string; readonly note?: string } }
const napKind: Kind<Nap> = { apiVersion: 'test/v1', kind: 'Nap', plural: 'naps', scope: 'Namespaced' }
const pillowKind: Kind = { apiVersion: 'test/v1', kind: 'Pillow', plural: 'pillows', scope: 'Namespaced' }
const ref = { namespace: 'home', name: 'noon' }

type NapFixture = { readonly uid?: string; readonly status?: NonNullable<Nap['status']> }
const aNap = ({ status, ...metadata }: NapFixture = {}): Nap => ({
  apiVersion: 'test/v1',
  kind: 'Nap',
  metadata: { ...ref, uid: 'nap-uid', annotations: { asked: 'yes' }, ...metadata },
  ...(status && { status }),
})
const aPillow = (name = 'soft'): KubernetesObject => ({
  apiVersion: 'test/v1',
  kind: 'Pillow',
  metadata: { namespace: 'home', name },
})

type Case = Situation<Live<Nap>, unknown>
type Plans = readonly ((situation: Case) => Plan)[]

/** Reconciles with the given plans, one a round; the last one holds for all later rounds. */
const wake = async (cluster: MemoryCluster, plans: Plans, differing: Partial<Ports> = {}) => {
  const seen: Case[] = []
  const reconciler = defineReconciler<Nap, unknown>({
    kind: napKind,
    observe: async () => undefined,
    plan: (situation) => {
      seen.push(situation)
      return (plans[seen.length - 1] ?? plans.at(-1))?.(situation) ?? { reason: 'Nothing' }
    },
  })
  return { outcome: await reconcile(reconciler, ref, portsOn(cluster, differing)), seen }
}

const asleep = (): Plan => ({ reason: 'Sleep', status: { phase: 'Asleep' } })

/** Throws on the first call of this kind, before the API server has carried it out. */
const failingOnce = (verb: string, error: Error): Around => {
  let isLeft = true
  return (call, commit) => {
    if (call.verb !== verb || !isLeft) return commit()
    isLeft = false
    throw error
  }
}

describe('reconciling', () => {
  it('carries out the actions in order, then writes the status', async () => {
    const cluster = createMemoryCluster([aNap(), aPillow('old')])
    const old = cluster.all(pillowKind)[0]?.metadata.uid ?? ''
    const actions = [
      unannotate('asked'),
      remove(pillowKind, { ...ref, name: 'old' }, old),
      create(pillowKind, aPillow()),
    ]
    const { outcome } = await wake(cluster, [() => ({ ...asleep(), actions })])
    expect(cluster.writes()).toEqual(['patch Nap', 'delete Pillow', 'create Pillow', 'patchStatus Nap'])
    expect(cluster.all(napKind)[0]).toMatchObject({ metadata: { uid: 'nap-uid' }, status: { phase: 'Asleep' } })
    expect(cluster.all(napKind)[0]?.metadata).not.toHaveProperty('annotations')
    expect(outcome).toEqual({ state: 'settled', reason: 'Sleep', announce: undefined })
  })

  it('annotates the object, and leaves what others did', async () => {
    const cluster = createMemoryCluster([aNap()])
    await wake(cluster, [() => ({ ...asleep(), actions: [annotate({ by: 'us' })] })])
    const { asked } = aNap().metadata.annotations ?? {}
    expect(asked).toBeDefined()
    expect(cluster.all(napKind)[0]?.metadata.annotations).toEqual({ asked, by: 'us' })
  })

  it('writes nothing where the status is as planned', async () => {
    const cluster = createMemoryCluster([aNap({ status: { phase: 'Asleep' } })])
    await wake(cluster, [asleep])
    expect(cluster.writes()).toEqual([])
  })

  it('removes what the planned status leaves out', async () => {
    const cluster = createMemoryCluster([aNap({ status: { phase: 'Asleep', note: 'old' } })])
    await wake(cluster, [asleep])
    expect(cluster.all(napKind)[0]?.status).toEqual({ phase: 'Asleep' })
  })

  it('leaves the status alone where the plan has none', async () => {
    const cluster = createMemoryCluster([aNap({ status: { phase: 'Asleep' } })])
    await wake(cluster, [() => ({ reason: 'Ended' })])
    expect(cluster.writes()).toEqual([])
  })

  it('of an object that is gone settles with one read', async () => {
    const cluster = createMemoryCluster()
    const { outcome } = await wake(cluster, [asleep])
    expect(outcome).toEqual({ state: 'settled', reason: 'Gone' })
    expect(cluster.calls.map(({ verb }) => verb)).toEqual(['get'])
  })

  it('waits until the plan is to be looked at again', async () => {
    const until = new Date('2026-03-01T13:00:00Z')
    const { outcome } = await wake(createMemoryCluster([aNap()]), [() => ({ ...asleep(), checkAgainAt: until })])
    expect(outcome).toMatchObject({ state: 'waiting', reason: 'Sleep', until })
  })

  it('tells the plan the time of the ports, and their settings', async () => {
    const { seen } = await wake(createMemoryCluster([aNap()]), [asleep])
    expect(seen[0]).toMatchObject({ now: NOW, settings: { runnerImage: 'runner:1' } })
  })

  it('takes its turn under the kind and the key of the object', async () => {
    const keys: string[] = []
    const turn: Ports['turn'] = (key, work) => {
      keys.push(key)
      return work()
    }
    await wake(createMemoryCluster([aNap()]), [asleep], { turn })
    expect(keys).toEqual(['Nap home/noon'])
  })
})

describe('a change under our hands', () => {
  /** Just before our first write, somebody else writes. */
  const meanwhile = (change: (cluster: MemoryCluster) => void) => {
    let isLeft = true
    const cluster: MemoryCluster = createMemoryCluster([aNap()], (call, commit) => {
      if (call.verb.startsWith('patch') && isLeft) {
        isLeft = false
        change(cluster)
      }
      return commit()
    })
    return cluster
  }

  it('of the object is planned for anew, and not overwritten', async () => {
    const cluster = meanwhile((cluster) => cluster.put({ ...aNap({ status: { note: 'theirs' } }) }))
    const { seen } = await wake(cluster, [
      ({ object }) => ({ reason: 'Sleep', status: { ...object.status, phase: 'Asleep' } }),
    ])
    expect(seen.map(({ object }) => object.status)).toEqual([undefined, { note: 'theirs' }])
    expect(cluster.all(napKind)[0]?.status).toEqual({ note: 'theirs', phase: 'Asleep' })
  })

  it('that replaces the object by one of the same name does not get the status of the old one', async () => {
    const cluster = meanwhile((cluster) => cluster.put(aNap({ uid: 'another' })))
    const { seen } = await wake(cluster, [asleep])
    expect(seen.map(({ object }) => object.metadata.uid)).toEqual(['nap-uid', 'another'])
  })

  it('keeps an annotation that was asked anew', async () => {
    const cluster = meanwhile((cluster) => cluster.put(aNap()))
    const { seen } = await wake(cluster, [
      () => ({ ...asleep(), actions: [unannotate('asked')] }),
      () => ({ reason: 'Ended' }),
    ])
    expect(seen).toHaveLength(2)
    expect(cluster.all(napKind)[0]?.metadata.annotations).toEqual({ asked: 'yes' })
  })

  it('that removes the object ends the matter', async () => {
    const cluster = meanwhile((cluster) => {
      const [nap] = cluster.all(napKind)
      if (nap) cluster.put({ ...nap, metadata: { ...nap.metadata, deletionTimestamp: '2026-03-01T12:00:00Z' } })
      cluster.finishDeletions()
    })
    expect((await wake(cluster, [asleep])).outcome).toEqual({ state: 'settled', reason: 'Gone' })
  })

  it('by another creator of the same child is looked at, and the child left as it is', async () => {
    const cluster = createMemoryCluster([aNap(), aPillow()])
    const child = cluster.all(pillowKind)
    const plans: Plans = [() => ({ ...asleep(), actions: [create(pillowKind, aPillow())] }), asleep]
    expect((await wake(cluster, plans)).outcome.state).toBe('settled')
    expect(cluster.all(pillowKind)).toEqual(child)
  })

  it('is given up after six rounds, for a redelivery to take up', async () => {
    const cluster = createMemoryCluster([aNap()], (call, commit) => {
      if (call.verb === 'patchStatus') throw new ConflictError('again')
      return commit()
    })
    const { outcome, seen } = await wake(cluster, [asleep])
    expect(outcome).toMatchObject({ state: 'failed', reason: 'TransientError' })
    expect(seen).toHaveLength(6)
  })
})

describe('a refusal', () => {
  const refusal = new RefusedError('Invalid', 'too soft')
  const makesPillow = (): Plan => ({ ...asleep(), actions: [create(pillowKind, aPillow())] })

  it('reaches the next plan', async () => {
    const cluster = createMemoryCluster([aNap()], failingOnce('create', refusal))
    const { outcome, seen } = await wake(cluster, [
      makesPillow,
      () => ({ reason: 'Refused', status: { phase: 'Failed' } }),
    ])
    expect(seen.map(({ refusal }) => refusal && { reason: refusal.reason, message: refusal.message })).toEqual([
      undefined,
      { reason: 'Invalid', message: 'too soft' },
    ])
    expect(outcome).toMatchObject({ state: 'settled', reason: 'Refused' })
    expect(cluster.all(napKind)[0]?.status).toEqual({ phase: 'Failed' })
  })

  it('that a plan walks into again rejects', async () => {
    const cluster = createMemoryCluster([aNap()], (call, commit) => {
      if (call.verb === 'create') throw refusal
      return commit()
    })
    const { outcome, seen } = await wake(cluster, [makesPillow])
    expect(outcome).toMatchObject({ state: 'rejected', reason: 'Invalid', error: refusal })
    expect(seen).toHaveLength(2)
  })
})

describe('a plan that asks to look again', () => {
  const announce = { type: 'test.nap', subject: 'home/noon', data: {} }

  it('is followed by one about what it has written', async () => {
    const { seen, outcome } = await wake(createMemoryCluster([aNap()]), [
      () => ({ ...asleep(), again: true }),
      () => ({ reason: 'Ended' }),
    ])
    expect(seen[1]?.object.status).toEqual({ phase: 'Asleep' })
    expect(outcome.reason).toBe('Ended')
  })

  it('costs no read of the object', async () => {
    const cluster = createMemoryCluster([aNap()])
    await wake(cluster, [() => ({ ...asleep(), again: true }), () => ({ reason: 'Ended' })])
    expect(cluster.calls.map(({ verb }) => verb)).toEqual(['get', 'patchStatus'])
  })

  it('does not take its announcement with it', async () => {
    const { outcome } = await wake(createMemoryCluster([aNap()]), [
      () => ({ ...asleep(), again: true, announce }),
      () => ({ reason: 'Ended' }),
    ])
    expect(outcome).toEqual({ state: 'settled', reason: 'Ended', announce })
  })

  it('is not announced while its writes do not succeed', async () => {
    const cluster = createMemoryCluster([aNap()], failingOnce('patchStatus', new ConflictError('changed')))
    const { outcome } = await wake(cluster, [() => ({ ...asleep(), announce }), () => ({ reason: 'Ended' })])
    expect(outcome).toEqual({ state: 'settled', reason: 'Ended', announce: undefined })
  })
})

describe('an error', () => {
  it.each(['get', 'create', 'patch', 'patchStatus'])('of the API server at %s ends the run there', async (verb) => {
    const cluster = createMemoryCluster([aNap()], failingOnce(verb, new UnreachableError('no answer')))
    const actions = [create(pillowKind, aPillow()), unannotate('asked')]
    const { outcome } = await wake(cluster, [() => ({ ...asleep(), actions })])
    expect(outcome).toMatchObject({ state: 'failed', reason: 'UnreachableError' })
    expect(cluster.calls.at(-1)?.verb).toBe(verb)
  })

  it('in a plan is an outcome too, and the log says why', async () => {
    const lines: object[] = []
    const log = {
      debug: () => undefined,
      info: () => undefined,
      error: () => undefined,
      warn: (fields: object) => void lines.push(fields),
    }
    const broken = () => {
      throw new TypeError('spec is not what it seems')
    }
    const { outcome } = await wake(createMemoryCluster([aNap()]), [broken], { log })
    expect(outcome).toMatchObject({ state: 'failed', reason: 'TypeError' })
    expect(lines).toEqual([
      { kind: 'Nap', ref, state: 'failed', reason: 'TypeError', cause: 'spec is not what it seems' },
    ])
  })
})

describe('what a plan has to tell', () => {
  const counter: Counter = { type: 'counter', name: 'naps_total', help: '', labels: ['home'] }
  const seconds: Histogram = { type: 'histogram', name: 'pillow_seconds', help: '', labels: [], buckets: [1] }
  const telling = (): Plan => ({
    ...asleep(),
    events: [{ type: 'Normal', reason: 'Asleep', message: 'sleeps' }],
    measures: [one(counter, { home: 'noon' })],
  })
  const wakeAll = async (cluster: MemoryCluster, plans: Plans, differing: Partial<Ports> = {}) => {
    const measured: (Measure | Survey)[] = []
    const measure: Ports['measure'] = (each) => void measured.push(each)
    const { outcome } = await wake(cluster, plans, { measure, ...differing })
    return { outcome, measured, events: cluster.all(eventKind) }
  }
  const named = (measured: readonly (Measure | Survey)[]) => measured.map(({ metric }) => metric.name)

  it('is told and counted once its status is written', async () => {
    const { measured, events } = await wakeAll(createMemoryCluster([aNap()]), [telling])
    expect(measured).toEqual([{ metric: counter, labels: { home: 'noon' }, value: 1 }])
    expect(events).toMatchObject([
      {
        metadata: { namespace: 'home', name: expect.stringMatching(/^noon\.nap-uid\.\d+\.0$/) },
        involvedObject: { apiVersion: 'test/v1', kind: 'Nap', namespace: 'home', name: 'noon', uid: 'nap-uid' },
        type: 'Normal',
        reason: 'Asleep',
        message: 'sleeps',
        count: 1,
        firstTimestamp: '2026-03-01T12:00:00Z',
        lastTimestamp: '2026-03-01T12:00:00Z',
      },
    ])
  })

  it('is not where the status is so already', async () => {
    const { measured, events } = await wakeAll(createMemoryCluster([aNap({ status: { phase: 'Asleep' } })]), [telling])
    expect([measured, events]).toEqual([[], []])
  })

  it('is told once by several processes that decide alike', async () => {
    const cluster = createMemoryCluster([aNap()])
    const all = await Promise.all([1, 2, 3].map(() => wakeAll(cluster, [telling])))
    expect(named(all.flatMap(({ measured }) => measured))).toEqual(['naps_total'])
    expect(cluster.all(eventKind)).toHaveLength(1)
  })

  it.each([new ForbiddenError('no'), new UnreachableError('gone'), new RefusedError('QuotaExceeded', 'full')])(
    'fails nothing where its Event gets %s, and is logged and counted',
    async (error) => {
      const lines: object[] = []
      const log = { ...portsOn(createMemoryCluster()).log, warn: (fields: object) => void lines.push(fields) }
      const cluster = createMemoryCluster([aNap()], (call, commit) => {
        if (call.kind === 'Event') throw error
        return commit()
      })
      const { outcome, measured } = await wakeAll(cluster, [telling], { log })
      expect(outcome).toMatchObject({ state: 'settled' })
      expect(named(measured)).toEqual(['naps_total', 'dormouse_events_lost_total'])
      expect(lines).toEqual([{ kind: 'Nap', ref, event: 'Asleep', cause: error.message }])
    },
  )

  it('is the same Event where it is told again', async () => {
    const cluster = createMemoryCluster([aNap()])
    const nap = (await cluster.get(napKind, ref)) as Live<Nap>
    const lines: object[] = []
    const log = { ...portsOn(cluster).log, warn: (fields: object) => void lines.push(fields) }
    for (const _ of [1, 2]) await tell(telling(), nap, portsOn(cluster, { log }))
    expect(cluster.all(eventKind)).toMatchObject([{ count: 1 }])
    expect(lines).toEqual([])
  })

  it('is another Event for each time that the object changes', async () => {
    const cluster = createMemoryCluster([aNap()])
    const again = (note: string) => (): Plan => ({ ...telling(), status: { phase: 'Asleep', note } })
    await wakeAll(cluster, [again('a')])
    await wakeAll(cluster, [again('b')])
    await wakeAll(cluster, [again('a')])
    expect(cluster.all(eventKind)).toHaveLength(3)
  })

  it('is how long the actions of one metric took together, where they succeed', async () => {
    let time = NOW.getTime()
    const around: Around = (call, commit) => {
      if (call.verb === 'create') time += 250
      return commit()
    }
    const made = ['a', 'b'].map((name) => ({
      ...create(pillowKind, aPillow(name)),
      timed: { metric: seconds, labels: {} },
    }))
    const now = () => new Date(time)
    const { measured } = await wakeAll(
      createMemoryCluster([aNap()], around),
      [() => ({ ...asleep(), actions: made })],
      { now },
    )
    expect(measured).toEqual([{ metric: seconds, labels: {}, value: 0.5 }])
    const taken = createMemoryCluster([aNap(), aPillow('b')], around)
    const failing = await wakeAll(taken, [() => ({ ...asleep(), actions: made }), asleep], { now })
    expect(failing.measured).toEqual([])
  })
})
