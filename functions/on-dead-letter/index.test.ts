import { CloudEvent } from 'cloudevents'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { aDeadLetter, aJob, aSession } from '#reconcilers/agentic-session/fixtures.ts'
import { agenticSession } from '#reconcilers/agentic-session/reconciler.ts'
import { sessionKind } from '#reconcilers/agentic-session/schema.ts'
import { aNamespace, aProject, readyStatus } from '#reconcilers/project/fixtures.ts'
import { projectSettingsKind } from '#reconcilers/project/schema.ts'
import { ConflictError, UnreachableError } from '#sdk/errors.ts'
import { type Kind, type KubernetesObject, reconcile } from '#sdk/index.ts'
import { anEvent } from '#test/events.ts'
import { type Around, createMemoryCluster } from '#test/memory-cluster.ts'
import { portsOn } from '#test/ports.ts'
import onDeadLetter from './index.ts'

type KubeEvent = KubernetesObject & {
  readonly count: number
  readonly reason: string
  readonly message: string
  readonly involvedObject: object
}
const eventKind: Kind<KubeEvent> = { apiVersion: 'v1', kind: 'Event', plural: 'events', scope: 'Namespaced' }

const fromFunction = {
  knativeerrordest: 'http://on-job-event.dormouse.svc.cluster.local/',
  knativeerrorcode: '503',
}

const about = (object: unknown, differing: object = {}, change: 'add' | 'update' | 'delete' = 'update') =>
  new CloudEvent({
    ...anEvent(object, change),
    id: '8f14e45f-ceea-467f-a0e6-ba4f3e4a8b6c',
    ...fromFunction,
    ...differing,
  })

const told = async (events: readonly CloudEvent<unknown>[], objects: readonly KubernetesObject[], around?: Around) => {
  const cluster = createMemoryCluster(objects, around)
  const outcomes = []
  for (const event of events) outcomes.push(await onDeadLetter.handle(event, portsOn(cluster)))
  const [session] = cluster.all(sessionKind)
  return { cluster, outcomes, reasons: outcomes.map(({ reason }) => reason), session, warnings: cluster.all(eventKind) }
}

const running = aSession({ phase: 'Running' })
const job = aJob({ session: running, end: 'Complete' })
const asked = aSession({ phase: 'Running', desired: 'Stopped' })

describe('a dead letter', () => {
  it('about a Job is written on the session that owns it: who did not take what, and how many', async () => {
    const { reasons, session, warnings } = await told([about(job), about(job, { id: 'other' })], [running, job])
    expect(reasons).toEqual(['Recorded', 'Recorded'])
    const message =
      '2 events about this AgenticSession could not be delivered; the last: update of Job, not taken by on-job-event, code 503. The next sweep makes up for it'
    const condition = { type: 'EventsDelivered', status: 'False', reason: 'DeadLettered', message }
    expect(session?.status).toMatchObject({ phase: 'Running', deadLetters: { count: 2 }, conditions: [condition] })
    const { name, uid } = running.metadata
    const involvedObject = expect.objectContaining({ kind: 'AgenticSession', name, uid })
    expect(warnings).toEqual([
      expect.objectContaining({ type: 'Warning', reason: 'DeadLettered', message, count: 2, involvedObject }),
    ])
  })

  it('about a session that nobody has looked at yet is written on it', async () => {
    const { reasons, session } = await told([about(aSession(), {}, 'add')], [aSession()])
    expect(reasons).toEqual(['Recorded'])
    expect(session?.status).toMatchObject({ deadLetters: { count: 1 }, conditions: [{ type: 'EventsDelivered' }] })
  })

  it('that the broker delivers again counts once', async () => {
    const { reasons, session, warnings } = await told([about(job), about(job)], [running, job])
    expect(reasons).toEqual(['Recorded', 'Repeated'])
    expect(session?.status?.deadLetters?.count).toBe(1)
    expect(warnings.map(({ count }) => count)).toEqual([1])
  })

  it('of an event that two functions did not take counts for each', async () => {
    const elsewhere = about(job, { knativeerrordest: 'http://on-job-event-2.dormouse.svc.cluster.local/' })
    expect((await told([about(job), elsewhere], [running])).session?.status?.deadLetters?.count).toBe(2)
  })

  it('counts from one again after a plan was carried out, in a core/v1 Event of its own', async () => {
    const cluster = createMemoryCluster([running, job])
    let now = new Date('2026-03-01T12:00:00Z')
    const ports = portsOn(cluster, { now: () => now })
    await onDeadLetter.handle(about(job), ports)
    await reconcile(agenticSession, { namespace: 'team-a', name: 'tidy-up' }, ports)
    expect(cluster.all(sessionKind)[0]?.status).not.toHaveProperty('deadLetters')
    now = new Date('2026-03-01T12:05:00Z')
    await onDeadLetter.handle(about(job, { id: 'other' }), ports)
    expect(cluster.all(sessionKind)[0]?.status?.deadLetters).toMatchObject({ count: 1 })
    expect(cluster.all(eventKind).filter(({ reason }) => reason === 'DeadLettered')).toHaveLength(2)
  })

  it('that says neither who nor why, for nobody answered in time, is written without', async () => {
    const silent = new CloudEvent(anEvent(job))
    const { session } = await told([silent], [running])
    expect(session?.status?.conditions?.[0]?.message).toContain('update of Job, no answer in time.')
  })

  it.each([
    ['no URL', 'say what you like'],
    ['a host of two words', 'http://say%20this/'],
    ['credentials', 'http://user:word@10.0.0.1:80/path?secret'],
  ])('with %s for a destination gets none of its words onto the session', async (_, knativeerrordest) => {
    const forged = about(job, { knativeerrordest, knativeerrorcode: 'say this', id: 'x'.repeat(500) })
    const { reasons, session } = await told([forged], [running])
    expect(reasons).toEqual(['Recorded'])
    expect(JSON.stringify(session?.status?.conditions)).not.toMatch(/say|word|secret/)
    expect(session?.status?.deadLetters?.ids?.[0]?.length).toBeLessThanOrEqual(128)
  })
})

it('a dead letter is logged with all that it says, but never pages of it', async () => {
  const logged: unknown[] = []
  const warn = (fields: object) => logged.push(fields)
  const { log, ...ports } = portsOn(createMemoryCluster([running, job]))
  const long = 'x'.repeat(5000)
  const forged = about(job, { subject: long, id: long, knativeerrordest: long, knativeerrorcode: long, type: long })
  for (const event of [about(job, { subject: '/apis/batch/v1' }), forged]) {
    await onDeadLetter.handle(event, { ...ports, log: { ...log, warn } })
  }
  const { knativeerrordest: destination, knativeerrorcode: code } = fromFunction
  expect(logged[0]).toMatchObject({
    subject: '/apis/batch/v1',
    destination,
    code,
    state: 'settled',
    reason: 'Recorded',
  })
  expect(logged[1]).toMatchObject({ reason: 'UnknownEvent', type: 'x'.repeat(512) })
  expect(JSON.stringify(logged[1]).length).toBeLessThan(3000)
})

describe('a dead letter is settled and written nowhere', () => {
  const remade = aSession({ uid: 'another', phase: 'Running' })
  it.each([
    ['about a session that is gone', about(asked), [], 'Gone'],
    ['about one of that name from before', about(asked), [remade], 'Recreated'],
    ['about a Job of one of that name from before', about(job), [remade], 'Recreated'],
    ['about a session that is going', about(job), [aSession({ phase: 'Running', isDeleting: true })], 'Deleted'],
    ['about the end of a session', about(running, {}, 'delete'), [], 'Deleted'],
    ['about a change that no plan depends on', about(running), [running], 'WaitsForJob'],
    ['about a Job that only started', about(aJob()), [running], 'NoNews'],
    ["about somebody else's Job", about({ ...job, metadata: { ...job.metadata, ownerReferences: [] } }), [], 'NotOurs'],
    ['about another kind', about({ ...job, kind: 'CronJob' }), [running], 'UnknownEvent'],
    [
      'about what was announced',
      about({ name: 'tidy-up' }, { type: 'dev.dormouse.agenticsession.completed' }),
      [],
      'UnknownEvent',
    ],
    ['without data', about(undefined), [running], 'MalformedEvent'],
    ['with text for data', about('tidy-up'), [running], 'MalformedEvent'],
    ['whose owner is no name', about(aJob({ end: 'Complete', ownerUid: 5 as never })), [running], 'MalformedEvent'],
  ] as const)('%s', async (_, event, objects, reason) => {
    const { cluster, outcomes } = await told([event], objects)
    expect(outcomes).toEqual([{ state: 'settled', reason }])
    expect(cluster.writes()).toEqual([])
  })

  it('about the change that wrote the last one: it would be written again, for ever', async () => {
    const { session, cluster } = await told([about(asked)], [asked])
    const echo = about(session, { id: 'the echo' })
    expect(await onDeadLetter.handle(echo, portsOn(cluster))).toEqual({ state: 'settled', reason: 'AlreadyTold' })
  })

  it('whatever its data, with no wish to see it again', () =>
    fc.assert(
      fc.asyncProperty(fc.jsonValue(), fc.jsonValue(), fc.string(), async (json, more, text) => {
        for (const data of [json, { ...job, status: json, spec: more }, { ...asked, status: json, metadata: more }]) {
          const [outcome] = (await told([about(data, { knativeerrordest: text, subject: 'a' })], [running])).outcomes
          expect(outcome?.state).not.toBe('failed')
        }
      }),
    ))
})

describe('while the API server', () => {
  it('is away, a dead letter asks to be delivered again', async () => {
    const { outcomes } = await told([about(job)], [running], () => {
      throw new UnreachableError('no answer')
    })
    expect(outcomes).toMatchObject([{ state: 'failed', reason: 'UnreachableError' }])
  })

  it('breaks off after any call, the letter comes again and is counted once', async () => {
    for (const carriedOut of [true, false]) {
      for (let broken = 1; broken <= 4; broken++) {
        const around: Around = ({ number }, commit) => {
          if (number !== broken) return commit()
          if (carriedOut) commit()
          throw new UnreachableError('no answer')
        }
        const { session, warnings } = await told([about(job), about(job)], [running, job], around)
        expect(session?.status?.deadLetters?.count).toBe(1)
        expect(warnings.map(({ count }) => count)).toEqual([1])
      }
    }
  })

  it('has another writer at the session, a dead letter is written on what that left', async () => {
    const { reasons, session } = await told([about(job)], [running], ({ number }, commit) => {
      if (number === 2) throw new ConflictError('somebody was faster')
      return commit()
    })
    expect({ reasons, count: session?.status?.deadLetters?.count }).toEqual({ reasons: ['Recorded'], count: 1 })
  })

  it('never takes the write, the letter is left to a redelivery', async () => {
    const { outcomes } = await told(
      [about(job)],
      [aSession({ phase: 'Running', status: aDeadLetter })],
      (call, commit) => {
        if (call.verb === 'patchStatus') throw new ConflictError('somebody was faster')
        return commit()
      },
    )
    expect(outcomes).toMatchObject([{ state: 'failed', reason: 'TransientError' }])
  })
})

describe('a dead letter about a project', () => {
  const settings = { ...aProject({ generation: 2 }), status: readyStatus(aProject()) }
  const namespace = { ...aNamespace(), metadata: { name: 'team-a', uid: 'ns', resourceVersion: '3' } }
  const recorded = async (...events: CloudEvent<unknown>[]) => {
    const { reasons, cluster, warnings } = await told(events, [settings, running])
    const [{ status } = settings] = cluster.all(projectSettingsKind)
    return { reasons, status, warnings, sessions: cluster.all(sessionKind) }
  }

  it('is written on its settings, and on no session', async () => {
    const { reasons, status, warnings, sessions } = await recorded(about(settings))
    expect(reasons).toEqual(['Recorded'])
    expect(status).toMatchObject({ groupBindingsCreated: 0, deadLetters: { count: 1 } })
    expect(status?.conditions?.find(({ type }) => type === 'EventsDelivered')?.status).toBe('False')
    expect(warnings[0]?.involvedObject).toMatchObject({ kind: 'ProjectSettings', name: 'projectsettings' })
    expect(JSON.stringify(sessions)).not.toContain('DeadLettered')
  })

  it('is written there as well where it is about the label of its namespace', async () => {
    const { reasons, status } = await recorded(about(namespace, {}, 'add'), about(namespace, { id: 'x' }, 'update'))
    expect(reasons).toEqual(['Recorded', 'NoNews'])
    expect(status?.deadLetters?.count).toBe(1)
  })

  it('is not written where it tells of our own status, or of what is told already', async () => {
    const echo = { ...settings, metadata: { ...settings.metadata, generation: 1 } }
    const known = { ...settings, status: { ...settings.status, deadLetters: { count: 1 } } }
    expect((await recorded(about(echo), about(known))).reasons).toEqual(['NoNews', 'AlreadyTold'])
  })
})
