import { describe, expect, it } from 'vitest'
import { anEvent } from '#test/events.ts'
import { createMemoryCluster } from '#test/memory-cluster.ts'
import { portsOn } from '#test/ports.ts'
import { ForbiddenError, PermanentError, RefusedError, UnreachableError } from './errors.ts'
import { type Door, onChange, oneOf, onSchedule } from './function.ts'
import { type Kind, type KubernetesObject, type Ref, refOf } from './object.ts'
import { settled } from './outcome.ts'
import { create, type Plan } from './plan.ts'
import type { Ports } from './ports.ts'
import { defineReconciler, reconcile } from './reconcile.ts'

const napKind: Kind = { apiVersion: 'test/v1', kind: 'Nap', plural: 'naps', scope: 'Namespaced' }
const aNap = (name = 'noon', more: object = {}): KubernetesObject => ({
  apiVersion: 'test/v1',
  kind: 'Nap',
  metadata: { name, namespace: 'home', uid: `uid-of-${name}`, resourceVersion: '7', ...more },
})

/** A reconciler whose plans are as given by the name of the object. */
const planning = (plan: (name: string) => Plan | Promise<Plan>) =>
  defineReconciler<KubernetesObject, Plan>({
    kind: napKind,
    observe: async ({ metadata }) => plan(metadata.name),
    plan: ({ observed }) => observed,
  })

const cluster = () => createMemoryCluster([aNap()])
const open: Door<KubernetesObject> = { ignore: () => undefined, target: ({ object }) => refOf(object) }

const handle = (
  event: ReturnType<typeof anEvent>,
  ports: Ports,
  door: Partial<Door<KubernetesObject>> = {},
  plan = (): Plan => ({ reason: 'Slept' }),
) => onChange(napKind, planning(plan), { ...open, ...door })(event, ports)

describe('a change', () => {
  it('is reconciled from the live object, not from the one in the event', async () => {
    const reconciler = defineReconciler<KubernetesObject, undefined>({
      kind: napKind,
      observe: async () => undefined,
      plan: ({ object }) => ({ reason: object.metadata.labels?.['is'] ?? 'Unlabelled' }),
    })
    const live = createMemoryCluster([aNap('noon', { labels: { is: 'Live' } })])
    const event = anEvent(aNap('noon', { labels: { is: 'Old' } }))
    expect(await onChange(napKind, reconciler, open)(event, portsOn(live))).toMatchObject({ reason: 'Live' })
  })

  it('that the door ignores costs no call', async () => {
    const empty = cluster()
    expect(await handle(anEvent(aNap()), portsOn(empty), { ignore: () => 'Echo' })).toEqual({
      state: 'settled',
      reason: 'Echo',
    })
    expect(empty.calls).toEqual([])
  })

  it('that is about nobody is not ours', async () => {
    const outcome = await handle(anEvent(aNap()), portsOn(cluster()), { target: () => undefined })
    expect(outcome).toEqual({ state: 'settled', reason: 'NotOurs' })
  })

  it.each([
    ['is no object', anEvent('text'), 'MalformedEvent'],
    ['is of another kind', anEvent({ ...aNap(), kind: 'Job' }), 'UnknownEvent'],
    ['has a name that is a path', anEvent(aNap('..')), 'MalformedName'],
  ])('that %s is rejected', async (_, event, reason) => {
    expect(await handle(event, portsOn(cluster()))).toMatchObject({ state: 'rejected', reason })
  })

  it.each(['ignore', 'target'])(
    'whose object is not what the door (%s) expects of its kind is malformed',
    async (way) => {
      const throws = () => {
        throw new TypeError('conditions is not iterable')
      }
      const outcome = await handle(anEvent(aNap()), portsOn(cluster()), { [way]: throws })
      expect(outcome).toMatchObject({ state: 'rejected', reason: 'MalformedEvent' })
    },
  )
})

describe('a change that comes twice', () => {
  it('is handled once', async () => {
    const ports = portsOn(cluster())
    expect(await handle(anEvent(aNap()), ports)).toMatchObject({ reason: 'Slept' })
    expect(await handle(anEvent(aNap()), ports)).toMatchObject({ reason: 'Duplicate' })
  })

  it('is handled again where it is another change of the same object', async () => {
    const ports = portsOn(cluster())
    await handle(anEvent(aNap(), 'add'), ports)
    for (const other of [
      anEvent(aNap(), 'delete'),
      anEvent(aNap('noon', { resourceVersion: '8' })),
      anEvent(aNap('noon', { uid: 'new' })),
    ]) {
      expect(await handle(other, ports)).toMatchObject({ reason: 'Slept' })
    }
  })

  it('is handled again where it failed or was rejected', async () => {
    for (const error of [new UnreachableError('no answer'), new PermanentError('No', 'no')]) {
      const ports = portsOn(cluster())
      const throws = () => {
        throw error
      }
      expect(await handle(anEvent(aNap()), ports, {}, throws)).not.toMatchObject({ state: 'settled' })
      expect(await handle(anEvent(aNap()), ports)).toMatchObject({ reason: 'Slept' })
    }
  })
})

async function* refs(...names: string[]): AsyncGenerator<Ref> {
  for (const name of names) yield { namespace: 'home', name }
}

describe('a sweep', () => {
  const until = new Date('2026-03-01T13:00:00Z')
  const sweep = (
    names: string[],
    plan: (name: string) => Plan | Promise<Plan>,
    targets: () => AsyncIterable<Ref> = () => refs(...names),
  ) => onSchedule(planning(plan), targets)(anEvent({}), portsOn(createMemoryCluster(names.map((name) => aNap(name)))))

  const names = Array.from({ length: 25 }, (_, i) => `nap-${i}`)

  it('of nothing settles', async () => {
    expect(await sweep([], () => ({ reason: 'Slept' }))).toEqual({ state: 'settled', reason: 'Swept' })
  })

  it('reconciles every object once, though most of them fail', async () => {
    const seen: string[] = []
    const outcome = await sweep(names, (name) => {
      seen.push(name)
      if (Number(name.slice('nap-'.length)) < 15) throw new UnreachableError('no answer')
      return { reason: 'Slept' }
    })
    expect(seen.toSorted()).toEqual(names.toSorted())
    expect(outcome).toMatchObject({ state: 'failed', reason: 'UnreachableError' })
  })

  it('has ten objects in hand at most', async () => {
    let now = 0
    let most = 0
    await sweep(names, async () => {
      most = Math.max(most, ++now)
      await new Promise(setImmediate)
      now--
      return { reason: 'Slept' }
    })
    expect(most).toBe(10)
  })

  it('does not forget a failure while another object takes its time', async () => {
    const { promise: slow, resolve: goOn } = Promise.withResolvers<void>()
    const outcome = await sweep(['slow', 'broken'], async (name) => {
      if (name === 'slow') await slow
      else {
        setImmediate(goOn)
        throw new UnreachableError('no answer')
      }
      return { reason: 'Slept' }
    })
    expect(outcome).toMatchObject({ state: 'failed', reason: 'UnreachableError' })
  })

  it('ends with the gravest outcome, and of waits with the soonest', async () => {
    const waits = (name: string): Plan => ({ reason: 'Waits', ...(name === 'nap-2' && { checkAgainAt: until }) })
    expect(await sweep(['nap-1', 'nap-2'], waits)).toMatchObject({ state: 'waiting', until })
    const rejects = (name: string): Plan => {
      if (name === 'nap-2') throw new PermanentError('No', 'no')
      return waits(name)
    }
    expect(await sweep(['nap-1', 'nap-2'], rejects)).toMatchObject({ state: 'rejected', reason: 'No' })
  })

  it('whose list fails reconciles what it has found, and fails', async () => {
    const seen: string[] = []
    const targets = async function* () {
      yield* refs('nap-1', 'nap-2')
      throw new UnreachableError('list naps: no answer')
    }
    const found = (name: string) => {
      seen.push(name)
      return { reason: 'Slept' }
    }
    expect(await sweep(['nap-1', 'nap-2'], found, targets)).toMatchObject({
      state: 'failed',
      reason: 'UnreachableError',
    })
    expect(seen.toSorted()).toEqual(['nap-1', 'nap-2'])
  })
})

describe('what follows from a change', () => {
  const also = async () => settled('Also')

  it('is done once its target was reconciled, even where that failed', async () => {
    const fails = (): Plan => {
      throw new UnreachableError('no answer')
    }
    for (const [plan, state] of [[undefined, 'settled'] as const, [fails, 'failed'] as const]) {
      let count = 0
      const door = { also: async () => settled(`Also${++count}`) }
      expect((await handle(anEvent(aNap()), portsOn(cluster()), door, plan)).state).toBe(state)
      expect(count).toBe(1)
    }
  })

  it('is not done for a change that is ignored', async () => {
    const never = { ignore: () => 'Echo', also: () => Promise.reject(new Error('called')) }
    expect(await handle(anEvent(aNap()), portsOn(cluster()), never)).toEqual(settled('Echo'))
  })

  it('fails the delivery where it fails, so that it comes again', async () => {
    const ports = portsOn(cluster())
    const door = { also: () => Promise.reject(new UnreachableError('no answer')) }
    expect((await handle(anEvent(aNap()), ports, door)).state).toBe('failed')
    expect((await handle(anEvent(aNap()), ports, { also })).reason).toBe('Slept')
  })
})

describe('a function of several kinds', () => {
  const tuckKind: Kind = { ...napKind, kind: 'Tuck', plural: 'tucks' }
  const both = oneOf(
    onChange(
      napKind,
      planning(() => ({ reason: 'Slept' })),
      open,
    ),
    onChange(
      tuckKind,
      planning(() => ({ reason: 'Tucked' })),
      { ...open, target: () => ({ namespace: 'home', name: 'noon' }) },
    ),
  )

  it('leaves an event to the first that knows its kind', async () => {
    expect((await both(anEvent(aNap()), portsOn(cluster()))).reason).toBe('Slept')
    expect((await both(anEvent({ ...aNap(), kind: 'Tuck' }), portsOn(cluster()))).reason).toBe('Tucked')
  })

  it('rejects one that none knows', async () => {
    expect(await both(anEvent({ ...aNap(), kind: 'Job' }), portsOn(cluster()))).toMatchObject({
      state: 'rejected',
      reason: 'UnknownEvent',
    })
  })
})

describe('actions that go each for itself', () => {
  const wanted = ['one', 'two', 'three'].map((name) => aNap(name))
  const spread = defineReconciler<KubernetesObject, readonly string[]>({
    kind: napKind,
    observe: async (_object, all) => {
      const names: string[] = []
      for await (const { metadata } of all.list(napKind)) names.push(metadata.name)
      return names
    },
    plan: ({ observed, refusals = new Map() }) => {
      const actions = wanted
        .filter(({ metadata: { name } }) => !observed.includes(name) && !refusals.has(`Nap home/${name}`))
        .map((nap) => create(napKind, nap))
      if (actions.length > 0) return { reason: 'Making', actions, eachForItself: true, status: { refused: [] } }
      return { reason: 'Made', status: { refused: [...refusals.keys()] } }
    },
  })
  const wake = async (error: Error) => {
    let creates = 0
    const all = createMemoryCluster([aNap()], (call, commit) => {
      if (call.verb === 'create' && ++creates === 2) throw error
      return commit()
    })
    const outcome = await reconcile(spread, { namespace: 'home', name: 'noon' }, portsOn(all))
    return { outcome, names: all.all(napKind).map(({ metadata }) => metadata.name), creates, all }
  }

  it('are carried out around one that is refused, which is not tried twice, and the plan hears of it', async () => {
    const { outcome, names, creates, all } = await wake(new RefusedError('Invalid', 'not this one'))
    expect(names.toSorted()).toEqual(['noon', 'one', 'three'])
    expect(creates).toBe(3)
    expect(all.all(napKind as Kind<KubernetesObject & { status?: object }>)[0]?.status).toEqual({
      refused: ['Nap home/two'],
    })
    expect(outcome).toMatchObject({ state: 'settled', reason: 'Made' })
  })

  it('fail the delivery where a permission lacks, once the status is written', async () => {
    const { outcome, names } = await wake(new ForbiddenError('may not'))
    expect(names).toHaveLength(3)
    expect(outcome).toMatchObject({ state: 'failed', reason: 'ForbiddenError' })
  })

  it('stop at an error of another sort', async () => {
    const { outcome, names } = await wake(new UnreachableError('no answer'))
    expect(names.toSorted()).toEqual(['noon', 'one'])
    expect(outcome.state).toBe('failed')
  })
})
