import { describe, expect, test } from 'vitest'
import { aConfigMap, anEventing, aRunningSource, aSource, configMaps, rights, status } from './fixtures.ts'

type Stage = ReturnType<typeof anEventing>

const merge = (stage: Stage, name: string, data: object): void =>
  void stage.client.patch(configMaps, { namespace: 'default', name }, { data })
const create = (stage: Stage, name: string): void => void stage.client.create(configMaps, aConfigMap(name))

describe('an adapter', () => {
  test('that is restarted sees nothing of what happens in between', async () => {
    const stage = await aRunningSource()
    create(stage, 'before')
    await stage.world.advance(0)
    stage.eventing.restartAdapter('default/source')
    create(stage, 'between')
    await stage.world.advance(2000)
    create(stage, 'after')
    await stage.world.advance(0)
    expect(stage.seen()).toEqual(['add before', 'add after'])
  })

  test('goes on where its watch ended, every five to ten minutes', async () => {
    const stage = await aRunningSource()
    create(stage, 'a')
    for (let minute = 0; minute < 30; minute += 1) {
      await stage.world.advance(60_000)
      merge(stage, 'a', { minute: String(minute) })
    }
    await stage.world.advance(0)
    expect(stage.seen()).toHaveLength(31)
  })

  test('goes on where it was when the API server comes back within its history', async () => {
    const stage = await aRunningSource()
    create(stage, 'a')
    await stage.world.advance(2000)
    stage.eventing.faults.set({ isApiServerAway: true })
    merge(stage, 'a', { b: '2' })
    await stage.world.advance(10_000)
    expect(stage.seen()).toEqual(['add a'])
    stage.eventing.faults.set({ isApiServerAway: false })
    await stage.world.advance(30_000)
    expect(stage.seen()).toEqual(['add a', 'update a'])
  })

  test('loses what happened when its watch ends young and without an event: then it lists anew', async () => {
    const stage = await aRunningSource({}, { adapterStartMs: 2500 })
    stage.eventing.faults.set({ isApiServerAway: true })
    create(stage, 'a')
    await stage.world.advance(1000)
    stage.eventing.faults.set({ isApiServerAway: false })
    await stage.world.advance(60_000)
    merge(stage, 'a', { b: '2' })
    await stage.world.advance(0)
    expect(stage.seen()).toEqual(['update a'])
  })

  test('sends one event at a time, in the order of the changes', async () => {
    const stage = await aRunningSource()
    const times: number[] = []
    stage.listen('sink.example', async ({ at }) => {
      times.push(at - start)
      await new Promise<void>((resolve) => void stage.world.after(2000, resolve))
      return status(204)
    })
    const start = stage.world.now()
    for (const name of ['a', 'b', 'c']) create(stage, name)
    await stage.world.advance(10_000)
    expect(times).toEqual([0, 2000, 4000])
  })

  test('gives an event up after six attempts, and says so', async () => {
    const stage = await aRunningSource()
    stage.eventing.faults.set({ isSinkDown: true })
    create(stage, 'a')
    await stage.world.advance(3099)
    expect(stage.happenings).toEqual([])
    await stage.world.advance(1)
    expect(stage.happenings).toEqual([
      {
        what: 'lost event',
        source: 'default/source',
        type: 'dev.knative.apiserver.resource.add',
        subject: '/apis/v1/namespaces/default/configmaps/a',
        why: 'http://sink.example: connect: connection refused',
      },
    ])
  })
})

describe('faults', () => {
  test('lose every event from when they are set, and none later', async () => {
    const stage = await aRunningSource()
    stage.eventing.faults.set({ lose: 1 })
    create(stage, 'a')
    await stage.world.advance(10)
    stage.eventing.faults.clear()
    create(stage, 'b')
    await stage.world.advance(10)
    expect(stage.seen()).toEqual(['add b'])
    expect(stage.happenings).toMatchObject([{ what: 'lost event', why: 'a fault: the adapter loses events' }])
  })

  test('bring every change twice, with two ids, from when they are set', async () => {
    const stage = await aRunningSource()
    stage.eventing.faults.set({ isTwice: true })
    create(stage, 'a')
    await stage.world.advance(10)
    stage.eventing.faults.set({ isTwice: false })
    create(stage, 'b')
    await stage.world.advance(10)
    expect(stage.seen()).toEqual(['add a', 'add a', 'add b'])
    expect(new Set(stage.received.map(({ headers }) => headers['ce-id'])).size).toBe(3)
  })

  test('delay events', async () => {
    const stage = await aRunningSource({}, { faults: { delayMs: 500 } })
    create(stage, 'a')
    await stage.world.advance(499)
    expect(stage.seen()).toEqual([])
    await stage.world.advance(1)
    expect(stage.seen()).toEqual(['add a'])
  })

  test('take the broker away, and the channel behind it', async () => {
    const stage = anEventing({ faults: { isBrokerDown: true } })
    await expect(stage.publish()).rejects.toThrow('connection refused')
  })
})

test('the same seed gives the same history, another one another', async () => {
  const history = async (seed: number): Promise<string> => {
    const stage = anEventing({ faults: { lose: 0.5, isTwice: true } }, seed)
    const received = stage.listen('sink.example')
    stage.apply(...rights(), aSource())
    await stage.world.advance(3000)
    for (let index = 0; index < 20; index += 1) create(stage, `a-${index}`)
    await stage.world.advance(1_000_000)
    return JSON.stringify([received, stage.happenings])
  }
  const first = await history(1)
  expect(await history(1)).toBe(first)
  expect(await history(2)).not.toBe(first)
})

test('what is stopped does nothing any more', async () => {
  const stage = await aRunningSource()
  stage.eventing.faults.set({ delayMs: 5000 })
  create(stage, 'waiting')
  await stage.world.advance(10)
  stage.eventing.stop()
  expect(stage.happenings).toMatchObject([{ what: 'lost event', why: 'the adapter ended' }])
  expect(stage.world.pending()).toBe(0)
  create(stage, 'a')
  await stage.world.advance(1_000_000)
  expect(stage.seen()).toEqual([])
  expect(stage.world.pending()).toBe(0)
})
