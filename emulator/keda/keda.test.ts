import { expect, test } from 'vitest'
import { createApiServer } from '../api-server/server.ts'
import type { Json, KubeObject } from '../api-server/types.ts'
import { clientOf } from '../client.ts'
import { createVirtualWorld } from '../host/virtual-world.ts'
import type { Happening } from '../journal.ts'
import { scaledObjects } from './crd.ts'
import { runKeda } from './keda.ts'

const deployments = { apiVersion: 'apps/v1', plural: 'deployments' }
const ref = { namespace: 'default', name: 'sweeper' }
const every5 = { timezone: 'UTC', start: '*/5 * * * *', end: '1-59/5 * * * *', desiredReplicas: '1' }

const aDeployment = (replicas?: number): Json => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: ref,
  spec: {
    ...(replicas !== undefined && { replicas }),
    selector: { matchLabels: { app: 'sweeper' } },
    template: { metadata: { labels: { app: 'sweeper' } }, spec: { containers: [{ name: 'a', image: 'a' }] } },
  },
})

/** A cluster with KEDA whose clock starts `second` seconds after midnight. */
function aCluster(second = 150) {
  const world = createVirtualWorld(1, Date.UTC(2026, 0, 5) + second * 1000)
  const client = clientOf(createApiServer({ world }), { name: 'admin', groups: ['system:masters'] })
  const journal: Happening[] = []
  const stop = runKeda({ client, world, journal: (happening) => void journal.push(happening) })
  const object = (): KubeObject => {
    const found = client.get(scaledObjects, ref)
    if (!found) throw new Error('no such ScaledObject')
    return found
  }
  return {
    world,
    client,
    journal,
    stop,
    object,
    create: (spec: Json = {}, metadata: Record<string, string> = every5, annotations: Record<string, string> = {}) =>
      client.create(scaledObjects, {
        apiVersion: 'keda.sh/v1alpha1',
        kind: 'ScaledObject',
        metadata: {
          ...ref,
          annotations: Object.fromEntries(
            Object.entries(annotations).map(([key, value]) => [`autoscaling.keda.sh/${key}`, value]),
          ),
        },
        spec: {
          scaleTargetRef: { name: 'sweeper' },
          pollingInterval: 10,
          cooldownPeriod: 60,
          maxReplicaCount: 1,
          triggers: [{ type: 'cron', metadata }],
          ...spec,
        },
      }),
    deploy: (replicas?: number) => client.create(deployments, aDeployment(replicas)),
    replicas: () => (client.get(deployments, ref)?.['spec'] as { replicas: number } | undefined)?.replicas,
    annotate: (annotations: Record<string, string | null>) =>
      client.patch(scaledObjects, ref, {
        metadata: {
          annotations: Object.fromEntries(
            Object.entries(annotations).map(([key, value]) => [`autoscaling.keda.sh/${key}`, value]),
          ),
        },
      }),
    condition: (type: string) =>
      (
        object()['status'] as {
          conditions: readonly { type: string; status: string; reason?: string; message?: string }[]
        }
      ).conditions.find((each) => each.type === type),
    /** Seconds after midnight. */
    clock: () => (world.now() - Date.UTC(2026, 0, 5)) / 1000,
    after: (seconds: number) => world.advance(seconds * 1000),
  }
}

test('a Deployment made without replicas goes to zero outside the window', async () => {
  const { deploy, create, replicas, object, condition, after } = aCluster()
  deploy()
  create()
  expect(replicas()).toBe(1)
  await after(1)
  expect(replicas()).toBe(0)
  expect(object()).toMatchObject({
    metadata: { finalizers: ['finalizer.keda.sh'], labels: { 'scaledobject.keda.sh/name': 'sweeper' } },
    status: { scaleTargetKind: 'apps/v1.Deployment', originalReplicaCount: 1, triggersTypes: 'cron' },
  })
  expect(condition('Ready')).toMatchObject({ status: 'True', reason: 'ScaledObjectReady' })
  expect(condition('Active')).toMatchObject({ status: 'False', reason: 'ScalerNotActive' })
})

test('it is up within one poll after the start, and down at the first poll after end and cooldown', async () => {
  const { world, deploy, create, replicas, condition, object, clock, after } = aCluster(153)
  deploy(0)
  create()
  await world.until('up', () => replicas() === 1, 600_000)
  expect(clock()).toBe(303)
  expect(condition('Active')).toMatchObject({ status: 'True', reason: 'ScalerActive' })
  await after(70)
  expect(object()['status']).toMatchObject({ lastActiveTime: '2026-01-05T00:05:53Z' })
  expect(condition('Active')).toMatchObject({ status: 'False', reason: 'ScalerCooldown' })
  await world.until('down', () => replicas() === 0, 600_000)
  expect(clock()).toBe(413)
  await world.until('up again', () => replicas() === 1, 600_000)
  expect(clock()).toBe(603)
})

test('a change of the spec begins the polling anew', async () => {
  const { world, client, deploy, create, replicas, clock, after } = aCluster(153)
  deploy(0)
  create()
  await after(4)
  client.patch(scaledObjects, ref, { spec: { pollingInterval: 60 } })
  await world.until('up', () => replicas() === 1, 600_000)
  expect(clock()).toBe(337)
})

test.each<[string, Json, Record<string, string>, string]>([
  ['equal start and end', {}, { ...every5, end: every5.start }, 'start and end can not have exactly same time input'],
  ['no desiredReplicas', {}, { ...every5, desiredReplicas: '0' }, 'no desiredReplicas specified'],
  ['a missing timezone', {}, { ...every5, timezone: '' }, 'missing required parameter "timezone"'],
  [
    'a bad start',
    {},
    { ...every5, start: '60 * * * *' },
    'error parsing start schedule: end of range (60) above maximum (59)',
  ],
  [
    'more than the HPA is not there for',
    { maxReplicaCount: 5 },
    { ...every5, desiredReplicas: '2' },
    'HorizontalPodAutoscaler',
  ],
  [
    'a minimum above the maximum',
    { minReplicaCount: 2 },
    every5,
    'MinReplicaCount=2 must be less than MaxReplicaCount=1',
  ],
  [
    'an idle count at the minimum',
    { idleReplicaCount: 0 },
    every5,
    'IdleReplicaCount=0 must be less than MinReplicaCount=0',
  ],
])('is not ready for %s, and scales nothing', async (_, spec, metadata, message) => {
  const { deploy, create, replicas, condition, after } = aCluster()
  deploy(1)
  create(spec, metadata)
  await after(300)
  expect(condition('Ready')).toMatchObject({ status: 'False', reason: 'ScaledObjectCheckFailed' })
  expect(condition('Ready')?.message).toContain(message)
  expect(replicas()).toBe(1)
})

test('a timezone that there is not is a trigger error', async () => {
  const { deploy, create, replicas, condition, after } = aCluster()
  deploy(1)
  create({}, { ...every5, timezone: 'Mars/Olympus' })
  await after(15)
  expect(condition('Ready')).toMatchObject({ status: 'False', reason: 'TriggerError' })
  expect(replicas()).toBe(1)
})

test.each<[string, Json]>([
  ['spec.fallback: Forbidden', { fallback: { failureThreshold: 1, replicas: 1 } }],
  ['spec.advanced.scalingModifiers: Forbidden', { advanced: { scalingModifiers: {} } }],
  ['trigger type cron only', { triggers: [{ type: 'cpu', metadata: {} }] }],
  ['Deployments of apps/v1 only', { scaleTargetRef: { name: 'a', kind: 'StatefulSet' } }],
  ['spec.pollingInterval', { pollingInterval: 0 }],
])('refuses %s', (message, spec) => {
  expect(() => aCluster().create(spec)).toThrow(message)
})

test('waits for a Deployment that is still to come', async () => {
  const { deploy, create, replicas, condition, after } = aCluster()
  create()
  await after(1)
  expect(condition('Ready')?.message).toBe(
    'ScaledObject doesn\'t have correct scaleTargetRef specification: deployments.apps "sweeper" not found',
  )
  deploy()
  await after(5)
  expect(condition('Ready')?.status).toBe('True')
  expect(replicas()).toBe(0)
})

test('paused it leaves the target alone, or at the replicas asked for, and goes on afterwards', async () => {
  const { client, deploy, create, replicas, condition, annotate, after, object } = aCluster()
  deploy(0)
  create({}, every5, { paused: 'true' })
  await after(200)
  expect(replicas()).toBe(0)
  expect(condition('Paused')).toMatchObject({ status: 'True', reason: 'ScaledObjectPaused' })
  annotate({ paused: null, 'paused-replicas': '3' })
  await after(1)
  expect(replicas()).toBe(3)
  expect(object()['status']).toMatchObject({ pausedReplicaCount: 3 })
  annotate({ 'paused-replicas': null })
  client.update(deployments, { ...(client.get(deployments, ref) as KubeObject) })
  await after(61)
  expect(condition('Paused')).toMatchObject({ status: 'False', reason: 'ScaledObjectUnpaused' })
  expect(object()['status']).not.toHaveProperty('pausedReplicaCount')
  expect(replicas()).toBe(0)
})

test('scale-in or scale-out alone can be paused, and activation forced', async () => {
  const { deploy, create, replicas, condition, annotate, after } = aCluster()
  deploy(1)
  create({}, every5, { 'paused-scale-in': 'true' })
  await after(30)
  expect(replicas()).toBe(1)
  expect(condition('Paused')?.status).toBe('True')
  annotate({ 'paused-scale-in': null, 'paused-scale-out': 'true' })
  await after(300)
  expect(replicas()).toBe(0)
  annotate({ 'paused-scale-out': null, 'force-activation': 'true' })
  await after(11)
  expect(replicas()).toBe(1)
  expect(condition('Active')?.message).toContain('forced by annotation')
})

test('minReplicaCount and idleReplicaCount bound it', async () => {
  const { world, deploy, create, replicas, after } = aCluster()
  deploy(1)
  create({ minReplicaCount: 2, idleReplicaCount: 0, maxReplicaCount: 2 }, { ...every5, desiredReplicas: '2' })
  await after(1)
  expect(replicas()).toBe(0)
  await world.until('up', () => replicas() === 2, 600_000)
  await world.until('idle', () => replicas() === 0, 600_000)
})

test('an initial cooldown keeps what is there at first', async () => {
  const { world, deploy, create, replicas, clock } = aCluster(153)
  deploy(1)
  create({ initialCooldownPeriod: 100 })
  await world.until('down', () => replicas() === 0, 600_000)
  expect(clock()).toBe(253)
})

test('deleted it restores the original replicas if asked to, and asks for no more time', async () => {
  const { world, client, deploy, create, replicas, journal, after } = aCluster()
  deploy(1)
  create({ advanced: { restoreToOriginalReplicaCount: true } })
  await after(1)
  expect(replicas()).toBe(0)
  client.delete(scaledObjects, ref)
  await after(1)
  expect(client.get(scaledObjects, ref)).toBeUndefined()
  expect(replicas()).toBe(1)
  expect(journal).toMatchObject([
    { from: 1, to: 0 },
    { from: 0, to: 1 },
  ])
  expect(world.pending()).toBe(0)
})
