import { describe, expect, it } from 'vitest'
import { dueSessions } from '#reconcilers/agentic-session/due-sessions.ts'
import { aDeadLetter, aJob, aSession, minutesAgo } from '#reconcilers/agentic-session/fixtures.ts'
import { factsOf, jobKind } from '#reconcilers/agentic-session/job.ts'
import { type AgenticSession, sessionKind } from '#reconcilers/agentic-session/schema.ts'
import { UnreachableError } from '#sdk/errors.ts'
import type { Cluster, KubernetesObject, Live } from '#sdk/index.ts'
import { anEvent } from '#test/events.ts'
import { createMemoryCluster } from '#test/memory-cluster.ts'
import { portsOn } from '#test/ports.ts'
import sweeper from './index.ts'
import { listProjects } from './projects.ts'

const aNamespace = (name: string, labels?: Record<string, string>): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name, namespace: '', ...(labels && { labels }) },
})
const managed = aNamespace('team-a', { 'ambient-code.io/managed': 'true' })

const due = (cluster: Cluster) => dueSessions(portsOn(cluster), listProjects(cluster))

const found = async (...objects: KubernetesObject[]) => {
  const cluster = createMemoryCluster([managed, ...objects])
  const names = new Set<string>()
  for await (const { namespace, name } of due(cluster)) names.add(`${namespace}/${name}`)
  return { names: [...names], calls: cluster.calls }
}

type Fixture = Parameters<typeof aSession>[0]
type JobFixture = NonNullable<Parameters<typeof aJob>[0]>
const withJob = (fixture: Fixture, facts: JobFixture = {}): KubernetesObject[] => {
  const session = aSession(fixture)
  return [session, aJob({ session, ...facts })]
}

describe('a sweep finds a session', () => {
  it.each<[string, KubernetesObject[]]>([
    ['that nobody has looked at', [aSession()]],
    ['that is Pending', [aSession({ phase: 'Pending' })]],
    ['whose Job runs and whose status does not say so', withJob({ phase: 'Creating' }, { isReady: true })],
    ['whose Job completed unnoticed', withJob({ phase: 'Running' }, { end: 'Complete' })],
    ['whose Job failed unnoticed', withJob({ phase: 'Creating' }, { end: 'Failed' })],
    ['whose Job is gone', [aSession({ phase: 'Running' })]],
    ['whose Job is gone after a stop', [aSession({ phase: 'Stopping' })]],
    ['that is asked to stop', withJob({ phase: 'Running', desired: 'Stopped' }, { isReady: true })],
    ['that is asked to start again', [aSession({ phase: 'Failed', desired: 'Running' })]],
    ['that is asked to stop after its end', [aSession({ phase: 'Completed', desired: 'Stopped' })]],
    ['past its deadline', withJob({ phase: 'Running', spec: { timeout: 300 } }, { startTime: minutesAgo(7) })],
    ['that is late to start', withJob({ phase: 'Creating' }, { startTime: minutesAgo(2) })],
    ['whose spec changed unnoticed', withJob({ phase: 'Running', generation: 2, status: { observedGeneration: 1 } })],
    ['whose Job outlived the end of the session', withJob({ phase: 'Failed' }, { isReady: true })],
    ['with the Job of the attempt before', [aSession({ phase: 'Running', attempt: 2 }), ...jobsOfAttempts(1, 2)]],
    ['that runs as it should, with a dead letter', withJob({ status: aDeadLetter }, { isReady: true })],
    ['that waits for its Job to end, with a dead letter', withJob({ phase: 'Stopping', status: aDeadLetter })],
    ['that ended, with a dead letter', [aSession({ phase: 'Completed', status: aDeadLetter })]],
    ['that has an old phase and is asked to start', [aSession({ phase: 'Error', desired: 'Running' })]],
  ])('%s', async (_, objects) => {
    expect((await found(...objects)).names).toEqual(['team-a/tidy-up'])
  })
})

function jobsOfAttempts(...attempts: number[]) {
  return attempts.map((attempt) => aJob({ attempt, isReady: true }))
}

it('a sweep takes a dead letter off a session that ended, and all the rest stays', async () => {
  const before = aSession({ phase: 'Completed' })
  const told = aSession({ phase: 'Completed', status: aDeadLetter })
  const [session] = (await atRest(told)).all(sessionKind)
  expect(session?.status).toEqual({ ...before.status, conditions: [] })
})

/** What a session looks like once a reconcile is through with it. */
const atRest = async (...objects: KubernetesObject[]) => {
  const cluster = createMemoryCluster([managed, ...objects])
  await sweeper.handle(anEvent({}), portsOn(cluster))
  return cluster
}

describe('a sweep leaves alone a session', () => {
  it.each<[string, KubernetesObject[]]>([
    ['that runs as its status says', withJob({}, { isReady: true })],
    ['that waits for its runner', withJob({}, { startTime: minutesAgo(0.5) })],
    [
      'a millisecond before its deadline',
      withJob({ spec: { timeout: 300 } }, { isReady: true, startTime: '2026-03-01T11:53:00.001Z' }),
    ],
    ['that waits for its Job to end', withJob({ phase: 'Stopping' }, { isDeleting: true })],
    ['that completed, its Job still there', withJob({ phase: 'Completed' }, { end: 'Complete' })],
    ['that ended', [aSession({ phase: 'Failed' })]],
    ['that is being deleted', withJob({ phase: 'Running', isDeleting: true, desired: 'Stopped' })],
    ['with an old phase', [aSession({ phase: 'Error' })]],
  ])('%s', async (_, objects) => {
    const cluster = await atRest(...objects)
    const before = cluster.calls.length
    const names: unknown[] = []
    for await (const ref of due(cluster)) names.push(ref)
    expect(names).toEqual([])
    expect(cluster.writes(before)).toEqual([])
  })

  it.each([
    ['without the label', aNamespace('team-b')],
    ['with another value in it', aNamespace('team-b', { 'ambient-code.io/managed': 'false' })],
  ])('in a namespace %s', async (_, namespace) => {
    const elsewhere = (object: KubernetesObject) => ({
      ...object,
      metadata: { ...object.metadata, namespace: 'team-b' },
    })
    const sessions = [
      aSession(),
      aSession({ name: 'ended', phase: 'Failed', desired: 'Running' }),
      aSession({ name: 'missed', phase: 'Failed', status: aDeadLetter }),
    ].map(elsewhere)
    const leftover = withJob({ name: 'leftover', phase: 'Failed' }, { isReady: true }).map(elsewhere)
    expect((await found(namespace, ...sessions, ...leftover)).names).toEqual([])
  })
})

describe('a sweep', () => {
  it('costs the same ten lists however many sessions and projects there are', async () => {
    const many = Array.from({ length: 50 }, (_, i) => withJob({ name: `s-${i}`, phase: 'Running' }, { isReady: true }))
    const ended = Array.from({ length: 50 }, (_, i) => aSession({ name: `e-${i}`, phase: 'Completed' }))
    const teams = Array.from({ length: 5 }, (_, i) => aNamespace(`team-${i}`, { 'ambient-code.io/managed': 'true' }))
    const cluster = await atRest(...many.flat(), ...ended, ...teams)
    const before = cluster.calls.length
    await sweeper.handle(anEvent({}), portsOn(cluster))
    expect(cluster.calls.slice(before).map(({ verb, kind }) => `${verb} ${kind}`)).toEqual([
      'list Namespace',
      'list ProjectSettings',
      'list ServiceAccount',
      'list Role',
      'list RoleBinding',
      'list LimitRange',
      'list Job',
      'list AgenticSession',
      'list AgenticSession',
      'list AgenticSession',
    ])
  })

  it('sees a session that comes twice, its list having started over, as it saw it first', async () => {
    const cluster = await atRest(...withJob({ phase: 'Running' }, { isReady: true }))
    const twice: typeof cluster.list = async function* (kind, query) {
      for (let time = 0; time < 2; time++) yield* cluster.list(kind, query)
    }
    const names: string[] = []
    for await (const { name } of due({ ...cluster, list: twice })) names.push(name)
    expect(names).toEqual([])
  })

  it('goes on behind a session that no plan can be made for', async () => {
    const broken = { ...aSession({ name: 'broken', phase: 'Running' }), status: { phase: 'Running', conditions: 5 } }
    const session = aSession({ name: 'broken', phase: 'Running' })
    const { names } = await found(
      broken as unknown as Live<AgenticSession>,
      aJob({ session, isReady: true }),
      aSession({ name: 'whole' }),
    )
    expect(names.toSorted()).toEqual(['team-a/broken', 'team-a/whole'])
  })

  it('repairs the others though one cannot be repaired, and says that something failed', async () => {
    const broken = { ...aSession({ name: 'broken', phase: 'Pending' }), status: { phase: 'Pending', conditions: 5 } }
    const cluster = createMemoryCluster([
      managed,
      broken as unknown as Live<AgenticSession>,
      aSession({ name: 'whole' }),
    ])
    expect(await sweeper.handle(anEvent({}), portsOn(cluster))).toMatchObject({ state: 'failed', reason: 'TypeError' })
    expect(cluster.all(jobKind).map((job) => factsOf(job).owner?.ref.name)).toContain('whole')
  })

  it('whose lists fail says so', async () => {
    const cluster = createMemoryCluster([managed], (call, commit) => {
      if (call.kind === 'Job') throw new UnreachableError('list jobs: no answer')
      return commit()
    })
    expect(await sweeper.handle(anEvent({}), portsOn(cluster))).toMatchObject({
      state: 'failed',
      reason: 'UnreachableError',
    })
  })
})
