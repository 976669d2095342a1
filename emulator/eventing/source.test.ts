import { describe, expect, test } from 'vitest'
import { fooCrd } from '../api-server/test-server.ts'
import type { KubeObject } from '../api-server/types.ts'
import { aConfigMap, anEventing, aSource, configMaps, namespaces, rights, sources, status } from './fixtures.ts'

type Stage = ReturnType<typeof anEventing>

const ready = { status: 'True' }
const merge = (stage: Stage, name: string, data: object): void =>
  void stage.client.patch(configMaps, { namespace: 'default', name }, { data })
const create = (stage: Stage, name: string, namespace = 'default'): void =>
  void stage.client.create(configMaps, aConfigMap(name, namespace))
const addNamespace = (stage: Stage, name: string, labels: Record<string, string> = {}): void =>
  stage.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } })
const setLabels = (stage: Stage, name: string, labels: Record<string, string | null>): void =>
  void stage.client.patch(namespaces, { name }, { metadata: { labels } })

/** A source of ConfigMaps that is ready, and what its sink gets: `add one`, with the namespace before names elsewhere. */
const aRunningSource = async (spec: object = {}, options: Parameters<typeof anEventing>[0] = {}) => {
  const stage = anEventing(options)
  const received = stage.listen('sink.example')
  stage.apply(...rights(), aSource(spec))
  await stage.world.advance(3000)
  const seen = (): readonly string[] =>
    received.map(({ headers }) => {
      const where = headers['ce-namespace'] === 'default' ? '' : `${headers['ce-namespace']}/`
      return `${headers['ce-type']?.split('.').at(-1)} ${where}${headers['ce-name']}`
    })
  return { ...stage, received, seen }
}

describe('a source', () => {
  test('is ready once its adapter runs, and says what it sends', async () => {
    const stage = await aRunningSource()
    expect(stage.readiness(sources, 'source')).toEqual(ready)
    expect(stage.client.get(sources, { namespace: 'default', name: 'source' })?.['status']).toMatchObject({
      observedGeneration: 1,
      sinkUri: 'http://sink.example',
      namespaces: ['default'],
      ceAttributes: ['add', 'update', 'delete'].map((verb) => ({
        type: `dev.knative.apiserver.resource.${verb}`,
        source: 'https://10.96.0.1:443',
      })),
    })
  })

  test('is not ready without the rights of its ServiceAccount, and then sends nothing', async () => {
    const stage = anEventing()
    const received = stage.listen('sink.example')
    const [account, role, binding] = rights(['secrets'])
    if (!account || !role || !binding) throw new Error('three objects')
    stage.apply(account, role, binding, aSource())
    await stage.world.advance(3000)
    const lacking = {
      status: 'False',
      message:
        'User system:serviceaccount:default:watcher cannot get, list, watch resource "configmaps" in API group "" in Namespace "default"',
    }
    expect(stage.readiness(sources, 'source')).toEqual(lacking)
    expect(stage.readiness(sources, 'source', 'SufficientPermissions')).toEqual(lacking)
    create(stage, 'unseen')
    await stage.world.advance(1000)
    stage.client.patch(
      { apiVersion: role.apiVersion, plural: 'clusterroles' },
      { name: 'watcher' },
      { rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list', 'watch'] }] },
    )
    await stage.world.advance(10_000)
    expect(stage.readiness(sources, 'source')).toEqual(ready)
    create(stage, 'seen')
    await stage.world.advance(0)
    expect(received.map(({ headers }) => headers['ce-name'])).toEqual(['seen'])
  })

  test('is not ready while its ServiceAccount or its sink is not there', async () => {
    const stage = anEventing()
    const [, ...others] = rights()
    stage.apply(...others, aSource({ sink: { ref: { apiVersion: 'v1', kind: 'Service', name: 'late' } } }))
    await stage.world.advance(3000)
    expect(stage.readiness(sources, 'source', 'SinkProvided')).toMatchObject({ status: 'False', reason: 'NotFound' })
    stage.service('late')
    await stage.world.advance(3000)
    expect(stage.readiness(sources, 'source')).toMatchObject({ status: 'False', reason: 'MinimumReplicasUnavailable' })
    stage.apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'watcher', namespace: 'default' } })
    await stage.world.advance(3000)
    expect(stage.readiness(sources, 'source')).toEqual(ready)
  })

  test('of a group that does not exist waits for it in a crash loop', async () => {
    const stage = anEventing()
    stage.apply(...rights(['foos'], 'x.io'), aSource({ resources: [{ apiVersion: 'x.io/v1', kind: 'Foo' }] }))
    await stage.world.advance(60_000)
    expect(stage.readiness(sources, 'source')).toMatchObject({ status: 'False', reason: 'MinimumReplicasUnavailable' })
    stage.apply(fooCrd)
    await stage.world.advance(80_000)
    expect(stage.readiness(sources, 'source')).toEqual(ready)
  })

  test('of a kind whose plural is guessed wrong is ready and sees nothing', async () => {
    const stage = anEventing()
    const received = stage.listen('sink.example')
    const { spec } = fooCrd
    const names = { ...spec.names, kind: 'Mesh', plural: 'meshes' }
    stage.apply({ ...fooCrd, metadata: { name: 'meshes.x.io' }, spec: { ...spec, names } } as KubeObject)
    const mesh = { apiVersion: 'x.io/v1', kind: 'Mesh' }
    stage.apply(...rights(['meshs', 'meshes'], 'x.io'), aSource({ resources: [mesh] }))
    await stage.world.advance(3000)
    stage.client.create(
      { apiVersion: 'x.io/v1', plural: 'meshes' },
      { ...mesh, metadata: { name: 'a', namespace: 'default' } },
    )
    await stage.world.advance(1000)
    expect(stage.readiness(sources, 'source')).toEqual(ready)
    expect(received).toEqual([])
  })

  test('writes no status when nothing has changed', async () => {
    const stage = await aRunningSource()
    const version = () => stage.client.get(sources, { namespace: 'default', name: 'source' })?.metadata.resourceVersion
    const before = version()
    addNamespace(stage, 'other')
    await stage.world.advance(60_000)
    expect(version()).toBe(before)
  })

  test('sends nothing any more once it is deleted', async () => {
    const stage = await aRunningSource()
    stage.client.delete(sources, { namespace: 'default', name: 'source' })
    create(stage, 'late')
    await stage.world.advance(10_000)
    expect(stage.seen()).toEqual([])
  })
})

describe('a source of labelled namespaces', () => {
  const namespaceSelector = { matchLabels: { watched: 'yes' } }

  test('sees those, and a new one from when its new adapter watches; the old one overlaps', async () => {
    const stage = await aRunningSource({ namespaceSelector })
    setLabels(stage, 'default', { watched: 'yes' })
    await stage.world.advance(5000)
    create(stage, 'first')
    await stage.world.advance(0)
    addNamespace(stage, 'new', { watched: 'yes' })
    await stage.world.advance(500)
    expect(stage.readiness(sources, 'source', 'Deployed')).toMatchObject({ reason: 'DeploymentUpdating' })
    create(stage, 'lost', 'new')
    create(stage, 'kept')
    await stage.world.advance(1000)
    create(stage, 'twice')
    create(stage, 'seen', 'new')
    await stage.world.advance(1000)
    create(stage, 'once')
    await stage.world.advance(0)
    expect(stage.seen().toSorted()).toEqual(
      ['add first', 'add kept', 'add twice', 'add twice', 'add new/seen', 'add once'].toSorted(),
    )
    expect(new Set(stage.received.map(({ headers }) => headers['ce-id'])).size).toBe(6)
    expect(stage.client.get(sources, { namespace: 'default', name: 'source' })?.['status']).toMatchObject({
      namespaces: ['default', 'new'],
    })
  })

  test('with an empty selector sees all of them, and is rolled over all the same', async () => {
    const stage = await aRunningSource({ namespaceSelector: {} })
    addNamespace(stage, 'new')
    create(stage, 'early', 'new')
    await stage.world.advance(500)
    expect(stage.readiness(sources, 'source', 'Deployed')).toMatchObject({ reason: 'DeploymentUpdating' })
    expect(stage.seen()).toEqual(['add new/early'])
  })
})

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
  stage.eventing.stop()
  create(stage, 'a')
  await stage.world.advance(1_000_000)
  expect(stage.seen()).toEqual([])
  expect(stage.world.pending()).toBe(0)
})
