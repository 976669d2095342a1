import { expect, test } from 'vitest'
import type { KubeObject } from '../api-server/types.ts'
import type { Client } from '../client.ts'
import { asPod, isReady } from './pods.ts'
import { CLAIMS, CONFIG_MAPS, DEPLOYMENTS, JOBS, NAMESPACES, PODS, SERVICE_ACCOUNTS } from './resources.ts'
import { aCluster, aJob } from './test-cluster.ts'

const aDeployment = (name: string, spec: object = {}, image = 'web:1') => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace: 'default' },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: name } },
    ...spec,
    template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'web', image }] } },
  },
})
const ref = (name: string) => ({ namespace: 'default', name })
const statusOf = (object: KubeObject | undefined) => object?.['status'] as Readonly<Record<string, unknown>>
const imagesOf = (client: Client) => client.list(PODS).map((pod) => asPod(pod).spec.containers[0]?.image)

test('every namespace has a ServiceAccount and the root certificate, and gets them again', async () => {
  const { client, world } = aCluster()
  await world.advance(10)
  client.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'new' } })
  await world.advance(10)
  const accounts = (): readonly string[] =>
    client.list(SERVICE_ACCOUNTS).map(({ metadata }) => metadata.namespace ?? '')
  expect(accounts()).toEqual(['default', 'kube-node-lease', 'kube-public', 'kube-system', 'new'])
  client.delete(SERVICE_ACCOUNTS, { namespace: 'new', name: 'default' })
  client.delete(CONFIG_MAPS, { namespace: 'new', name: 'kube-root-ca.crt' })
  await world.advance(10)
  expect(accounts()).toContain('new')
  expect(client.get(CONFIG_MAPS, { namespace: 'new', name: 'kube-root-ca.crt' })).toBeDefined()
})

test('a namespace goes with all in it', async () => {
  const { client, world } = aCluster()
  client.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'doomed' } })
  const job = aJob('tenant', { seconds: '600' })
  client.create(JOBS, { ...job, metadata: { name: 'tenant', namespace: 'doomed' } })
  await world.advance(2000)
  expect(client.list(PODS, { namespace: 'doomed' })).toHaveLength(1)
  client.delete(NAMESPACES, { name: 'doomed' })
  await world.advance(60_000)
  expect(client.get(NAMESPACES, { name: 'doomed' })).toBeUndefined()
  expect(client.list(PODS)).toEqual([])
})

test('a namespace says what holds it', async () => {
  const { client, world } = aCluster()
  client.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'held' } })
  client.create(CONFIG_MAPS, { metadata: { name: 'c', namespace: 'held', finalizers: ['x.io/hold'] } })
  client.delete(NAMESPACES, { name: 'held' })
  await world.advance(60_000)
  const conditions = statusOf(client.get(NAMESPACES, { name: 'held' }))['conditions']
  expect(conditions).toEqual(
    expect.arrayContaining([
      expect.objectContaining({
        status: 'True',
        message: 'Some resources are remaining: configmaps. has 1 resource instances',
      }),
      expect.objectContaining({
        status: 'True',
        message: 'Some content in the namespace has finalizers remaining: x.io/hold in 1 resource instances',
      }),
    ]),
  )
  client.patch(CONFIG_MAPS, { namespace: 'held', name: 'c' }, { metadata: { finalizers: null } })
  await world.advance(60_000)
  expect(client.get(NAMESPACES, { name: 'held' })).toBeUndefined()
})

test('a Deployment has its Pods, and more or fewer when it is scaled', async () => {
  const { client, world } = aCluster()
  client.create(DEPLOYMENTS, aDeployment('web'))
  await world.advance(1000)
  expect(statusOf(client.get(DEPLOYMENTS, ref('web')))).toMatchObject({
    observedGeneration: 1,
    replicas: 2,
    readyReplicas: 2,
    availableReplicas: 2,
    updatedReplicas: 2,
    conditions: [
      { type: 'Available', status: 'True', reason: 'MinimumReplicasAvailable' },
      { type: 'Progressing', status: 'True', reason: 'NewReplicaSetAvailable' },
    ],
  })
  client.patch(DEPLOYMENTS, ref('web'), { spec: { replicas: 0 } })
  await world.advance(1000)
  expect(client.list(PODS)).toEqual([])
  expect(statusOf(client.get(DEPLOYMENTS, ref('web')))['readyReplicas']).toBeUndefined()
})

test('a Deployment rolls to a new template without ever lacking a Pod', async () => {
  const { client, world } = aCluster()
  client.create(DEPLOYMENTS, aDeployment('web'))
  await world.advance(1000)
  const readyCounts: number[] = []
  client.follow(PODS, () => void readyCounts.push(client.list(PODS).map(asPod).filter(isReady).length))
  const counted = readyCounts.length
  client.update(DEPLOYMENTS, {
    ...(client.get(DEPLOYMENTS, ref('web')) as KubeObject),
    spec: aDeployment('web', {}, 'web:2').spec,
  })
  await world.advance(5000)
  expect(imagesOf(client)).toEqual(['web:2', 'web:2'])
  expect(Math.min(...readyCounts.slice(counted))).toBe(2)
})

test('a Deployment that recreates begins anew when all are gone', async () => {
  const { client, world } = aCluster()
  client.create(DEPLOYMENTS, aDeployment('web', { strategy: { type: 'Recreate' } }))
  await world.advance(1000)
  const seen = new Set<string>()
  client.follow(PODS, () => void seen.add(imagesOf(client).sort().join()))
  client.update(DEPLOYMENTS, {
    ...(client.get(DEPLOYMENTS, ref('web')) as KubeObject),
    spec: aDeployment('web', { strategy: { type: 'Recreate' } }, 'web:2').spec,
  })
  await world.advance(5000)
  expect([...seen]).toEqual(['web:1,web:1', 'web:1', '', 'web:2', 'web:2,web:2'])
})

test('a claim is bound at once, and protected while a Pod uses it', async () => {
  const { client, world } = aCluster()
  const resources = { requests: { storage: '1Gi' } }
  client.create(CLAIMS, { metadata: ref('data'), spec: { accessModes: ['ReadWriteOnce'], resources } })
  await world.advance(10)
  expect(statusOf(client.get(CLAIMS, ref('data')))).toEqual({
    phase: 'Bound',
    accessModes: ['ReadWriteOnce'],
    capacity: { storage: '1Gi' },
  })
  const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }]
  client.create(PODS, { metadata: ref('user'), spec: { volumes, containers: [{ name: 'c', image: 'i' }] } })
  client.delete(CLAIMS, ref('data'))
  await world.advance(1000)
  expect(client.get(CLAIMS, ref('data'))?.metadata.deletionTimestamp).toBeDefined()
  client.delete(PODS, ref('user'))
  await world.advance(1000)
  expect(client.get(CLAIMS, ref('data'))).toBeUndefined()
})
