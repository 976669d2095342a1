import { expect, test } from 'vitest'
import { services } from './crd.ts'
import { aCluster, aService, conditionOf, ok } from './fixtures.ts'

test('a new service starts one pod to be found ready, and goes to zero after a window', async () => {
  const { world, create, service, pods, seconds, after } = aCluster()
  create({ window: '10s' })
  await after(0.5)
  expect(service()['status']).toMatchObject({
    latestCreatedRevisionName: 'hello-00001',
    url: 'http://hello.default.svc.cluster.local',
    observedGeneration: 1,
    conditions: [
      { type: 'ConfigurationsReady', status: 'Unknown' },
      { type: 'Ready', status: 'Unknown', reason: 'RevisionMissing' },
      { type: 'RoutesReady', status: 'Unknown', reason: 'RevisionMissing' },
    ],
  })
  expect(pods()[0]?.metadata.name).toMatch(/^hello-00001-deployment-[a-z0-9]{9}-[a-z0-9]{5}$/)
  await after(1)
  expect(service()['status']).toMatchObject({
    latestReadyRevisionName: 'hello-00001',
    address: { url: 'http://hello.default.svc.cluster.local' },
    conditions: [{ status: 'True' }, { status: 'True' }, { status: 'True' }],
  })
  await world.until('zero', () => pods().length === 0, 60_000)
  expect(seconds()).toBeGreaterThan(11)
  expect(seconds()).toBeLessThan(18)
  expect(conditionOf(service(), 'Ready')?.status).toBe('True')
})

test('the pod is the template with what the platform adds', async () => {
  const { ready, pods } = aCluster()
  const envFrom = [{ configMapRef: { name: 'settings' } }]
  const container = {
    image: 'hello',
    args: ['a'],
    envFrom,
    readinessProbe: { httpGet: { path: '/r' }, periodSeconds: 1 },
  }
  await ready({}, { containers: [container], serviceAccountName: 'someone', timeoutSeconds: 60 }, [])
  const [pod] = pods()
  expect(pod?.metadata.labels).toMatchObject({
    app: 'hello-00001',
    'serving.knative.dev/revision': 'hello-00001',
    'serving.knative.dev/service': 'hello',
  })
  expect(pod?.['spec']).toMatchObject({
    serviceAccountName: 'someone',
    terminationGracePeriodSeconds: 60,
    enableServiceLinks: false,
    containers: [
      {
        name: 'user-container',
        args: ['a'],
        envFrom,
        readinessProbe: { httpGet: { path: '/r', port: 8080 }, periodSeconds: 1 },
        lifecycle: { preStop: { sleep: { seconds: 30 } } },
        env: [
          { name: 'PORT', value: '8080' },
          { name: 'K_REVISION', value: 'hello-00001' },
          { name: 'K_CONFIGURATION', value: 'hello' },
          { name: 'K_SERVICE', value: 'hello' },
        ],
      },
    ],
  })
})

test('a request to a service at zero starts a pod, waits for it, and is answered by it', async () => {
  const { world, ready, pods, send, sent, journal, after } = aCluster({ bootMs: 2500 })
  await ready({ window: '10s' })
  await world.until('zero', () => pods().length === 0, 60_000)
  await after(60)
  const asked = world.now()
  const answers = [send('/a'), send('/b')]
  await after(2.4)
  expect(sent).toEqual([])
  expect(pods()).toHaveLength(1)
  await after(0.2)
  expect(await Promise.all(answers)).toEqual([ok, ok])
  expect(world.now() - asked).toBe(2600)
  expect(journal.filter(({ what }) => what === 'instance')).toMatchObject([
    { state: 'starting', isCold: false },
    { state: 'ready', isCold: false, ms: 2500 },
    { state: 'ended' },
    { state: 'starting', isCold: true },
    { state: 'ready', isCold: true, ms: 2500 },
  ])
})

test('an idle service at zero asks for no time', async () => {
  const { world, ready, pods, after } = aCluster()
  await ready({ window: '6s' })
  await world.until('zero', () => pods().length === 0, 60_000)
  await after(60)
  expect(world.pending()).toBe(0)
})

test('one container takes as many requests at once as it says, and others wait', async () => {
  const open: (() => void)[] = []
  const { ready, send, sent, after } = aCluster({ answer: () => new Promise((done) => open.push(() => done(ok))) })
  await ready({ 'max-scale': '1' }, { containerConcurrency: 2 })
  const answers = ['/1', '/2', '/3', '/4'].map((path) => send(path))
  await after(1)
  expect(sent.map(({ path }) => path)).toEqual(['/1', '/2'])
  open[0]?.()
  await after(0)
  expect(sent.map(({ path }) => path)).toEqual(['/1', '/2', '/3'])
  open[1]?.()
  open[2]?.()
  await after(0)
  open[3]?.()
  expect(await Promise.all(answers)).toEqual([ok, ok, ok, ok])
})

test('with capacity to spare each pod has a queue of its own, ten times its concurrency long', async () => {
  const { ready, send, sent, after } = aCluster({ answer: () => new Promise(() => undefined) })
  await ready({ 'target-burst-capacity': '0', 'max-scale': '1', 'min-scale': '1' }, { containerConcurrency: 1 })
  await after(4)
  const answers = Array.from({ length: 12 }, () => send())
  expect(await answers[11]).toMatchObject({ status: 503 })
  expect(await Promise.race([answers[10], Promise.resolve('waits')])).toBe('waits')
  expect(sent).toHaveLength(1)
})

test('a request that is not answered in time, its wait for a pod included, gets 504', async () => {
  const { world, ready, pods, send, node, after } = aCluster()
  await ready({ window: '6s' }, { timeoutSeconds: 20 })
  await world.until('zero', () => pods().length === 0, 60_000)
  node.boots = false
  const answer = send()
  await after(19.9)
  expect(await Promise.race([answer, Promise.resolve('waits')])).toBe('waits')
  await after(0.2)
  expect(await answer).toMatchObject({ status: 504, body: 'activator request timeout' })
})

test('a connection that breaks is 502, and a name without a ready revision is no host', async () => {
  const { create, send, after } = aCluster({ answer: () => Promise.reject(new Error('connection reset by peer')) })
  create()
  await after(0.5)
  await expect(send()).rejects.toThrow('no such host')
  await after(1)
  expect(await send()).toMatchObject({ status: 502, body: 'connection reset by peer\n' })
})

test('more requests at once make more pods, up to the maximum, and fewer make fewer', async () => {
  const open: (() => void)[] = []
  const { world, ready, send, pods, after } = aCluster({
    answer: () => new Promise((done) => open.push(() => done(ok))),
  })
  await ready({ target: '10', window: '20s', 'max-scale': '4' })
  const answers = Array.from({ length: 60 }, () => send())
  await after(10)
  expect(pods()).toHaveLength(4)
  for (const each of open) each()
  await Promise.all(answers)
  await world.until('zero', () => pods().length === 0, 120_000)
})

test('a new template is a new revision, which gets the requests when it is ready; the old one ends without losing any', async () => {
  const open: (() => void)[] = []
  const { world, client, ready, service, pods, send, sent, node, after } = aCluster({
    answer: ({ path }) => (path === '/slow' ? new Promise((done) => open.push(() => done(ok))) : Promise.resolve(ok)),
  })
  await ready({ window: '10s' })
  const slow = send('/slow')
  node.bootMs = 5000
  client.patch(
    services,
    { namespace: 'default', name: 'hello' },
    { spec: aService({ window: '10s' }, {}, [{ name: 'A' }])['spec'] },
  )
  await after(2)
  expect(service()['status']).toMatchObject({
    observedGeneration: 2,
    latestCreatedRevisionName: 'hello-00002',
    latestReadyRevisionName: 'hello-00001',
  })
  expect(conditionOf(service(), 'RoutesReady')).toMatchObject({ status: 'Unknown', reason: 'TrafficNotMigrated' })
  expect(await send('/old')).toEqual(ok)
  await after(4)
  expect(service()['status']).toMatchObject({ latestReadyRevisionName: 'hello-00002' })
  expect(await send('/new')).toEqual(ok)
  expect(sent.map(({ pod, path }) => `${pod.slice(0, 11)} ${path}`)).toEqual([
    'hello-00001 /slow',
    'hello-00001 /old',
    'hello-00002 /new',
  ])
  await after(30)
  const old = () => pods().filter(({ metadata }) => metadata.name?.startsWith('hello-00001'))
  expect(old()).toHaveLength(1)
  open[0]?.()
  expect(await slow).toEqual(ok)
  await world.until('the old pod to go', () => old().length === 0, 60_000)
})

test('a revision whose container ends says so, and the one before it goes on', async () => {
  const { client, ready, service, send, node, after } = aCluster()
  await ready({ 'min-scale': '1' })
  node.boots = false
  node.containerStatuses = [{ lastState: { terminated: { exitCode: 3, message: 'no configuration' } } }]
  client.patch(services, { namespace: 'default', name: 'hello' }, { spec: aService({}, {}, [{ name: 'A' }])['spec'] })
  await after(5)
  expect(conditionOf(service(), 'ConfigurationsReady')).toMatchObject({
    status: 'False',
    reason: 'RevisionFailed',
    message: 'Revision "hello-00002" failed with message: Container failed with: no configuration.',
  })
  expect(conditionOf(service(), 'Ready')?.status).toBe('False')
  expect(await send()).toEqual(ok)
})

test('a revision that never gets ready fails when its deadline is over, and its pod ends', async () => {
  const { create, service, node, pods, after } = aCluster()
  node.boots = false
  create()
  await after(590)
  expect(conditionOf(service(), 'Ready')).toMatchObject({ status: 'Unknown' })
  await after(60)
  expect(conditionOf(service(), 'Ready')).toMatchObject({ status: 'False', reason: 'RevisionFailed' })
  expect(pods()).toEqual([])
})

test('a pod that goes is replaced while it is wanted', async () => {
  const { client, ready, pods, after } = aCluster()
  await ready({ 'min-scale': '2' }, {})
  await after(5)
  const [first] = pods()
  client.delete({ apiVersion: 'v1', plural: 'pods' }, { namespace: 'default', name: first?.metadata.name ?? '' })
  await after(2)
  expect(pods()).toHaveLength(2)
  expect(pods().map(({ metadata }) => metadata.name)).not.toContain(first?.metadata.name)
})

test('a deleted service takes its name, its pods and who waits with it', async () => {
  const { client, ready, pods, send, node, world, after } = aCluster()
  await ready({ window: '6s' })
  await world.until('zero', () => pods().length === 0, 60_000)
  node.boots = false
  const answer = send()
  await after(2)
  client.delete(services, { namespace: 'default', name: 'hello' })
  await after(1)
  expect(await answer).toMatchObject({ status: 503 })
  expect(pods()).toEqual([])
  await expect(send()).rejects.toThrow('no such host')
})

test('the same seed gives the same history', async () => {
  const history = async (seed: number) => {
    const { ready, send, journal, after } = aCluster({ seed })
    await ready({ window: '6s' })
    await after(60)
    const answer = send()
    await after(60)
    await answer
    return JSON.stringify(journal)
  }
  expect(await history(5)).toBe(await history(5))
  expect(await history(5)).not.toBe(await history(6))
})

test('the last pod stays for its retention period', async () => {
  const { world, ready, pods, seconds } = aCluster()
  await ready({ window: '6s', 'scale-to-zero-pod-retention-period': '60s' })
  await world.until('zero', () => pods().length === 0, 120_000)
  expect(seconds()).toBeGreaterThan(67)
  expect(seconds()).toBeLessThan(75)
})

test('a service whose requests pass by the activator keeps its pod until that is back for 30 s', async () => {
  const { world, ready, pods, send, seconds, after } = aCluster()
  await ready({ window: '6s', 'target-burst-capacity': '0' })
  const answer = send()
  await after(4)
  await answer
  await world.until('zero', () => pods().length === 0, 120_000)
  expect(seconds()).toBeGreaterThan(35)
})

test('min-scale pods stay, initial-scale ones come first, max-scale bounds both', async () => {
  const { ready, pods, after } = aCluster()
  await ready({ 'initial-scale': '3', 'min-scale': '2', window: '6s' })
  expect(pods()).toHaveLength(3)
  await after(300)
  expect(pods()).toHaveLength(2)
  const other = aCluster({ allowZeroInitialScale: true })
  await other.ready({ 'initial-scale': '0' })
  expect(other.pods()).toHaveLength(0)
})

test('a pod that is ending gets no more requests, and finishes those it has', async () => {
  const open: (() => void)[] = []
  const { client, ready, pods, send, sent, after } = aCluster({
    answer: ({ path }) => (path === '/slow' ? new Promise((done) => open.push(() => done(ok))) : Promise.resolve(ok)),
  })
  await ready({ 'min-scale': '1' })
  const slow = send('/slow')
  await after(1)
  const [first] = pods()
  client.delete({ apiVersion: 'v1', plural: 'pods' }, { namespace: 'default', name: first?.metadata.name ?? '' })
  await after(2)
  expect(await send('/new')).toEqual(ok)
  expect(sent[1]?.pod).not.toBe(sent[0]?.pod)
  open[0]?.()
  expect(await slow).toEqual(ok)
})

test('what has nothing to do with the template makes no new revision', async () => {
  const { client, ready, service, after } = aCluster()
  await ready()
  client.patch(services, { namespace: 'default', name: 'hello' }, { metadata: { labels: { a: 'b' } } })
  await after(5)
  expect(service()['status']).toMatchObject({ latestCreatedRevisionName: 'hello-00001' })
})

test('a service that is made anew under a name begins anew', async () => {
  const { client, ready, create, service, pods, after } = aCluster()
  await ready({ 'min-scale': '1' })
  client.delete(services, { namespace: 'default', name: 'hello' })
  create({ 'min-scale': '1' })
  await after(40)
  expect(service()['status']).toMatchObject({ latestReadyRevisionName: 'hello-00001' })
  expect(pods()).toHaveLength(1)
  expect(pods()[0]?.metadata.ownerReferences?.[0]?.uid).toBe(service().metadata.uid)
})

test('the pods of a revision that gets no more requests go, however many it is to have at least', async () => {
  const { world, client, ready, pods } = aCluster()
  await ready({ 'min-scale': '2', window: '6s' })
  const next = aService({ 'min-scale': '1', window: '6s' }, {}, [{ name: 'A' }])
  client.patch(services, { namespace: 'default', name: 'hello' }, { spec: next['spec'] })
  const names = () => pods().map(({ metadata }) => metadata.name?.slice(0, 11))
  await world.until('only the new one', () => names().join() === 'hello-00002', 60_000)
})

test('of too many pods those that are not ready go first', async () => {
  const { client, ready, pods, node, after } = aCluster()
  await ready({ 'initial-scale': '2', 'min-scale': '1', window: '6s' })
  const [first] = pods()
  const status = { conditions: [{ type: 'Ready', status: 'False' }] }
  node.boots = false
  client.patch(
    { apiVersion: 'v1', plural: 'pods' },
    { namespace: 'default', name: first?.metadata.name ?? '' },
    { status },
    'status',
  )
  await after(30)
  expect(pods()).toHaveLength(1)
  expect(pods()[0]?.metadata.name).not.toBe(first?.metadata.name)
})
