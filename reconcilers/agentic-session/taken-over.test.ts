import { describe, expect, it, test } from 'vitest'
import type { Live } from '#sdk/index.ts'
import { aJob, aSession } from './fixtures.ts'
import type { JobObject } from './job.ts'
import { plan } from './plan-fixtures.ts'
import type { Phase, Status } from './schema.ts'

const condition = (type: string) => ({ type, status: 'True' as const, reason: 'Left', message: '' })

/** As the upstream operator leaves it. */
const upstreamSession = (phase: Phase, more: Status = {}) => ({
  ...aSession(),
  status: { phase, startTime: '2026-02-01T00:00:00Z', ...more },
})

describe('a session of the upstream operator', () => {
  it.each<[string, Phase, readonly string[] | undefined, boolean]>([
    ['waited for a Secret', 'Pending', ['SecretsReady', 'S3Available'], false],
    ['had no image', 'Failed', ['Ready', 'PodCreated'], false],
    ['had a runner', 'Failed', ['Ready', 'PodCreated', 'RunnerStarted'], true],
    ['had a runner, and waits for another', 'Pending', ['Ready', 'RunnerStarted'], true],
    ['ran before there were conditions', 'Running', undefined, true],
    ['waited before there were conditions', 'Pending', undefined, false],
  ])('that %s resumes only where it has run', (_, phase, types, hasRun) => {
    const session = upstreamSession(phase, types && { conditions: types.map(condition) })
    const { status = session.status } = plan({
      session: {
        ...session,
        metadata: { ...session.metadata, annotations: { 'ambient-code.io/desired-phase': 'Running' } },
      },
    })
    expect(status).toMatchObject({ attempt: expect.any(Number) })
    expect(status.hasRun ?? false).toBe(hasRun)
  })

  it('loses the conditions that nobody keeps any more, and no others', () => {
    const types = ['PodCreated', 'S3Available', 'Theirs']
    const { status } = plan({ session: upstreamSession('Pending', { conditions: types.map(condition) }) })
    const kept = status?.conditions?.map(({ type }) => type)
    expect(kept).toEqual(expect.arrayContaining(['Theirs', 'Ready']))
    expect(kept).not.toContain('PodCreated')
    expect(kept).not.toContain('S3Available')
  })

  it.each<[string, Live<JobObject> | undefined]>([
    ['starts', undefined],
    ['runs, though who made its Job did not write that down,', aJob({ isReady: true })],
  ])('%s without what the runner before had been told, which this one was not', (_, job) => {
    const told: Status = {
      reconciledRepos: [{ url: 'https://git.example/old', branches: ['main'], status: 'Ready' }],
      reconciledWorkflow: { gitUrl: 'https://git.example/flows', status: 'Active' },
      conditions: ['RunnerStarted', 'ReposReconciled', 'WorkflowReconciled', 'Reconciled'].map(condition),
    }
    const { status } = plan({ session: upstreamSession('Pending', told), job })
    expect(status).toMatchObject({ phase: job ? 'Running' : 'Creating', hasRun: true })
    expect(status).not.toHaveProperty('reconciledRepos')
    expect(status).not.toHaveProperty('reconciledWorkflow')
    const types = status?.conditions?.map(({ type }) => type)
    for (const type of ['ReposReconciled', 'WorkflowReconciled', 'Reconciled']) expect(types).not.toContain(type)
  })
})

test('a condition of ours or of others stays, whatever its name, once the session is ours', () => {
  const status = { phase: 'Pending', attempt: 1, startTime: '2026-02-01T00:00:00Z' } as const
  const session = { ...aSession(), status: { ...status, conditions: [condition('PodCreated')] } }
  expect(plan({ session }).status?.conditions?.map(({ type }) => type)).toContain('PodCreated')
})
