import { expect, test } from 'vitest'
import type { KubeObject } from '../../api-server/types.ts'
import type { Client, Resource } from '../../client.ts'
import { referenceTo } from '../pods.ts'
import { CONFIG_MAPS, DEFINITIONS, EVENTS, NAMESPACES } from '../resources.ts'
import { aCluster } from '../test-cluster.ts'

const FOOS: Resource = { apiVersion: 'x.io/v1', plural: 'foos' }

const configMap = (client: Client, name: string, owners: readonly object[] = [], more: object = {}): KubeObject =>
  client.create(CONFIG_MAPS, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'default', ...(owners.length > 0 && { ownerReferences: owners }), ...more },
  })
const ref = (name: string) => ({ namespace: 'default', name })
const isThere = (client: Client, name: string): boolean => client.get(CONFIG_MAPS, ref(name)) !== undefined

test('an object goes with the last of its owners', async () => {
  const { client, world } = aCluster()
  const [a, b] = [configMap(client, 'a'), configMap(client, 'b')]
  configMap(client, 'owned', [referenceTo(a), referenceTo(b)])
  client.delete(CONFIG_MAPS, ref('a'))
  await world.advance(10)
  expect(client.get(CONFIG_MAPS, ref('owned'))?.metadata.ownerReferences).toEqual([referenceTo(b)])
  client.delete(CONFIG_MAPS, ref('b'))
  await world.advance(10)
  expect(isThere(client, 'owned')).toBe(false)
})

test('an object whose owner is another one under the same name is deleted', async () => {
  const { client, world } = aCluster()
  const owner = configMap(client, 'owner')
  configMap(client, 'owned', [{ ...referenceTo(owner), uid: '00000000-0000-4000-8000-000000000000' }])
  configMap(client, 'kept', [referenceTo(owner)])
  await world.advance(10)
  expect([isThere(client, 'owned'), isThere(client, 'kept')]).toEqual([false, true])
})

test('an owner in another namespace is none, and an Event says so', async () => {
  const { client, world } = aCluster()
  client.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'other' } })
  const owner = client.create(CONFIG_MAPS, { metadata: { name: 'owner', namespace: 'other' } })
  configMap(client, 'owned', [{ ...referenceTo(owner), apiVersion: 'v1', kind: 'ConfigMap' }])
  await world.advance(10)
  expect(isThere(client, 'owned')).toBe(false)
  expect(client.list(EVENTS).map(({ reason }) => reason)).toContain('OwnerRefInvalidNamespace')
})

test('foreground deletion waits for the dependents that block it', async () => {
  const { client, world } = aCluster()
  const owner = configMap(client, 'owner')
  configMap(client, 'blocking', [{ ...referenceTo(owner), blockOwnerDeletion: true }], { finalizers: ['x.io/hold'] })
  configMap(client, 'other', [referenceTo(owner)])
  client.delete(CONFIG_MAPS, ref('owner'), { policy: 'Foreground' })
  await world.advance(10)
  expect(isThere(client, 'owner')).toBe(true)
  expect(client.get(CONFIG_MAPS, ref('blocking'))?.metadata.deletionTimestamp).toBeDefined()
  client.patch(CONFIG_MAPS, ref('blocking'), { metadata: { finalizers: null } })
  await world.advance(10)
  expect(client.list(CONFIG_MAPS, { namespace: 'default' }).map(({ metadata }) => metadata.name)).not.toContain('owner')
  expect(isThere(client, 'other')).toBe(false)
})

test('foreground deletion goes down to the dependents of dependents', async () => {
  const { client, world } = aCluster()
  const block = (owner: KubeObject) => [{ ...referenceTo(owner), blockOwnerDeletion: true }]
  const a = configMap(client, 'a')
  const b = configMap(client, 'b', block(a))
  configMap(client, 'c', block(b), { finalizers: ['x.io/hold'] })
  client.delete(CONFIG_MAPS, ref('a'), { policy: 'Foreground' })
  await world.advance(10)
  expect(client.get(CONFIG_MAPS, ref('b'))?.metadata.finalizers).toEqual(['foregroundDeletion'])
  client.patch(CONFIG_MAPS, ref('c'), { metadata: { finalizers: null } })
  await world.advance(10)
  expect(['a', 'b', 'c'].filter((name) => isThere(client, name))).toEqual([])
})

test('orphans stay, without their owner', async () => {
  const { client, world } = aCluster()
  const owner = configMap(client, 'owner')
  configMap(client, 'owned', [referenceTo(owner)])
  client.delete(CONFIG_MAPS, ref('owner'), { policy: 'Orphan' })
  await world.advance(10)
  expect(isThere(client, 'owner')).toBe(false)
  expect(client.get(CONFIG_MAPS, ref('owned'))?.metadata.ownerReferences).toBeUndefined()
})

test('custom objects own too, once their kind is served', async () => {
  const { client, world } = aCluster()
  const reference = { apiVersion: 'x.io/v1', kind: 'Foo', name: 'foo', uid: '00000000-0000-4000-8000-000000000000' }
  configMap(client, 'waiting', [reference])
  await world.advance(10_000)
  expect(isThere(client, 'waiting')).toBe(true)
  client.create(DEFINITIONS, fooCrd)
  await world.advance(10_000)
  expect(isThere(client, 'waiting')).toBe(false)
  const foo = client.create(FOOS, { apiVersion: 'x.io/v1', kind: 'Foo', metadata: ref('foo') })
  configMap(client, 'owned', [referenceTo(foo)])
  await world.advance(10)
  expect(isThere(client, 'owned')).toBe(true)
  client.delete(DEFINITIONS, { name: 'foos.x.io' })
  await world.advance(10)
  expect(isThere(client, 'owned')).toBe(false)
})

const fooCrd = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'foos.x.io' },
  spec: {
    group: 'x.io',
    scope: 'Namespaced',
    names: { plural: 'foos', singular: 'foo', kind: 'Foo', listKind: 'FooList' },
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
  },
}
