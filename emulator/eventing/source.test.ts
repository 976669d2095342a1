import { describe, expect, test } from 'vitest'
import { fooCrd } from '../api-server/test-server.ts'
import type { KubeObject } from '../api-server/types.ts'
import { aConfigMap, anEventing, aRunningSource, aSource, configMaps, namespaces, rights, sources } from './fixtures.ts'

type Stage = ReturnType<typeof anEventing>

const ready = { status: 'True' }
const create = (stage: Stage, name: string, namespace = 'default'): void =>
  void stage.client.create(configMaps, aConfigMap(name, namespace))
const addNamespace = (stage: Stage, name: string, labels: Record<string, string> = {}): void =>
  stage.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } })
const setLabels = (stage: Stage, name: string, labels: Record<string, string | null>): void =>
  void stage.client.patch(namespaces, { name }, { metadata: { labels } })

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
    const before = stage.updates()
    addNamespace(stage, 'other')
    await stage.world.advance(60_000)
    expect(stage.updates()).toBe(before)
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
