import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createApiServer } from '#emulator/api-server/server.ts'
import { applyObject } from '#emulator/apply.ts'
import { clientOf } from '#emulator/client.ts'
import { runControllers } from '#emulator/controllers/run.ts'
import { objectsIn } from '#emulator/host/kustomize.ts'
import { createVirtualWorld } from '#emulator/host/virtual-world.ts'
import { runNode } from '#emulator/node/node.ts'
import { createScriptedRunner } from '#emulator/node/scripted-runner.ts'
import { jobKind } from '#reconcilers/agentic-session/job.ts'
import { podKind } from '#reconcilers/agentic-session/pods.ts'
import { type AgenticSession, sessionKind } from '#reconcilers/agentic-session/schema.ts'
import { projectSettingsKind } from '#reconcilers/project/schema.ts'
import { startHost } from '#runtime/always-on/host.ts'
import { createQueue } from '#runtime/always-on/queue.ts'
import { wokenHere } from '#runtime/always-on/source.ts'
import { loadFunctions } from '#runtime/functions.ts'
import { type NewSession, sessionFor } from '../scenarios/world.ts'
import { portsFor, serviceAccount } from './functions-in-process.ts'
import { watchingTransport } from './watching-transport.ts'

const ROOT = join(import.meta.dirname, '../..')
const functions = wokenHere(await loadFunctions())

/** The always-on host with its rendered roles on an emulated cluster without Knative and KEDA, in a managed namespace `team`. Nobody sweeps. */
const aHost = async () => {
  const clock = createVirtualWorld()
  const api = createApiServer({ world: clock, signToken: () => 'token' })
  const as = (name: string) => clientOf(api, { name, groups: ['system:masters', 'system:authenticated'] })
  const admin = as('kubernetes-admin')
  const stopControllers = runControllers({ client: as('system:kube-controller-manager'), world: clock })
  const node = runNode({
    client: as('system:node:emulator'),
    world: clock,
    runner: createScriptedRunner({ world: clock }),
  })
  const namespace = (name: string, labels: Record<string, string> = {}) => ({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels },
  })
  const managed = { 'ambient-code.io/managed': 'true' }
  // There is one Deployment among the manifests: the host, which runs in this process.
  const manifests = objectsIn(join(ROOT, 'always-on')).filter(({ kind }) => kind !== 'Deployment')
  for (const object of [namespace('dormouse'), namespace('team', managed), namespace('elsewhere'), ...manifests])
    applyObject(admin, object, 'kubectl')
  await clock.advance(1000)

  const transport = watchingTransport(api, clock, serviceAccount('dormouse', 'operator'))
  const queue = createQueue({ concurrency: 10, clock })
  const end = new AbortController()
  const ports = portsFor({ NAMESPACE: 'dormouse' }, transport, clock)
  const host = startHost({
    ...{ functions, cluster: ports.cluster, transport, source: 'https://10.96.0.1', clock, queue, signal: end.signal },
    log: ports.log,
    portsFor: () => ({ ...portsFor({ NAMESPACE: 'dormouse' }, transport, clock), turn: queue.turn }),
    onOutcome: () => undefined,
    onRestart: () => undefined,
  })
  onTestFinished(() => {
    end.abort()
    stopControllers()
    node.stop()
  })
  const session = (name: string, namespace = 'team') =>
    admin.get(sessionKind, { namespace, name }) as AgenticSession | undefined
  return {
    clock,
    transport,
    queue,
    host,
    end,
    session,
    create: (name: string, given: NewSession = {}, namespace = 'team') =>
      admin.create(sessionKind, sessionFor(name, given), { namespace }),
    change: (name: string, spec: AgenticSession['spec'], namespace = 'team') =>
      admin.patch(sessionKind, { namespace, name }, { spec: { ...spec } }),
    /** What its project says of sessions that nobody uses. */
    defaultIdle: (inactivityTimeoutSeconds: number) =>
      admin.patch(
        projectSettingsKind,
        { namespace: 'team', name: 'projectsettings' },
        { spec: { inactivityTimeoutSeconds } },
      ),
    stop: (name: string) =>
      admin.patch(
        sessionKind,
        { namespace: 'team', name },
        { metadata: { annotations: { 'ambient-code.io/desired-phase': 'Stopped' } } },
      ),
    /** Somebody else has something to do before a Pod may go. */
    keepPods: () => {
      for (const { metadata } of admin.list(podKind, { namespace: 'team' }))
        admin.patch(
          podKind,
          { namespace: 'team', name: metadata.name ?? '' },
          { metadata: { finalizers: ['example.org/kept'] } },
        )
    },
    /** Its Job stays, so that nothing but its own going tells. */
    remove: (name: string) => admin.delete(sessionKind, { namespace: 'team', name }, { policy: 'Orphan' }),
    label: (name: string, value: string | null) =>
      admin.patch(
        { apiVersion: 'v1', plural: 'namespaces' },
        { name },
        { metadata: { labels: { 'ambient-code.io/managed': value } } },
      ),
    phaseIs: (name: string, phase: string, ms = 10_000, namespace = 'team') =>
      clock.until(`${name} is ${phase}`, () => session(name, namespace)?.status?.phase === phase, ms),
    jobs: () => admin.list(jobKind, { namespace: 'team' }),
  }
}

const idling: NewSession = { runner: { seconds: 6000 }, spec: { inactivityTimeout: 5000, timeout: 0 } }

test('a session lives its life by watches alone, one of each kind, as the role allows it', async () => {
  const { clock, transport, host, create, phaseIs, jobs } = await aHost()
  expect(host.isReady()).toBe(false)
  expect(host.missing()).toContain('AgenticSession')
  await clock.advance(1000)
  expect(host.isReady()).toBe(true)
  create('lives', { runner: { seconds: 5 } })
  await phaseIs('lives', 'Running')
  await phaseIs('lives', 'Completed')
  expect(jobs()).toHaveLength(1)
  expect(transport.open().toSorted()).toEqual([...new Set(transport.open())].toSorted())
  expect(transport.open()).toHaveLength(host.missing().length + 4)
})

test('what there was before the host started is looked after', async () => {
  const { create, phaseIs, clock, transport } = await aHost()
  transport.away(true)
  create('early')
  await clock.advance(30_000)
  transport.away(false)
  await phaseIs('early', 'Completed')
})

test('a session that nobody uses is stopped when its time has come, not when somebody sweeps', async () => {
  const { clock, create, phaseIs, session } = await aHost()
  create('idle', { ...idling, spec: { ...idling.spec, inactivityTimeout: 600 } })
  await phaseIs('idle', 'Running')
  await clock.advance(590_000)
  expect(session('idle')?.status?.phase).toBe('Running')
  await phaseIs('idle', 'Stopped', 15_000)
  expect(session('idle')?.status?.stoppedReason).toBe('inactivity')
})

test('a session goes by the word of its project, and by another that it gets while it runs', async () => {
  const { clock, create, phaseIs, session, change, defaultIdle } = await aHost()
  await clock.advance(1000)
  defaultIdle(600)
  create('idle', { runner: { seconds: 6000 }, spec: { timeout: 0 } })
  create('patient', idling)
  await phaseIs('idle', 'Running')
  await phaseIs('patient', 'Running')
  await clock.advance(585_000)
  expect(session('idle')?.status?.phase).toBe('Running')
  await phaseIs('idle', 'Stopped', 20_000)
  change('patient', { inactivityTimeout: 700 })
  await clock.advance(80_000)
  expect(session('patient')?.status?.phase).toBe('Running')
  await phaseIs('patient', 'Stopped', 30_000)
})

test('an image that cannot be pulled is told of after its minute of grace, and a Pod that does not end is ended by force, when it is time', async () => {
  const { create, phaseIs, session, stop } = await aHost()
  create('imageless', { runner: { fault: 'ImagePullBackOff' } })
  create('hangs', { runner: { seconds: 6000, fault: 'Unresponsive' } })
  await phaseIs('hangs', 'Running')
  stop('hangs')
  await phaseIs('imageless', 'Failed', 70_000)
  expect(session('imageless')?.status?.conditions).toContainEqual(
    expect.objectContaining({ type: 'Ready', reason: 'ImageNotPulled' }),
  )
  await phaseIs('hangs', 'Stopping', 1)
  await phaseIs('hangs', 'Stopped', 130_000)
})

test('what stays as it is for an hour is asked about as often as it has deadlines', async () => {
  const { clock, transport, create, phaseIs, stop, keepPods } = await aHost()
  create('runs', { runner: { seconds: 60_000 }, spec: { timeout: 0 } })
  create('waits', { runner: { fault: 'Unschedulable' }, spec: { timeout: 0 } })
  create('kept', { runner: { seconds: 60_000, fault: 'Unresponsive' }, spec: { timeout: 0 } })
  await phaseIs('runs', 'Running')
  await phaseIs('kept', 'Running')
  keepPods()
  stop('kept')
  await clock.advance(300_000)
  const before = transport.requests.length
  await clock.advance(3_600_000)
  expect(transport.requests.slice(before).filter((request) => !request.startsWith('watch'))).toEqual([])
})

test('a session that is deleted leaves no timer', async () => {
  const { clock, queue, create, remove, phaseIs, session, change } = await aHost()
  create('short', idling)
  await phaseIs('short', 'Running')
  change('short', { inactivityTimeout: 600 })
  await clock.advance(100)
  expect(queue.depth().delayed).toBe(1)
  remove('short')
  await clock.until('it is gone', () => session('short') === undefined, 30_000)
  await clock.advance(5000)
  expect(queue.depth()).toEqual({ waiting: 0, inHand: 0, delayed: 0 })
})

test('labelling a namespace starts the sessions that it has, and taking the label off leaves them alone', async () => {
  const { clock, queue, create, label, phaseIs, session, change } = await aHost()
  create('waiting', idling, 'elsewhere')
  await clock.advance(5000)
  expect(session('waiting', 'elsewhere')?.status?.phase ?? 'Pending').toBe('Pending')
  label('elsewhere', 'true')
  await phaseIs('waiting', 'Running', 10_000, 'elsewhere')
  change('waiting', { inactivityTimeout: 600 }, 'elsewhere')
  await clock.advance(1000)
  expect(queue.depth().delayed).toBe(1)
  label('elsewhere', null)
  await clock.advance(1000)
  expect(queue.depth().delayed).toBe(0)
  create('later', {}, 'elsewhere')
  await clock.advance(700_000)
  expect(session('waiting', 'elsewhere')?.status?.phase).toBe('Running')
  expect(session('later', 'elsewhere')?.status?.phase ?? 'Pending').toBe('Pending')
})

test('what happened while the API server was away is made up for within ten seconds of its return', async () => {
  const { clock, transport, host, create, phaseIs, jobs } = await aHost()
  create('before', { runner: { seconds: 20 } })
  await phaseIs('before', 'Running')
  transport.away(true)
  transport.interrupt()
  create('meanwhile', { runner: { seconds: 6000 } })
  await clock.advance(600_000)
  expect(host.isReady()).toBe(false)
  transport.away(false)
  await clock.advance(10_000)
  await phaseIs('before', 'Completed', 1)
  await phaseIs('meanwhile', 'Running', 1)
  expect(jobs()).toHaveLength(2)
})

test('a host that has ended holds no connection and no timer', async () => {
  const { clock, transport, queue, host, end, create, phaseIs } = await aHost()
  create('runs', { runner: { seconds: 6000 } })
  await phaseIs('runs', 'Running')
  end.abort()
  await Promise.all([queue.stop(), host.ended])
  await clock.advance(0)
  expect(transport.open()).toEqual([])
  expect(queue.depth().delayed).toBe(0)
  const before = transport.requests.length
  await clock.advance(3_600_000)
  expect(transport.requests).toHaveLength(before)
})
