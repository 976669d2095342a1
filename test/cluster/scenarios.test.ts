import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { scenarios } from '../scenarios/scenarios.ts'
import { conditionOf, phaseIs, type World } from '../scenarios/world.ts'
import type { AuditEvent } from './audit.ts'
import { type ControlPlane, startControlPlane } from './control-plane.ts'
import { startFunction } from './function-process.ts'
import { hostileRequests, send } from './hostile-requests.ts'
import { install, installPlatformKinds, ROOT } from './installation.ts'
import { startNodeStandIn } from './node-stand-in.ts'
import { createStage, faultsHere, type Stage } from './world.ts'

const FUNCTIONS = ['on-dead-letter', 'on-job-event', 'on-session-event', 'timeout-sweeper'] as const

let controlPlane: ControlPlane
let stage: Stage

beforeAll(async () => {
  controlPlane = await startControlPlane()
  await startNodeStandIn(controlPlane)
  await installPlatformKinds(controlPlane)
  await install(controlPlane)
  stage = createStage(controlPlane)
})
afterAll(async () => {
  await stage?.close()
  await controlPlane?.stop()
})
beforeEach(() => stage.reset())

const userOf = (name: string) => `system:serviceaccount:dormouse:${name}`
const isOurs = ({ user }: AuditEvent) => FUNCTIONS.some((name) => user.username === userOf(name))
const WRITES = ['create', 'update', 'patch', 'delete', 'deletecollection']

describe('a session that', () => {
  scenarios.forEach((scenario, index) => {
    const missing = (scenario.needs ?? []).filter((fault) => !faultsHere.includes(fault))
    test.skipIf(missing.length > 0)(scenario.name, async () => scenario.run(await stage.world(`scenario-${index}`)))
  })
})

test('no Job of a session that was deleted and made again was ever touched by us, the garbage collector took it', () => {
  const touched = controlPlane
    .audit()
    .filter(
      ({ verb, objectRef }) =>
        objectRef?.resource === 'jobs' && objectRef.name?.startsWith('twin-') && WRITES.includes(verb),
    )
  expect(touched.filter((event) => isOurs(event) && event.verb !== 'create')).toEqual([])
  expect(touched.some(({ verb, user }) => verb === 'delete' && user.username.includes('garbage-collector'))).toBe(true)
})

test('a life from creation to Completed costs three writes and the Job, and two reads at each of three wake-ups', async () => {
  const world = await stage.world('budget')
  await world.create('thrifty', { runner: { seconds: 2 } })
  await phaseIs(world, 'thrifty', 'Running')
  await phaseIs(world, 'thrifty', 'Completed')
  await world.sweep()
  const calls = controlPlane.audit().flatMap((event) => {
    if (!isOurs(event) || event.objectRef?.namespace !== 'budget') return []
    return [event.verb, event.objectRef.resource, event.objectRef.subresource].filter(Boolean).join(' ')
  })
  const lookAndWrite = ['get agenticsessions', 'get jobs', 'patch agenticsessions status']
  expect(calls).toEqual([
    'get agenticsessions',
    'get jobs',
    'create jobs',
    'patch agenticsessions status',
    ...lookAndWrite,
    ...lookAndWrite,
  ])
})

describe('requests that no broker sends', () => {
  test.each([
    ['on-session-event', 'session'],
    ['on-job-event', 'job'],
  ] as const)('%s answers as documented, with an empty body, and writes nothing', async (name, kind) => {
    const world = await stage.world(`hostile-${name}`)
    const instance = stage.functions().find((running) => running.name === name)
    if (!instance) throw new Error(`${name} is not running`)
    const before = controlPlane.audit().filter((event) => isOurs(event) && WRITES.includes(event.verb)).length
    for (const { what, request, status } of hostileRequests(world.namespace, kind)) {
      const answer = await send(instance.url, request)
      expect({ what, ...answer }).toEqual({ what, status, body: '' })
    }
    expect(instance.isRunning()).toBe(true)
    expect(controlPlane.audit().filter((event) => isOurs(event) && WRITES.includes(event.verb))).toHaveLength(before)
    await world.create('unharmed')
    await phaseIs(world, 'unharmed', 'Completed')
  })
})

/** As the broker sends it on: to the dead-letter sink, with who did not take it. */
const deadLetterAbout = (object: object, id: string) => ({
  headers: {
    'content-type': 'application/json',
    'ce-specversion': '1.0',
    'ce-id': id,
    'ce-source': 'https://10.96.0.1:443',
    'ce-type': 'dev.knative.apiserver.resource.update',
    'ce-knativeerrordest': 'http://on-job-event.dormouse.svc.cluster.local/',
    'ce-knativeerrorcode': '503',
  },
  body: JSON.stringify(object),
})

test('dead letters about a Job are told by kubectl describe of its session, ended or not, until a sweep', async () => {
  const world = await stage.world('letters')
  const sink = await startFunction(controlPlane, 'on-dead-letter')
  try {
    await world.create('unheard')
    await phaseIs(world, 'unheard', 'Completed')
    // What is recorded would ring on-session-event, which takes it off.
    await world.loseEvents()
    const [job] = await world.jobs()
    for (const id of ['a', 'b', 'b']) {
      const letter = deadLetterAbout({ apiVersion: 'batch/v1', kind: 'Job', ...job }, id)
      expect(await send(sink.url, letter)).toEqual({ status: 204, body: '' })
    }
    const told = await controlPlane.kubectl('describe', 'agenticsession', 'unheard', '-n', 'letters')
    expect(told).toMatch(/Reason: +DeadLettered/)
    expect(told).toMatch(/Warning +DeadLettered .*\(x2 .*2 events about this AgenticSession could not be delivered/)
    const wide = await controlPlane.kubectl('get', 'agenticsessions', '-n', 'letters', '-o', 'wide')
    expect(wide).toMatch(/UNDELIVERED.*\nunheard +Completed +Completed +\S+ +2 /)
    await world.sweep()
    const session = await world.session('unheard')
    expect(session?.status).not.toHaveProperty('deadLetters')
    expect(session && conditionOf(session, 'EventsDelivered')).toBeUndefined()
    expect(session && conditionOf(session, 'Ready')).toMatchObject({ reason: 'Completed' })
  } finally {
    await sink.stop()
  }
})

describe('permissions', () => {
  test('every door can do all that a plan may ask for', async () => {
    const world = await stage.world('all-doors')
    await eachDoorDoesEverything(world)
  })

  test('are exact: every verb of every role was used, and none was refused', () => {
    const events = controlPlane.audit().filter(isOurs)
    const refused = events.filter(
      ({ responseStatus }) => responseStatus?.code === 403 && !isAdmission(responseStatus.message),
    )
    expect(
      refused.filter((event) => !isJustRestarted(event)).map(({ responseStatus }) => responseStatus?.message),
    ).toEqual([])
    for (const name of FUNCTIONS) {
      const used = new Set(
        events
          .filter(({ user }) => user.username === userOf(name))
          .map(({ verb, objectRef }) =>
            [
              verb,
              objectRef?.apiGroup ?? '',
              [objectRef?.resource, objectRef?.subresource].filter(Boolean).join('/'),
            ].join(' '),
          ),
      )
      expect([...used].sort(), name).toEqual(grantedTo(name))
    }
  })
})

describe('manifests', () => {
  test('pass the strict validation of the real API server with the real CRDs', async () => {
    const answer = await controlPlane.kubectl('apply', '-k', ROOT, '--dry-run=server', '--validate=strict')
    const lines = answer.trim().split('\n')
    expect(lines.length).toBeGreaterThan(20)
    expect(lines.filter((line) => !line.endsWith('(server dry run)'))).toEqual([])
  })

  test('with a field that nobody knows would not', async () => {
    const text = await controlPlane.kubectl('kustomize', ROOT)
    const broken = text.replaceAll('containerConcurrency:', 'containerConcurency:')
    await expect(
      controlPlane.kubectl('apply', '-f', '-', '--dry-run=server', '--validate=strict', { stdin: broken }),
    ).rejects.toThrow(/containerConcurency/)
  })
})

/** Quotas and policies refuse the content of a request, not its sender. */
const isAdmission = (message = '') => /quota|denied request/.test(message)

/** An API server that has just come up says it is ready before it has read all roles. */
const isJustRestarted = ({ requestReceivedTimestamp }: AuditEvent) =>
  stage.restarts.some((at) => Math.abs(Date.parse(requestReceivedTimestamp) - at) < 10_000)

/** What the role in the rendered manifest grants, as `verb group resource`. */
const grantedTo = (name: string): readonly string[] => {
  const documents = parseAllDocuments(readFileSync(join(ROOT, 'functions', name, 'manifest.yaml'), 'utf8'))
  type Role = { kind: string; rules: { apiGroups: string[]; resources: string[]; verbs: string[] }[] }
  const role = documents.map((document) => document.toJS() as Role).find(({ kind }) => kind === 'ClusterRole')
  return (role?.rules ?? [])
    .flatMap(({ apiGroups, resources, verbs }) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((resource) => verbs.map((verb) => `${verb} ${group} ${resource}`)),
      ),
    )
    .sort()
}

/**
 * The three doors lead to one plan, so each may have to carry out any part of it. Most of it falls to the other door in
 * ordinary life; here each is alone when it comes up.
 */
const eachDoorDoesEverything = async (world: World): Promise<void> => {
  const start = { 'ambient-code.io/desired-phase': 'Running' }
  const stop = { 'ambient-code.io/desired-phase': 'Stopped' }
  const hasFailedJob = (name: string) =>
    world.eventually(`the Job of ${name} has failed`, async () => {
      const jobs = await world.jobs()
      return jobs.find(
        ({ metadata, status }) =>
          metadata.name.startsWith(name) && status?.conditions?.some(({ type }) => type === 'Failed'),
      )
    })

  // on-session-event finds a failed Job whose end nobody reported.
  await world.create('unreported', { runner: { seconds: 1, exitCode: 5 } })
  await phaseIs(world, 'unreported', 'Running')
  await world.loseEvents()
  await hasFailedJob('unreported')
  await world.deliverEvents()
  await world.annotate('unreported', stop)
  await phaseIs(world, 'unreported', 'Failed')

  // on-job-event alone takes a session from Stopping to its next attempt: the end of the old Job is held up until nobody else listens.
  await world.create('turning', { runner: { seconds: 600 } })
  const { status } = await phaseIs(world, 'turning', 'Running')
  const job = `/apis/batch/v1/namespaces/${world.namespace}/jobs/${status?.jobName}`
  await controlPlane.api.patch(job, 'merge', { metadata: { finalizers: ['example.com/held'] } })
  await world.annotate('turning', stop)
  await phaseIs(world, 'turning', 'Stopping')
  await stage.deliverOnlyTo('on-job-event')
  await world.annotate('turning', start)
  await controlPlane.api.patch(job, 'json', [{ op: 'remove', path: '/metadata/finalizers' }])
  await world.eventually('turning is on its second attempt', async () =>
    (await world.session('turning'))?.status?.attempt === 2 ? true : undefined,
  )
}
