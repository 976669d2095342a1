import { describe, expect, it } from 'vitest'
import { aSession, minutesAgo } from '#reconcilers/agentic-session/fixtures.ts'
import { type AgenticSession, type Phase, sessionKind } from '#reconcilers/agentic-session/schema.ts'
import type { KubernetesObject, Live } from '#sdk/index.ts'
import { anEvent } from '#test/events.ts'
import { createMemoryCluster, type MemoryCluster } from '#test/memory-cluster.ts'
import { portsOn } from '#test/ports.ts'
import trigger from './index.ts'

const variables = {
  SESSION_TEMPLATE: JSON.stringify({ initialPrompt: 'Tidy up', displayName: 'Nightly' }),
  PROJECT_NAMESPACE: 'team-a',
  SCHEDULED_SESSION_NAME: 'nightly',
}

const run = async (
  cluster: MemoryCluster,
  more: Readonly<Record<string, string | undefined>> = {},
  asked: object[] = [],
) => {
  const askBackend = async (path: string, body: object) => void asked.push({ path, body })
  return trigger.handle(anEvent({ ...variables, ...more }), portsOn(cluster, { askBackend }))
}

/** A session of the schedule, the first and oldest unless a number is given. */
const aRun = (phase: Phase | undefined, number = 1, desired?: 'Running' | 'Stopped'): Live<AgenticSession> => {
  const session = aSession({ name: `nightly-${number}`, uid: `run-${number}`, phase, desired })
  const labels = {
    'ambient-code.io/scheduled-session-name': 'nightly',
    'ambient-code.io/scheduled-run-number': String(number),
  }
  return { ...session, metadata: { ...session.metadata, labels, creationTimestamp: minutesAgo(100 - number) } }
}
const reuse = { REUSE_LAST_SESSION: 'true' }
const namesIn = (cluster: MemoryCluster) => cluster.all(sessionKind).map(({ metadata }) => metadata.name)

describe('a schedule that comes due', () => {
  it('makes a session of its template, named after it and found by its label', async () => {
    const cluster = createMemoryCluster()
    expect(await run(cluster)).toMatchObject({ state: 'settled', reason: 'Created' })
    expect(cluster.all(sessionKind)).toMatchObject([
      {
        metadata: {
          name: 'nightly-1',
          namespace: 'team-a',
          labels: {
            'ambient-code.io/scheduled-session-name': 'nightly',
            'ambient-code.io/scheduled-run': 'true',
            'ambient-code.io/scheduled-run-number': '1',
          },
        },
        spec: { initialPrompt: 'Tidy up', displayName: 'Nightly (2026-03-01T12:00:00Z)' },
      },
    ])
  })

  it.each(['Stopped', 'Completed', 'Failed'] as const)('makes the next one after one that is %s', async (phase) => {
    const cluster = createMemoryCluster([aRun('Completed', 8), aRun(phase, 9)])
    await run(cluster)
    expect(namesIn(cluster)).toContain('nightly-10')
  })

  it.each<[string, Live<AgenticSession>]>([
    ['new', aRun(undefined)],
    ['Pending', aRun('Pending')],
    ['Creating', aRun('Creating')],
    ['Running', aRun('Running')],
    ['Stopping', aRun('Stopping')],
    ['Stopped, and about to start again', aRun('Stopped', 1, 'Running')],
  ])('leaves it at the one that is %s: two do not overlap', async (_, under) => {
    const cluster = createMemoryCluster([under, aRun('Completed', 2)])
    expect(await run(cluster)).toMatchObject({ state: 'settled', reason: 'StillRunning' })
    expect(cluster.writes()).toEqual([])
  })

  it('makes one beside another where that is allowed', async () => {
    const cluster = createMemoryCluster([aRun('Running')])
    expect(await run(cluster, { SESSION_OVERLAP: 'Allow' })).toMatchObject({ reason: 'Created' })
  })

  it('makes one where two triggers come at once', async () => {
    const cluster = createMemoryCluster([aRun('Completed')])
    const outcomes = await Promise.all([run(cluster), run(cluster), run(cluster)])
    expect(outcomes.map((outcome) => outcome.reason).sort()).toEqual(['Created', 'StillRunning', 'StillRunning'])
    expect(namesIn(cluster)).toEqual(['nightly-1', 'nightly-2'])
  })

  it('does not take another session for its own', async () => {
    const foreign: KubernetesObject = aSession({ name: 'nightly-1', phase: 'Completed' })
    const outcome = await run(createMemoryCluster([foreign]))
    expect(outcome).toMatchObject({ state: 'rejected', reason: 'NameTaken' })
  })

  it.each<[string, Record<string, string>]>([
    ['whose number somebody has changed', { 'ambient-code.io/scheduled-run-number': '2' }],
    ['whose number is none', { 'ambient-code.io/scheduled-run-number': 'Infinity' }],
    ['that has lost its number', {}],
  ])('makes the next one after one %s', async (_, numbers) => {
    const last = aRun('Completed', 7)
    const labels = { 'ambient-code.io/scheduled-session-name': 'nightly', ...numbers }
    const cluster = createMemoryCluster([aRun('Completed', 3), { ...last, metadata: { ...last.metadata, labels } }])
    expect((await run(cluster)).reason).toBe('Created')
    expect(namesIn(cluster)).toContain('nightly-8')
  })

  it('counts from one after those of the upstream operator, whose names end in a time', async () => {
    const theirs = aRun('Completed')
    const cluster = createMemoryCluster([{ ...theirs, metadata: { ...theirs.metadata, name: 'nightly-1763700000' } }])
    await run(cluster, { REUSE_LAST_SESSION: 'false' })
    expect(namesIn(cluster)).toContain('nightly-2')
  })

  it.each([
    ['{"displayName":5}', 'SESSION_TEMPLATE.displayName is 5, must be string'],
    ['{"initialPrompt":["a"]}', 'SESSION_TEMPLATE.initialPrompt is ["a"], must be string'],
    [
      '{"repos":[{"branch":"main"}],"timeout":-1}',
      'SESSION_TEMPLATE.repos[0].url is missing; SESSION_TEMPLATE.timeout',
    ],
  ])('is told what is wrong with its template %s, and asks nobody', async (template, message) => {
    const asked: object[] = []
    const outcome = await run(createMemoryCluster([aRun('Running')]), { ...reuse, SESSION_TEMPLATE: template }, asked)
    expect(outcome).toMatchObject({ state: 'rejected', reason: 'MalformedSchedule' })
    expect('error' in outcome && outcome.error.message).toContain(message)
    expect(asked).toEqual([])
  })

  it.each(['a..b', 'a.-b', '-a', 'a'.repeat(64), 'A'])(
    'refuses %s for a name that no session could have',
    async (name) => {
      const outcome = await run(createMemoryCluster(), { SCHEDULED_SESSION_NAME: name })
      expect('error' in outcome && outcome.error.message).toContain('SCHEDULED_SESSION_NAME')
    },
  )

  it('says everything that is wrong with it', async () => {
    const outcome = await run(createMemoryCluster(), {
      SESSION_TEMPLATE: '[1]',
      PROJECT_NAMESPACE: '',
      REUSE_LAST_SESSION: 'si',
    })
    expect(outcome).toMatchObject({ state: 'rejected', reason: 'MalformedSchedule' })
    expect('error' in outcome && outcome.error.message).toBe(
      'SESSION_TEMPLATE is "[1]", must be a JSON object; PROJECT_NAMESPACE is "", must be the name of a namespace; REUSE_LAST_SESSION is "si", must be true or false',
    )
  })
})

describe('a schedule that goes on with its last session', () => {
  it.each(['Stopped', 'Completed'] as const)('starts one that is %s again, with its prompt', async (phase) => {
    const cluster = createMemoryCluster([aRun('Failed', 1), aRun(phase, 2)])
    expect(await run(cluster, reuse)).toMatchObject({ reason: 'Resumed' })
    expect(cluster.all(sessionKind).find(({ metadata }) => metadata.name === 'nightly-2')).toMatchObject({
      metadata: {
        annotations: {
          'ambient-code.io/desired-phase': 'Running',
          'ambient-code.io/force-execute-prompt': 'true',
          'ambient-code.io/start-requested-at': '2026-03-01T12:00:00Z',
        },
      },
      spec: { initialPrompt: 'Tidy up' },
    })
  })

  it('asks one that runs, by way of the backend', async () => {
    const asked: object[] = []
    const cluster = createMemoryCluster([aRun('Running')])
    expect(await run(cluster, reuse, asked)).toMatchObject({ reason: 'Asked' })
    expect(cluster.writes()).toEqual([])
    expect(asked).toMatchObject([
      {
        path: 'projects/team-a/agentic-sessions/nightly-1/agui/run',
        body: { threadId: 'nightly-1', messages: [{ role: 'user', content: 'Tidy up' }] },
      },
    ])
  })

  it('has nothing to ask one that runs where there is no prompt', async () => {
    const outcome = await run(createMemoryCluster([aRun('Running')]), { ...reuse, SESSION_TEMPLATE: '{}' })
    expect(outcome.reason).toBe('NothingToAsk')
  })

  it.each<[string, Live<AgenticSession>]>([
    ['is Creating', aRun('Creating')],
    ['is to stop', aRun('Running', 1, 'Stopped')],
    ['is Stopping', aRun('Stopping')],
    ['is about to start', aRun('Stopped', 1, 'Running')],
  ])('waits for the next time where the last one %s', async (_, session) => {
    expect((await run(createMemoryCluster([session]), reuse)).reason).toBe('StillRunning')
  })

  it('makes another where the last one failed, and the first', async () => {
    expect((await run(createMemoryCluster([aRun('Failed')]), reuse)).reason).toBe('Created')
    expect((await run(createMemoryCluster(), reuse)).reason).toBe('Created')
  })

  it('does not go on with the last one while another of the schedule runs', async () => {
    const cluster = createMemoryCluster([aRun('Running', 1), aRun('Completed', 2)])
    expect(await run(cluster, reuse)).toMatchObject({ state: 'settled', reason: 'StillRunning' })
    expect(cluster.writes()).toEqual([])
  })

  it('makes another where the last one is being deleted', async () => {
    const going = aRun('Completed')
    const deleted = { ...going, metadata: { ...going.metadata, deletionTimestamp: minutesAgo(1) } }
    const cluster = createMemoryCluster([deleted])
    expect((await run(cluster, reuse)).reason).toBe('Created')
    expect(namesIn(cluster)).toContain('nightly-2')
  })

  it('starts it once where two triggers come at once', async () => {
    const cluster = createMemoryCluster([aRun('Stopped')])
    const outcomes = await Promise.all([run(cluster, reuse), run(cluster, reuse)])
    expect(outcomes.map((outcome) => outcome.reason).sort()).toEqual(['Resumed', 'StillRunning'])
  })
})
