import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { AgenticSession } from '#reconcilers/agentic-session/schema.ts'
import { LEASE } from '#runtime/always-on/lease.ts'
import { wokenHere } from '#runtime/always-on/source.ts'
import { loadFunctions } from '#runtime/functions.ts'
import type { Live } from '#sdk/index.ts'
import { scenarios } from '../scenarios/scenarios.ts'
import { phaseIs, type World } from '../scenarios/world.ts'
import { type AlwaysOnStage, createAlwaysOnStage, faultsAlwaysOn, makeManaged } from './always-on-world.ts'
import { type ControlPlane, startControlPlane } from './control-plane.ts'
import { type OperatorProcess, startOperator } from './function-process.ts'
import { installAlwaysOn } from './installation.ts'
import { liveView } from './live-view.ts'
import { startNodeStandIn } from './node-stand-in.ts'
import { grantedTo, isOfOperator, type Restart, refusalsOf, usedBy } from './permissions.ts'

let controlPlane: ControlPlane
let stage: AlwaysOnStage
const restarts: Restart[] = []

beforeAll(async () => {
  controlPlane = await startControlPlane()
  await startNodeStandIn(controlPlane)
  await installAlwaysOn(controlPlane)
  // Before any restart of the API server: the controllers are slow to come back, and without them a namespace has no ServiceAccount.
  await makeManaged(controlPlane, 'replicas')
  stage = createAlwaysOnStage(controlPlane)
})
afterAll(async () => {
  await stage?.close()
  await controlPlane?.stop()
})

/** What the host works on at a time where no flag says otherwise. */
const CONCURRENCY = 10

/** How many sockets a process has open. */
const socketsOf = ({ pid }: { readonly pid: number }): number =>
  readdirSync(`/proc/${pid}/fd`).filter((fd) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`).startsWith('socket:')
    } catch {
      return false // closed meanwhile
    }
  }).length

/** Waits, and says how long it took, in ms. */
const timed = async (what: string, isSo: () => Promise<boolean> | boolean, seconds: number): Promise<number> => {
  const from = performance.now()
  while (!(await isSo())) {
    if (performance.now() - from > seconds * 1000) throw new Error(`${what}: not after ${seconds} s`)
    await pause(20)
  }
  const ms = Math.round(performance.now() - from)
  process.stdout.write(`${what}: ${ms} ms\n`)
  return ms
}

describe('in one process on watches, a session that', () => {
  beforeEach(() => stage.reset())

  scenarios.forEach((scenario, index) => {
    const missing = (scenario.needs ?? []).filter((fault) => !faultsAlwaysOn.includes(fault))
    const timeout = scenario.needs?.includes('node hangs') ? 240_000 : 120_000
    test.skipIf(missing.length > 0)(scenario.name, { timeout }, async () =>
      scenario.run(await stage.world(`scenario-${index}`)),
    )
  })

  test('was there before its namespace was managed is started once that is, and not looked after any more once it is not', async () => {
    await controlPlane.api.post('/api/v1/namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'latecomer' },
    })
    const world = liveView(controlPlane, 'latecomer') as World
    const label = (value: string | null) =>
      controlPlane.api.patch('/api/v1/namespaces/latecomer', 'merge', {
        metadata: { labels: { 'ambient-code.io/managed': value } },
      })
    await world.create('early')
    await pause(1000)
    expect((await world.session('early'))?.status?.phase).toBeUndefined()
    await label('true')
    await phaseIs(world, 'early', 'Completed')
    await label(null)
    await pause(500)
    await world.create('late')
    await pause(1000)
    expect((await world.session('late'))?.status?.phase).toBeUndefined()
  })

  test('is deleted leaves no timer, and 50 leave no connection beyond those that any ten need', async () => {
    const world = await stage.world('deleted')
    const [operator] = stage.operators()
    if (!operator) throw new Error('no operator runs')
    const delayed = async () => (await operator.metric('dormouse_queue_objects{state="delayed"}')) ?? Number.NaN
    // Sessions of earlier tests have timers too.
    const ofAll = '/apis/vteam.ambient-code/v1alpha1'
    const { items } = await controlPlane.api.get<{ items: readonly Live<AgenticSession>[] }>(`${ofAll}/agenticsessions`)
    for (const { metadata } of items)
      await controlPlane.api.delete(`${ofAll}/namespaces/${metadata.namespace}/agenticsessions/${metadata.name}`)
    await timed('from the deletion of all others to no more timers', async () => (await delayed()) === 0, 60)
    const before = { delayed: await delayed(), sockets: socketsOf(operator) }
    const names = Array.from({ length: 50 }, (_, i) => `s-${i}`)
    const idling = { runner: { seconds: 600 }, spec: { timeout: 0, inactivityTimeout: 3600 } }
    await Promise.all(names.map((name) => world.create(name, idling)))
    for (const name of names) await phaseIs(world, name, 'Running')
    await timed('to a timer for each', async () => (await delayed()) === before.delayed + names.length, 20)
    await Promise.all(names.map((name) => world.delete(name)))
    await timed('from the deletion of 50 sessions to no timer', async () => (await delayed()) === before.delayed, 30)
    // Those that are kept for the next ones, one for each that it works on at a time; and one of the reader of its metrics.
    expect(socketsOf(operator)).toBeLessThanOrEqual(before.sockets + CONCURRENCY + 1)
  })

  test('is created after the API server was killed and came back is reconciled within ten seconds', async () => {
    const world = await stage.world('returned')
    await world.create('before', { runner: { seconds: 600 } })
    await phaseIs(world, 'before', 'Running')
    await controlPlane.stopApiServer('SIGKILL')
    const from = Date.now()
    // Long enough for the longest pause between attempts.
    await pause(15_000)
    await controlPlane.startApiServer()
    const back = Date.now()
    restarts.push({ from, until: back })
    await world.create('after')
    const ms = await timed(
      'from the API server’s /readyz to a Job for a new session',
      async () => (await world.session('after'))?.status?.jobName !== undefined,
      20,
    )
    expect(ms).toBeLessThan(10_000)
    await phaseIs(world, 'after', 'Completed', 90)
  })
})

/** A Lease lasts 15; who waits for it looks every 2 to 2.4 before that and after. */
const LEASE_SECONDS = 25

describe('of two replicas with --leader-elect', () => {
  const replicas: OperatorProcess[] = []
  const add = async () => {
    const replica = await startOperator(controlPlane, ['--leader-elect'])
    replicas.push(replica)
    await replica.ready(async () => (await replica.readiness()) === 'ok', 30)
    return replica
  }
  const leads = async (replica: OperatorProcess) => (await replica.metric('dormouse_leader')) === 1
  const leader = async (): Promise<OperatorProcess> => {
    for (const replica of replicas) if (replica.isRunning() && (await leads(replica))) return replica
    throw new Error('nobody leads')
  }
  const leases = `/apis/coordination.k8s.io/v1/namespaces/dormouse/leases/${LEASE}`
  type Lease = {
    spec: { holderIdentity: string; acquireTime: string; leaseTransitions: number; leaseDurationSeconds: number }
  }
  let world: World

  beforeAll(async () => {
    await stage.close()
    world = liveView(controlPlane, 'replicas') as World
    await add()
    await add()
  })
  afterAll(() => Promise.all(replicas.map((replica) => replica.stop())))

  test('one leads, and both are ready', async () => {
    expect((await Promise.all(replicas.map(leads))).filter(Boolean)).toHaveLength(1)
    expect(await Promise.all(replicas.map((replica) => replica.readiness()))).toEqual(['ok', 'ok'])
    const { spec } = await controlPlane.api.get<Lease>(leases)
    expect(spec).toMatchObject({ leaseTransitions: 0, leaseDurationSeconds: 15 })
    await Promise.all(Array.from({ length: 10 }, (_, i) => world.create(`first-${i}`)))
    for (let i = 0; i < 10; i++) await phaseIs(world, `first-${i}`, 'Completed')
  })

  test('the other takes over within three seconds of a SIGTERM, which ends the first with code 0', async () => {
    const first = await leader()
    const second = replicas.find((replica) => replica !== first) as OperatorProcess
    await world.create('across', { runner: { seconds: 8 } })
    await phaseIs(world, 'across', 'Running')
    const asked = Date.now()
    const ended = first.stop(20)
    await timed('from SIGTERM to the next leader', () => leads(second), 20)
    const { acquireTime } = (await controlPlane.api.get<Lease>(leases)).spec
    expect(Date.parse(acquireTime) - asked).toBeLessThan(3000)
    await ended
    expect(await first.exited).toBe('exit code 0')
    await phaseIs(world, 'across', 'Completed')
    expect((await controlPlane.api.get<Lease>(leases)).spec.leaseTransitions).toBe(1)
  })

  test('the other takes over when the leader is killed, as soon as its Lease has run out', async () => {
    const standby = await add()
    const first = await leader()
    await first.kill()
    await world.create('orphaned')
    const ms = await timed('from SIGKILL to the next leader', () => leads(standby), LEASE_SECONDS)
    expect(ms).toBeGreaterThan(10_000)
    await phaseIs(world, 'orphaned', 'Completed')
  })

  test('a leader that hangs for longer than its Lease ends when it comes back, and does nothing before', async () => {
    const first = await leader()
    const standby = await add()
    process.kill(first.pid, 'SIGSTOP')
    await world.create('meanwhile')
    await timed('from SIGSTOP to the next leader', () => leads(standby), LEASE_SECONDS)
    await phaseIs(world, 'meanwhile', 'Completed')
    const back = Date.now()
    process.kill(first.pid, 'SIGCONT')
    await timed('from SIGCONT to its end', () => !first.isRunning(), 2)
    expect(await first.exited).toBe('exit code 1')
    const said = readFileSync(first.logFile, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { time: number; msg: string })
    expect(said.filter(({ time }) => time >= back).map(({ msg }) => msg)).toEqual(['lease lost: another may lead now'])
  })

  test('the leader ends with code 1 when it cannot renew its Lease, and the other goes on', async () => {
    const first = await leader()
    const standby = await add()
    await controlPlane.stopApiServer('SIGKILL')
    const from = Date.now()
    await timed('from the end of the API server to that of its leader', () => !first.isRunning(), 16)
    expect(await first.exited).toBe('exit code 1')
    await controlPlane.startApiServer()
    restarts.push({ from, until: Date.now() })
    await timed('from the API server’s return to the next leader', () => leads(standby), 20)
    await world.create('last')
    await timed('to a Job', async () => (await world.session('last'))?.status?.jobName !== undefined, 20)
    // The Job controller takes its time to come back.
    await phaseIs(world, 'last', 'Completed', 90)
  })

  test('no attempt of a session was started twice', () => {
    const creates = controlPlane
      .audit()
      .filter(
        (event) =>
          isOfOperator(event) &&
          event.verb === 'create' &&
          event.objectRef?.resource === 'jobs' &&
          event.objectRef.namespace === 'replicas',
      )
    const names = creates.map(({ objectRef, responseStatus }) => `${responseStatus?.code} ${objectRef?.name}`)
    expect(names).toHaveLength(14)
    expect(new Set(names).size).toBe(14)
    expect(names.every((name) => name.startsWith('201 '))).toBe(true)
  })
})

test('its permissions are those of the functions and what watching and leading take, and none was refused', async () => {
  const events = controlPlane.audit()
  expect(refusalsOf(events, [...stage.restarts, ...restarts])).toEqual([])
  const watched = controlPlane.openedWatches()
  const used = usedBy('operator', [...events, ...watched])
  const granted = grantedTo('operator')
  const ofFunctions = wokenHere(await loadFunctions()).flatMap(({ name }) => grantedTo(name))
  expect(used.filter((verb) => !granted.includes(verb))).toEqual([])
  // Each function's own role is shown to be exact where that function runs alone.
  expect(granted.filter((verb) => !used.includes(verb) && !ofFunctions.includes(verb))).toEqual([])
})

test('its manifests pass the strict validation of the real API server, and its Pods the restricted standard', async () => {
  // The node stands in for theirs: they are admitted, and nothing runs in them.
  await controlPlane.kubectl(
    'wait',
    '-n',
    'dormouse',
    '--for=condition=Available',
    'deployment/operator',
    '--timeout=60s',
  )
  const text = await controlPlane.kubectl('kustomize', 'always-on')
  const answer = await controlPlane.kubectl('apply', '-f', '-', '--dry-run=server', '--validate=strict', {
    stdin: text,
  })
  expect(answer.trim().split('\n').length).toBeGreaterThan(6)
})
