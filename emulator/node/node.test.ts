import { describe, expect, test } from 'vitest'
import type { Client } from '../client.ts'
import { asPod } from '../controllers/pods.ts'
import { CLAIMS, CONFIG_MAPS, EVENTS, NODES, PODS, SECRETS } from '../controllers/resources.ts'
import { aCluster, type TestCluster } from '../controllers/test-cluster.ts'
import type { ContainerReport, ContainerStart, PodRunner } from '../pod-runner.ts'

const ref = (name: string) => ({ namespace: 'default', name })

const aPod = (name: string, spec: object = {}, wishes: Readonly<Record<string, string>> = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    ...ref(name),
    annotations: Object.fromEntries(Object.entries(wishes).map(([key, value]) => [`node.dormouse.dev/${key}`, value])),
  },
  spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'main:1' }], ...spec },
})

const podOf = ({ client }: Pick<TestCluster, 'client'>, name: string) => {
  const found = client.get(PODS, ref(name))
  return found && asPod(found)
}
const mainOf = (cluster: Pick<TestCluster, 'client'>, name: string) =>
  podOf(cluster, name)?.status.containerStatuses?.[0]
const eventsOf = (client: Client, name: string): readonly string[] =>
  client
    .list(EVENTS)
    .filter(({ involvedObject }) => (involvedObject as { name: string }).name === name)
    .map(({ type, reason, message, count }) => `${type} ${reason} ${count ?? '-'}: ${message}`)

/** The states of a Pod as one word each, with the second at which it came. */
const story = ({ client, world }: TestCluster, name: string): readonly string[] => {
  const begin = world.now()
  const seen: string[] = []
  client.follow(PODS, ({ type, object }) => {
    const { metadata, status } = asPod(object)
    if (metadata.name !== name) return
    const [{ state, restartCount = 0 } = {}] = status.containerStatuses ?? []
    const what = state?.waiting?.reason ?? (state?.running ? 'running' : state?.terminated?.reason) ?? 'new'
    const text =
      type === 'DELETED' ? 'deleted' : `${status.phase}/${what}${restartCount > 0 ? ` #${restartCount}` : ''}`
    if (seen.at(-1)?.split(' at ')[0] !== text) seen.push(`${text} at ${Math.floor((world.now() - begin) / 1000)}`)
  })
  return seen
}

describe('a container that ends', () => {
  test('is begun again at once, then after 10 s, 20 s ... 5 min', async () => {
    const cluster = aCluster()
    const seen = story(cluster, 'crashing')
    cluster.client.create(PODS, aPod('crashing', { restartPolicy: 'Always' }, { seconds: '1', 'exit-code': '1' }))
    await cluster.world.advance(40_000)
    expect(seen).toEqual([
      'Pending/new at 0',
      'Pending/ContainerCreating at 0',
      'Running/running at 0',
      'Running/Error at 1',
      'Running/running #1 at 1',
      'Running/Error #1 at 2',
      'Running/CrashLoopBackOff #1 at 2',
      'Running/running #2 at 12',
      'Running/Error #2 at 13',
      'Running/CrashLoopBackOff #2 at 13',
      'Running/running #3 at 33',
      'Running/Error #3 at 34',
      'Running/CrashLoopBackOff #3 at 34',
    ])
    const { uid } = podOf(cluster, 'crashing')?.metadata ?? {}
    expect(mainOf(cluster, 'crashing')?.state?.waiting?.message).toBe(
      `back-off 40s restarting failed container=main pod=crashing_default(${uid})`,
    )
    expect(mainOf(cluster, 'crashing')?.lastState?.terminated).toMatchObject({ exitCode: 1, reason: 'Error' })
    await cluster.world.advance(3_600_000)
    expect(mainOf(cluster, 'crashing')?.state?.waiting?.message).toContain('back-off 5m0s')
  })

  test('well is not begun again with OnFailure, and badly with Never neither', async () => {
    const cluster = aCluster()
    cluster.client.create(PODS, aPod('good', { restartPolicy: 'OnFailure' }, { seconds: '1' }))
    cluster.client.create(PODS, aPod('bad', {}, { seconds: '1', 'exit-code': '3' }))
    cluster.client.create(
      PODS,
      aPod('mending', { restartPolicy: 'OnFailure' }, { seconds: '1', 'exit-code': '3', failures: '2' }),
    )
    await cluster.world.advance(60_000)
    expect([podOf(cluster, 'good')?.status.phase, mainOf(cluster, 'good')?.restartCount]).toEqual(['Succeeded', 0])
    expect([podOf(cluster, 'bad')?.status.phase, mainOf(cluster, 'bad')?.state?.terminated?.exitCode]).toEqual([
      'Failed',
      3,
    ])
    expect([podOf(cluster, 'mending')?.status.phase, mainOf(cluster, 'mending')?.restartCount]).toEqual([
      'Succeeded',
      2,
    ])
  })

  test('for want of memory says so', async () => {
    const cluster = aCluster()
    cluster.client.create(PODS, aPod('greedy', {}, { fault: 'OOMKilled' }))
    await cluster.world.advance(5000)
    expect(mainOf(cluster, 'greedy')?.state?.terminated).toMatchObject({ exitCode: 137, reason: 'OOMKilled' })
  })
})

test('an image that cannot be had is tried again and again, and the Pod runs when it can be had', async () => {
  const cluster = aCluster()
  const seen = story(cluster, 'pulling')
  cluster.client.create(PODS, aPod('pulling', {}, { seconds: '5', fault: 'ImagePullBackOff', 'pull-seconds': '30' }))
  await cluster.world.advance(120_000)
  expect(seen.map((each) => each.split(' at ')[0])).toEqual([
    'Pending/new',
    'Pending/ContainerCreating',
    'Pending/ErrImagePull',
    ...seen.slice(3, -2).map((each) => each.split(' at ')[0]),
    'Running/running',
    'Succeeded/Completed',
  ])
  expect(seen.some((each) => each.startsWith('Pending/ImagePullBackOff'))).toBe(true)
  expect(eventsOf(cluster.client, 'pulling')).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^Normal Pulling \d: Pulling image "main:1"/),
      expect.stringMatching(/^Warning Failed \d: Error: ErrImagePull/),
      expect.stringMatching(/^Normal BackOff \d: Back-off pulling image "main:1"/),
    ]),
  )
})

test('the Events of a Pod that succeeds are those of a real one', async () => {
  const { client, world } = aCluster()
  client.create(PODS, aPod('plain', {}, { seconds: '1' }))
  await world.advance(5000)
  expect(eventsOf(client, 'plain')).toEqual([
    'Normal Scheduled -: Successfully assigned default/plain to emulator',
    'Normal Pulled 1: Container image "main:1" already present on machine and can be accessed by the pod',
    'Normal Created 1: Container created',
    'Normal Started 1: Container started',
  ])
})

describe('a Pod that is deleted', () => {
  test('ends, says how, and goes', async () => {
    const cluster = aCluster()
    const seen = story(cluster, 'long')
    cluster.client.create(PODS, aPod('long', {}, { seconds: '600' }))
    await cluster.world.advance(2000)
    cluster.client.delete(PODS, ref('long'))
    await cluster.world.advance(2000)
    expect(seen.slice(-2)).toEqual(['Failed/Error at 2', 'deleted at 2'])
    expect(eventsOf(cluster.client, 'long')).toContain('Normal Killing 1: Stopping container main')
  })

  test('before it ran at all ends as one that nobody can find', async () => {
    const cluster = aCluster()
    const seen = story(cluster, 'pulling')
    cluster.client.create(PODS, aPod('pulling', {}, { fault: 'ImagePullBackOff' }))
    await cluster.world.advance(2000)
    cluster.client.delete(PODS, ref('pulling'))
    await cluster.world.advance(2000)
    expect(seen.slice(-2)).toEqual(['Failed/ContainerStatusUnknown at 2', 'deleted at 2'])
  })

  test('by force is gone at once, and its container too', async () => {
    const { runner, running } = aRunner()
    const cluster = aCluster({ runnersByImage: { main: runner } })
    cluster.client.create(PODS, aPod('forced'))
    await cluster.world.advance(1000)
    cluster.client.delete(PODS, ref('forced'), { graceSeconds: 0 })
    expect(podOf(cluster, 'forced')).toBeUndefined()
    expect(running.get('main')?.stoppedAfter).toBe(0)
  })
})

describe('a Pod whose environment lacks something', () => {
  const env = [
    { name: 'TOKEN', valueFrom: { secretKeyRef: { name: 'secret', key: 'token' } } },
    { name: 'URL', value: 'http://$(HOST)/$(NOPE)/$$(HOST)' },
    { name: 'ME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
  ]
  const envFrom = [{ configMapRef: { name: 'config' }, prefix: '' }]
  const containers = [{ name: 'main', image: 'main:1', env, envFrom, args: ['--token=$(TOKEN)'] }]

  test('waits and says what, and runs once it is there', async () => {
    const { runner, running } = aRunner()
    const cluster = aCluster({ runnersByImage: { main: runner } })
    const { client, world } = cluster
    client.create(PODS, aPod('asking', { containers }))
    await world.advance(1000)
    const waiting = () => mainOf(cluster, 'asking')?.state?.waiting
    expect(waiting()).toEqual({ reason: 'CreateContainerConfigError', message: 'configmap "config" not found' })
    client.create(CONFIG_MAPS, { metadata: ref('config'), data: { HOST: 'h' } })
    client.create(SECRETS, { metadata: ref('secret'), stringData: { other: 'x' } })
    await world.advance(20_000)
    expect(waiting()?.message).toBe("couldn't find key token in Secret default/secret")
    client.patch(SECRETS, ref('secret'), { stringData: { token: 't' } })
    await world.advance(20_000)
    expect(podOf(cluster, 'asking')?.status.phase).toBe('Running')
    expect(running.get('main')).toMatchObject({
      args: ['--token=t'],
      env: { HOST: 'h', TOKEN: 't', URL: 'http://h/$(NOPE)/$(HOST)', ME: 'asking' },
    })
  })
})

describe('several containers', () => {
  test('begin after the init containers, which come one by one', async () => {
    const { runner, running } = aRunner()
    const cluster = aCluster({ runnersByImage: { held: runner } })
    const container = (name: string) => ({ name, image: 'held:1' })
    const spec = { initContainers: [container('one'), container('two')], containers: [container('a'), container('b')] }
    cluster.client.create(PODS, aPod('many', spec))
    const begun = async (): Promise<readonly string[]> => {
      await cluster.world.advance(1000)
      return [...running.keys()]
    }
    expect(await begun()).toEqual(['one'])
    const initialized = podOf(cluster, 'many')?.status.conditions?.find(({ type }) => type === 'Initialized')
    expect(initialized).toMatchObject({ status: 'False', message: 'containers with incomplete status: [one two]' })
    running.get('one')?.end(0)
    expect(await begun()).toEqual(['one', 'two'])
    running.get('two')?.end(0)
    expect(await begun()).toEqual(['one', 'two', 'a', 'b'])
    running.get('a')?.end(0)
    await begun()
    expect(podOf(cluster, 'many')?.status.phase).toBe('Running')
    running.get('b')?.end(1)
    await begun()
    expect(podOf(cluster, 'many')?.status.phase).toBe('Failed')
  })

  test('never begin when an init container fails for good', async () => {
    const cluster = aCluster()
    const spec = { initContainers: [{ name: 'init', image: 'init:1' }] }
    cluster.client.create(PODS, aPod('stuck', spec, { 'exit-code': '1' }))
    await cluster.world.advance(60_000)
    expect(podOf(cluster, 'stuck')?.status.phase).toBe('Failed')
    expect(mainOf(cluster, 'stuck')?.state?.waiting?.reason).toBe('PodInitializing')
  })
})

test('a Pod is ready when its probe says so, and no more when that fails three times', async () => {
  const { runner, running } = aRunner()
  const cluster = aCluster({ runnersByImage: { main: runner } })
  const readinessProbe = { httpGet: { path: '/ready', port: 8080 }, periodSeconds: 2, initialDelaySeconds: 3 }
  cluster.client.create(PODS, aPod('probed', { containers: [{ name: 'main', image: 'main:1', readinessProbe }] }))
  const isReady = (): boolean | undefined => mainOf(cluster, 'probed')?.ready
  await cluster.world.advance(2500)
  expect([running.get('main')?.asked, isReady()]).toEqual([0, false])
  running.get('main')?.answer(200)
  await cluster.world.advance(1000)
  expect([running.get('main')?.asked, isReady()]).toEqual([1, true])
  running.get('main')?.answer(503)
  await cluster.world.advance(4000)
  expect(isReady()).toBe(true)
  await cluster.world.advance(2000)
  expect(isReady()).toBe(false)
  expect(eventsOf(cluster.client, 'probed')).toContain(
    'Warning Unhealthy 3: Readiness probe failed: HTTP probe failed with statuscode: 503',
  )
})

describe('the scheduler', () => {
  const cpu = (requests: string) => ({
    containers: [{ name: 'main', image: 'main:1', resources: { requests: { cpu: requests } } }],
  })
  const unscheduled = (cluster: TestCluster, name: string) =>
    podOf(cluster, name)?.status.conditions?.find(({ type }) => type === 'PodScheduled')?.message

  test('lets wait what does not fit, until something ends', async () => {
    const cluster = aCluster({ node: { name: 'small', cpu: '1' } })
    cluster.client.create(PODS, aPod('first', cpu('700m'), { seconds: '5' }))
    cluster.client.create(PODS, aPod('second', cpu('700m')))
    await cluster.world.advance(2000)
    expect(unscheduled(cluster, 'second')).toBe(
      '0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.',
    )
    await cluster.world.advance(10_000)
    expect(podOf(cluster, 'second')?.status.phase).toBe('Succeeded')
  })

  test('takes a nodeSelector at its word, and refuses what it does not know', async () => {
    const cluster = aCluster()
    cluster.client.create(PODS, aPod('picky', { nodeSelector: { disk: 'ssd' } }))
    cluster.client.create(PODS, aPod('social', { schedulingGates: [{ name: 'x.io/gate' }] }))
    await cluster.world.advance(2000)
    expect(unscheduled(cluster, 'picky')).toContain("1 node(s) didn't match Pod's node affinity/selector")
    expect(unscheduled(cluster, 'social')).toContain('the emulator does not implement spec.schedulingGates')
    cluster.client.patch(NODES, { name: 'emulator' }, { metadata: { labels: { disk: 'ssd' } } })
    await cluster.world.advance(2000)
    expect(podOf(cluster, 'picky')?.status.phase).toBe('Succeeded')
  })
})

test('a taint keeps a Pod away that does not tolerate it, and a claim that is missing keeps it waiting', async () => {
  const cluster = aCluster()
  const { client, world } = cluster
  const phases = (): readonly unknown[] =>
    ['plain', 'tolerant', 'claiming'].map((name) => podOf(cluster, name)?.status.phase)
  const taints = [{ key: 'gpu', value: 'yes', effect: 'NoSchedule' }]
  client.patch(NODES, { name: 'emulator' }, { spec: { taints } })
  client.create(PODS, aPod('plain'))
  client.create(PODS, aPod('tolerant', { tolerations: [{ key: 'gpu', operator: 'Equal', value: 'yes' }] }))
  await world.advance(2000)
  expect(phases()).toEqual(['Pending', 'Succeeded', undefined])
  client.patch(NODES, { name: 'emulator' }, { spec: { taints: null } })
  client.create(PODS, aPod('claiming', { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }] }))
  await world.advance(2000)
  expect(phases()).toEqual(['Succeeded', 'Succeeded', 'Pending'])
  expect(podOf(cluster, 'claiming')?.status.conditions?.[0]?.message).toContain(
    'persistentvolumeclaim "data" not found',
  )
  const resources = { requests: { storage: '1Gi' } }
  client.create(CLAIMS, { metadata: ref('data'), spec: { accessModes: ['ReadWriteOnce'], resources } })
  await world.advance(2000)
  expect(phases()).toEqual(['Succeeded', 'Succeeded', 'Succeeded'])
})

test('a Pod whose time is over fails with DeadlineExceeded', async () => {
  const cluster = aCluster()
  cluster.client.create(PODS, aPod('slow', { activeDeadlineSeconds: 3 }, { seconds: '600' }))
  await cluster.world.advance(10_000)
  expect(podOf(cluster, 'slow')?.status).toMatchObject({
    phase: 'Failed',
    reason: 'DeadlineExceeded',
    message: 'Pod was active on the node longer than the specified deadline',
  })
})

test('a Pod that is evicted fails and says why', async () => {
  const cluster = aCluster()
  cluster.client.create(PODS, aPod('heavy', {}, { seconds: '2', fault: 'Evicted' }))
  await cluster.world.advance(10_000)
  expect(podOf(cluster, 'heavy')?.status).toMatchObject({ phase: 'Failed', reason: 'Evicted' })
  expect(podOf(cluster, 'heavy')?.status.conditions).toEqual(
    expect.arrayContaining([expect.objectContaining({ type: 'DisruptionTarget', reason: 'TerminationByKubelet' })]),
  )
})

test('a node that is lost keeps its Pods from going, until it is back', async () => {
  const cluster = aCluster()
  const { client, world, node } = cluster
  client.create(PODS, aPod('far', {}, { seconds: '5' }))
  client.create(PODS, aPod('away', {}, { seconds: '6000' }))
  await world.advance(2000)
  node.lose()
  await world.advance(49_000)
  expect(client.get(NODES, { name: 'emulator' })?.['spec']).toEqual({})
  await world.advance(2000)
  expect(client.get(NODES, { name: 'emulator' })).toMatchObject({
    spec: { taints: [{ key: 'node.kubernetes.io/unreachable' }, { effect: 'NoExecute' }] },
    status: { conditions: [{ type: 'Ready', status: 'Unknown', reason: 'NodeStatusUnknown' }] },
  })
  const away = () => podOf(cluster, 'away')
  expect(away()?.status.conditions?.find(({ type }) => type === 'Ready')?.status).toBe('False')
  await world.advance(300_000)
  expect(podOf(cluster, 'far')?.status.phase).toBe('Running')
  expect(away()?.metadata.deletionTimestamp).toBeDefined()
  expect(away()?.status.conditions?.at(-1)).toMatchObject({
    type: 'DisruptionTarget',
    reason: 'DeletionByTaintManager',
  })
  node.recover()
  await world.advance(5000)
  expect([away(), podOf(cluster, 'far')]).toEqual([undefined, undefined])
  client.create(PODS, aPod('next'))
  await world.advance(5000)
  expect(podOf(cluster, 'next')?.status.phase).toBe('Succeeded')
})

test('a node that is lost for a short while tells what happened', async () => {
  const cluster = aCluster()
  cluster.client.create(PODS, aPod('short', {}, { seconds: '5' }))
  await cluster.world.advance(2000)
  cluster.node.lose()
  await cluster.world.advance(30_000)
  expect(podOf(cluster, 'short')?.status.phase).toBe('Running')
  cluster.node.recover()
  await cluster.world.advance(1000)
  expect(podOf(cluster, 'short')?.status.phase).toBe('Succeeded')
})

test('a Pod that waits for its volume runs when it is there', async () => {
  const cluster = aCluster()
  const { client, world } = cluster
  client.create(PODS, aPod('mounting', { volumes: [{ name: 'config', configMap: { name: 'config' } }] }))
  await world.advance(1000)
  expect(mainOf(cluster, 'mounting')?.state?.waiting?.reason).toBe('ContainerCreating')
  expect(eventsOf(client, 'mounting').at(-1)).toBe(
    'Warning FailedMount 1: MountVolume.SetUp failed for volume "config" : configmap "config" not found',
  )
  client.create(CONFIG_MAPS, { metadata: ref('config') })
  await world.advance(20_000)
  expect(podOf(cluster, 'mounting')?.status.phase).toBe('Succeeded')
})

test('a container goes on answering while its preStop hook sleeps', async () => {
  const { runner, running } = aRunner()
  const cluster = aCluster({ runnersByImage: { main: runner } })
  const lifecycle = { preStop: { sleep: { seconds: 5 } } }
  cluster.client.create(PODS, aPod('draining', { containers: [{ name: 'main', image: 'main:1', lifecycle }] }))
  await cluster.world.advance(1000)
  cluster.client.delete(PODS, ref('draining'))
  await cluster.world.advance(4900)
  expect(running.get('main')?.stoppedAfter).toBeUndefined()
  const { uid = '' } = podOf(cluster, 'draining')?.metadata ?? {}
  const request = { method: 'GET', path: '/', headers: {}, body: '' }
  expect((await cluster.node.send({ ...ref('draining'), uid }, request)).status).toBe(500)
  await cluster.world.advance(200)
  expect(running.get('main')?.stoppedAfter).toBe(25)
  expect(podOf(cluster, 'draining')).toBeUndefined()
})

test('a container that asks for what the node does not know is not started, and says so', async () => {
  const cluster = aCluster()
  const lifecycle = { preStop: { exec: { command: ['true'] } } }
  cluster.client.create(PODS, aPod('strange', { containers: [{ name: 'main', image: 'main:1', lifecycle }] }))
  await cluster.world.advance(1000)
  expect(mainOf(cluster, 'strange')?.state?.waiting?.message).toBe(
    'the emulator does not implement lifecycle.preStop.exec',
  )
})

test('what a container wrote can be read, that of its life before too', async () => {
  const cluster = aCluster()
  cluster.client.create(PODS, aPod('telling', { restartPolicy: 'OnFailure' }, { seconds: '1', 'exit-code': '3' }))
  await cluster.world.advance(1500)
  const log = (previous: boolean) =>
    cluster.node
      .logs(podOf(cluster, 'telling') ?? ({} as never), 'main', { previous })
      ?.lines()
      .map(({ text }) => text)
  expect([log(true), log(false)]).toEqual([['runs', 'ends with 3'], ['runs']])
})

test('the same seed gives the same history, byte for byte', async () => {
  const history = async (seed: number): Promise<string> => {
    const cluster = aCluster({ seed })
    const pods = cluster.record(PODS)
    for (const name of ['a', 'b', 'c']) cluster.client.create(PODS, aPod(name, {}, { fault: 'ImagePullBackOff' }))
    await cluster.world.advance(100_000)
    return JSON.stringify(pods)
  }
  expect(await history(7)).toBe(await history(7))
  expect(await history(7)).not.toBe(await history(8))
})

type Held = ContainerStart & {
  stoppedAfter?: number
  asked: number
  readonly end: (exitCode: number) => void
  readonly answer: (status: number) => void
}

/** Runs containers until they are told to end, by the container's name. */
function aRunner() {
  const running = new Map<string, Held>()
  const runner: PodRunner = {
    start: (what, report) => {
      let status = 500
      const end = (exitCode: number): void =>
        report({
          state: 'terminated',
          exitCode,
          reason: exitCode === 0 ? 'Completed' : 'Error',
        } satisfies ContainerReport)
      const held: Held = {
        ...what,
        asked: 0,
        end,
        answer: (now) => {
          status = now
        },
      }
      running.set(what.name, held)
      queueMicrotask(() => report({ state: 'running' }))
      return {
        stop: (graceSeconds) => {
          held.stoppedAfter = graceSeconds
          queueMicrotask(() => end(143))
        },
        send: async () => {
          held.asked += 1
          return { status, headers: {}, body: '' }
        },
        logs: () => [],
        onLog: () => () => undefined,
      }
    },
  }
  return { runner, running }
}
