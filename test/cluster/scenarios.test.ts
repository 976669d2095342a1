import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { claimKind } from '#reconcilers/agentic-session/children.ts'
import { projectSettingsKind } from '#reconcilers/project/schema.ts'
import { eachDoorDoesEverything, eachDoorEndsByForce } from '../scenarios/every-door.ts'
import { sharedByRunners } from '../scenarios/own-children.ts'
import { eachProjectDoorDoesEverything, projectScenarios } from '../scenarios/projects.ts'
import { scenarios } from '../scenarios/scenarios.ts'
import { conditionOf, phaseIs } from '../scenarios/world.ts'
import { type ControlPlane, startControlPlane } from './control-plane.ts'
import { startFunction } from './function-process.ts'
import { hostileRequests, send } from './hostile-requests.ts'
import { install, installPlatformKinds, ROOT } from './installation.ts'
import { startNodeStandIn } from './node-stand-in.ts'
import { FUNCTIONS, GRANTED_TO_SOURCE, grantedTo, isOf, isOurs, refusalsOf, usable, usedBy } from './permissions.ts'
import { enforceRestricted, functionPods, scheduledSession, templates } from './profile-templates.ts'
import { createStage, faultsHere, type Stage } from './world.ts'

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

const WRITES = ['create', 'update', 'patch', 'delete', 'deletecollection']

describe('a session that', () => {
  scenarios.forEach((scenario, index) => {
    const missing = (scenario.needs ?? []).filter((fault) => !faultsHere.includes(fault))
    const timeout = scenario.needs?.includes('node hangs') ? 240_000 : 120_000
    test.skipIf(missing.length > 0)(scenario.name, { timeout }, async () =>
      scenario.run(await stage.world(`scenario-${index}`)),
    )
  })
})

describe('a project that', () => {
  projectScenarios.forEach(({ name, needs = [], run }, index) => {
    const missing = needs.filter((fault) => !faultsHere.includes(fault))
    test.skipIf(missing.length > 0)(name, async () => run(await stage.world(`project-${index}`)))
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

test('a life from creation to Completed costs three status writes with an Event each, the Job, and two reads at each of three wake-ups', async () => {
  const world = await stage.world('budget')
  await world.create('thrifty', { runner: { seconds: 5 } })
  await phaseIs(world, 'thrifty', 'Running')
  await phaseIs(world, 'thrifty', 'Completed')
  await world.sweep()
  const calls = controlPlane.audit().flatMap((event) => {
    if (!isOurs(event) || event.objectRef?.namespace !== 'budget' || isOf('on-project-event', event)) return []
    return [event.verb, event.objectRef.resource, event.objectRef.subresource].filter(Boolean).join(' ')
  })
  const lookAndWrite = ['get agenticsessions', 'get jobs', 'patch agenticsessions status', 'create events']
  expect(calls).toEqual([
    'get agenticsessions',
    'get jobs',
    'create jobs',
    'patch agenticsessions status',
    'create events',
    ...lookAndWrite,
    ...lookAndWrite,
  ])
})

describe('two hundred sessions that come and go', () => {
  test('leave nothing of any kind half a minute after they are deleted, whatever they were doing', {
    timeout: 300_000,
  }, async () => {
    const world = await stage.world('two-hundred')
    const names = Array.from({ length: 200 }, (_, i) => `s-${i}`)
    // Every second one still runs when it is deleted.
    const runnerOf = (i: number) => ({ seconds: i % 2 === 0 ? 0.2 : 600 })
    // Every tenth has all that upstream's have, and another tenth a workspace and a copied Secret as well.
    const typeOf = (i: number) => ({ 0: 'upstream', 5: 'everything' })[i % 10] ?? 'plain'
    const specOf = (i: number) => ({ timeout: 0, environmentVariables: { RUNNER_TYPE: typeOf(i) } })
    await world.apply(sharedByRunners)
    await Promise.all(names.map((name, i) => world.create(name, { runner: runnerOf(i), spec: specOf(i) })))
    await world.eventually(
      'all run or have run',
      async () => {
        const phases = (await world.sessions()).map(({ status }) => status?.phase)
        const isThere = (phase: string | undefined) => phase === 'Running' || phase === 'Completed'
        return phases.length === 200 && phases.every(isThere) ? true : undefined
      },
      200,
    )
    expect(await world.list(claimKind)).toHaveLength(20)
    const before = Date.now()
    await Promise.all(names.map((name) => world.delete(name)))
    await world.eventually('nothing is left', async () => ((await world.leftovers()).length === 0 ? true : undefined))
    process.stdout.write(
      `200 sessions and all of theirs were gone after ${Math.round((Date.now() - before) / 1000)} s\n`,
    )
  })

  test('have their status written without failing, but for one in a hundred at most', () => {
    const writes = controlPlane
      .audit()
      .filter(
        (event) =>
          isOurs(event) && event.objectRef?.namespace === 'two-hundred' && event.objectRef.subresource === 'status',
      )
    const codes = writes.map(({ responseStatus }) => responseStatus?.code ?? 0)
    const failures = codes.filter((code) => code >= 400 && code !== 404)
    process.stdout.write(`${writes.length} writes, ${failures.length} failed\n`)
    expect(writes.length).toBeGreaterThanOrEqual(400)
    expect(failures.length / writes.length).toBeLessThan(0.01)
  })
})

describe('requests that no broker sends', () => {
  test.each([
    ['on-session-event', 'session'],
    ['on-job-event', 'job'],
  ] as const)('%s answers as documented, with an empty body, and writes nothing', async (name, kind) => {
    const world = await stage.world(`hostile-${name}`)
    const instance = stage.functions().find((running) => running.name === name)
    if (!instance) throw new Error(`${name} is not running`)
    const writes = () => controlPlane.audit().filter((event) => isOurs(event) && WRITES.includes(event.verb))
    // From here on nothing else reaches a function: sessions of earlier tests may still run into their timeouts.
    await world.loseEvents()
    const before = await world.eventually('nothing is written any more', async () => {
      const { length } = writes()
      await world.wait(1)
      return writes().length === length ? length : undefined
    })
    for (const { what, request, status } of hostileRequests(world.namespace, kind)) {
      const answer = await send(instance.url, request)
      expect({ what, ...answer }).toEqual({ what, status, body: '' })
    }
    expect(instance.isRunning()).toBe(true)
    expect(writes()).toHaveLength(before)
    await world.deliverEvents()
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
    const [settings] = await world.list(projectSettingsKind)
    const unheard = { ...settings, ...projectSettingsKind, metadata: { ...settings?.metadata, generation: 99 } }
    expect(await send(sink.url, deadLetterAbout(unheard, 'c'))).toEqual({ status: 204, body: '' })
    expect((await world.list(projectSettingsKind))[0]?.status?.deadLetters?.count).toBe(1)
    await world.sweep()
    expect((await world.list(projectSettingsKind))[0]?.status).not.toHaveProperty('deadLetters')
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
    const pathOf = (job: string) => `/apis/batch/v1/namespaces/${world.namespace}/jobs/${job}`
    await eachDoorDoesEverything(world, {
      deliverOnlyTo: stage.deliverOnlyTo,
      holdJob: (job) =>
        controlPlane.api.patch(pathOf(job), 'merge', { metadata: { finalizers: ['example.com/held'] } }),
      letJobGo: (job) => controlPlane.api.patch(pathOf(job), 'json', [{ op: 'remove', path: '/metadata/finalizers' }]),
    })
  })

  // Two minutes of them pass before anybody may use force.
  test('every door can end by force what a node holds up', { timeout: 240_000 }, async () => {
    const world = await stage.world('held-up')
    await eachDoorEndsByForce(world, stage)
  })

  test('every door can do all that a plan may ask for a project', async () => {
    await eachProjectDoorDoesEverything(await stage.world('project-doors'))
  })

  test('are exact: every verb of every role was used, and none was refused', async () => {
    const events = controlPlane.audit()
    expect(refusalsOf(events, stage.restarts)).toEqual([])
    for (const name of FUNCTIONS) expect.soft(usedBy(name, events), name).toEqual(await usable(name, events))
    expect(grantedTo('source')).toEqual(GRANTED_TO_SOURCE)
  })
})

describe('what profiles make', () => {
  test.each(templates)(
    'of $profile passes the strict validation of the real API server, its Pod in a namespace that enforces the restricted standard',
    async ({ profile, children, pod }) => {
      await enforceRestricted(controlPlane.api)
      for (const { path, object } of [...children, pod]) {
        const made = await controlPlane.api.post<{ kind: string }>(`${path}?dryRun=All&fieldValidation=Strict`, object)
        expect(made.kind, profile).toBe((object as { kind: string }).kind)
      }
    },
  )

  test('would not where a Pod asks for more', async () => {
    const [{ pod }] = templates as unknown as [(typeof templates)[number]]
    const { spec } = pod.object as { spec: object }
    const post = controlPlane.api.post(`${pod.path}?dryRun=All`, {
      ...pod.object,
      spec: { ...spec, hostNetwork: true },
    })
    await expect(post).rejects.toThrow(/violates PodSecurity "restricted/)
  })
})

describe('manifests', () => {
  test.each(functionPods())(
    'have Pods of $name that a namespace admits that enforces the restricted standard',
    async ({ pod }) => {
      await enforceRestricted(controlPlane.api)
      const made = await controlPlane.api.post<{ kind: string }>(
        `${pod.path}?dryRun=All&fieldValidation=Strict`,
        pod.object,
      )
      expect(made.kind).toBe('Pod')
    },
  )

  test('pass the strict validation of the real API server with the real CRDs', async () => {
    const answer = await controlPlane.kubectl('apply', '-k', ROOT, '--dry-run=server', '--validate=strict')
    const lines = answer.trim().split('\n')
    expect(lines.length).toBeGreaterThan(20)
    expect(lines.filter((line) => !line.endsWith('(server dry run)'))).toEqual([])
  })

  test('of the documentation that make sessions by the clock pass it too, in a namespace that enforces the restricted standard', async () => {
    await enforceRestricted(controlPlane.api)
    for (const { path, object } of scheduledSession()) {
      const made = await controlPlane.api.post<{ kind: string }>(`${path}?dryRun=All&fieldValidation=Strict`, object)
      expect(made.kind).toBe((object as { kind: string }).kind)
    }
  })

  test('with a field that nobody knows would not', async () => {
    const text = await controlPlane.kubectl('kustomize', ROOT)
    const broken = text.replaceAll('containerConcurrency:', 'containerConcurency:')
    await expect(
      controlPlane.kubectl('apply', '-f', '-', '--dry-run=server', '--validate=strict', { stdin: broken }),
    ).rejects.toThrow(/containerConcurency/)
  })
})
