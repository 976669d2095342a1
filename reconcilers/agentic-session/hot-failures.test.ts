import { describe, expect, it } from 'vitest'
import { ConflictError } from '#sdk/errors.ts'
import { DESIRED_PHASE } from './annotations.ts'
import { secretKind } from './children.ts'
import { aRunningSession, requestsIn } from './hot-fixtures.ts'
import { jobKind } from './job.ts'

const a = { url: 'https://git.example/a' }
const b = { url: 'https://git.example/b' }
const c = { url: 'https://git.example/c' }
const flow = { gitUrl: 'https://git.example/flows' }

const refusing = { objectionTo: () => 'the runner answered 503' }

describe('a runner that does not take what it is told', () => {
  it('is told of in the status, and not taken for one that has it; the event is settled', async () => {
    const { session, edit, wake, conditionIn } = await aRunningSession({ repos: [a] }, refusing)
    edit({ repos: [a, b], activeWorkflow: flow })
    expect(await wake()).toMatchObject({ state: 'waiting', reason: 'Running' })
    expect(session().status).toMatchObject({
      phase: 'Running',
      observedGeneration: 2,
      reconciledRepos: [
        { name: 'a', status: 'Ready' },
        { name: 'b', status: 'Failed' },
      ],
      reconciledWorkflow: { status: 'Failed' },
    })
    expect(conditionIn('ReposReconciled')).toMatchObject({
      status: 'False',
      reason: 'UpdateFailed',
      message: 'repos/b: the runner answered 503',
    })
    expect(conditionIn('WorkflowReconciled')).toMatchObject({ status: 'False', reason: 'UpdateFailed' })
    expect(conditionIn('Reconciled')).toMatchObject({ status: 'False', reason: 'RepoReconciliationFailed' })
  })

  it('of its workflow alone is told of as that', async () => {
    const { edit, wake, conditionIn } = await aRunningSession({}, refusing)
    edit({ activeWorkflow: flow })
    await wake()
    expect(conditionIn('Reconciled')).toMatchObject({ status: 'False', reason: 'WorkflowReconciliationFailed' })
    expect(conditionIn('ReposReconciled')).toBeUndefined()
  })

  it('is told again after a minute at the soonest, and left alone for twice as long each time, ten minutes at most', async () => {
    const { heard, edit, wake, pass, cluster } = await aRunningSession({}, refusing)
    edit({ repos: [b] })
    await wake()
    const pauses: number[] = []
    for (let seconds = 0; pauses.length < 7; seconds += 10) {
      const before = heard.length
      const calls = cluster.calls.length
      pass(10)
      const outcome = await wake()
      if (heard.length === before) {
        expect(cluster.writes(calls)).toEqual([])
        expect(outcome.state).toBe('waiting')
        continue
      }
      pauses.push(seconds + 10)
      seconds = -10
    }
    expect(pauses).toEqual([60, 60, 120, 240, 480, 600, 600])
  })

  it('is told at once of a spec that was mended, and no more of what it took', async () => {
    const { heard, given, edit, wake, conditionIn, session } = await aRunningSession({})
    given.objectionTo = ({ about }) => (about === 'repos/b' ? 'the runner answered 500' : undefined)
    edit({ repos: [a, b] })
    await wake()
    expect(session().status?.reconciledRepos).toMatchObject([{ status: 'Ready' }, { status: 'Failed' }])
    given.objectionTo = () => undefined
    edit({ repos: [a, c] })
    await wake()
    expect(requestsIn(heard.slice(1))).toEqual(['repos/add https://git.example/c main c', 'repos/remove b'])
    expect(conditionIn('Reconciled')).toMatchObject({ status: 'True', reason: 'SpecApplied' })
    expect(conditionIn('ReposReconciled')).toMatchObject({ status: 'True', reason: 'Reconciled' })
  })

  it('is remembered to have no more than a status can hold, the last ones', async () => {
    const { edit, wake, session } = await aRunningSession({}, refusing)
    for (let round = 0; round < 4; round++) {
      edit({ repos: Array.from({ length: 64 }, (_, i) => ({ url: `https://git.example/${round}-${i}` })) })
      await wake()
    }
    const rounds = session().status?.reconciledRepos?.map(({ name }) => name?.split('-')[0])
    expect(rounds).toEqual([...Array(64).fill('3'), ...Array(64).fill('2')])
  })

  it('is not asked to take a repository into a folder that it could not empty', async () => {
    const { heard, edit, wake, session } = await aRunningSession({ repos: [a] }, refusing)
    edit({ repos: [{ url: 'https://git.example/fork/a' }] })
    await wake()
    // One change: the second request is made only once the first was taken.
    expect(heard[0]?.changes.map(({ requests }) => requests.length)).toEqual([2])
    expect(session().status?.reconciledRepos).toMatchObject([
      { url: 'https://git.example/fork/a', status: 'Failed' },
      { url: 'https://git.example/a', status: 'Failed' },
    ])
  })

  it('has all of it with the next attempt, of which nothing is told any more', async () => {
    const { cluster, becomesReady, session, edit, wake } = await aRunningSession({}, refusing)
    edit({ repos: [b] })
    await wake()
    const ask = (desired: string) =>
      cluster.put({ ...session(), metadata: { ...session().metadata, annotations: { [DESIRED_PHASE]: desired } } })
    ask('Stopped')
    await wake()
    cluster.finishDeletions()
    await wake()
    ask('Running')
    await wake()
    expect(session().status).toMatchObject({ phase: 'Creating', attempt: 2 })
    expect(session().status).not.toHaveProperty('reconciledRepos')
    expect(session().status?.conditions?.map(({ type }) => type)).not.toContain('Reconciled')
    becomesReady()
    await wake()
    expect(session().status).toMatchObject({ phase: 'Running', reconciledRepos: [{ name: 'b', status: 'Ready' }] })
  })

  it('whose secret is gone is not told, and the status says which Secret', async () => {
    const { cluster, heard, edit, wake, conditionIn } = await aRunningSession({})
    const [secret] = cluster.all(secretKind)
    if (secret)
      await cluster.delete(secretKind, { namespace: 'team-a', name: secret.metadata.name }, secret.metadata.uid)
    cluster.finishDeletions()
    edit({ repos: [b] })
    await wake()
    expect(heard).toEqual([])
    expect(conditionIn('ReposReconciled')?.message).toBe(
      'repos/b: Secret team-a/ambient-runner-token-tidy-up is not there',
    )
  })
})

describe('a runner that somebody tells', () => {
  it('is told by one of two that wake up at once', async () => {
    const { given, heard, edit, wake, conditionIn } = await aRunningSession({})
    let others: unknown
    given.meanwhile = async () => {
      given.meanwhile = () => {}
      expect(conditionIn('Reconciled')).toMatchObject({ status: 'Unknown', reason: 'Reconciling' })
      others = await wake()
    }
    edit({ repos: [b] })
    await wake()
    expect(heard).toHaveLength(1)
    expect(others).toMatchObject({ state: 'waiting' })
    expect(conditionIn('Reconciled')).toMatchObject({ status: 'True' })
  })

  it('is told by nobody else where the other was quicker', async () => {
    let isLate = false
    const { heard, edit, wake } = await aRunningSession(
      {},
      {
        around: (call, commit) => {
          if (!isLate || call.verb !== 'patchStatus') return commit()
          throw new ConflictError('somebody wrote before')
        },
      },
    )
    edit({ repos: [b] })
    isLate = true
    expect(await wake()).toMatchObject({ state: 'failed' })
    expect(heard).toEqual([])
  })

  it('and is edited meanwhile is told of that by the same, last what is right', async () => {
    const { given, heard, edit, wake, session, conditionIn } = await aRunningSession({ repos: [a] })
    given.meanwhile = () => {
      given.meanwhile = () => {}
      edit({ repos: [a, c] })
    }
    edit({ repos: [b] })
    await wake()
    expect(requestsIn(heard)).toEqual([
      'repos/remove a',
      'repos/add https://git.example/b main b',
      'repos/remove b',
      'repos/add https://git.example/a main a',
      'repos/add https://git.example/c main c',
    ])
    expect(session().status?.reconciledRepos).toMatchObject([
      { name: 'a', status: 'Ready' },
      { name: 'c', status: 'Ready' },
    ])
    expect(conditionIn('Reconciled')).toMatchObject({ status: 'True', observedGeneration: 3 })
  })

  it('by one who is not heard of again is left alone for a minute, and told then', async () => {
    const { given, heard, edit, wake, pass, conditionIn } = await aRunningSession({})
    given.meanwhile = () => Promise.reject(new Error('killed'))
    edit({ repos: [b] })
    expect(await wake()).toMatchObject({ state: 'failed' })
    given.meanwhile = () => {}
    pass(59)
    await wake()
    expect(conditionIn('Reconciled')).toMatchObject({ status: 'Unknown' })
    pass(1)
    await wake()
    expect(conditionIn('Reconciled')).toMatchObject({ status: 'False', reason: 'RepoReconciliationFailed' })
    expect(heard).toHaveLength(1)
    pass(60)
    await wake()
    expect(heard).toHaveLength(2)
    expect(conditionIn('Reconciled')).toMatchObject({ status: 'True' })
  })

  it('and ends meanwhile is told of no more', async () => {
    const { cluster, given, edit, wake, session, conditionIn } = await aRunningSession({})
    given.meanwhile = () => {
      for (const job of cluster.all(jobKind)) {
        const conditions = [{ type: 'Complete', status: 'True', lastTransitionTime: '2026-03-01T12:00:00Z' }]
        const ended = { ...job, status: { succeeded: 1, conditions } }
        cluster.put(ended)
      }
    }
    edit({ repos: [b] })
    await wake()
    expect(session().status?.phase).toBe('Completed')
    expect(conditionIn('Reconciled')).toBeUndefined()
  })

  it('is not told where its Job is about to end, and not taken for one that was', async () => {
    const { cluster, heard, given, edit, wake, conditionIn } = await aRunningSession({}, refusing)
    edit({ repos: [b] })
    await wake()
    for (const job of cluster.all(jobKind)) {
      const ending = { ...job, status: { terminating: 1 } }
      cluster.put(ending)
    }
    given.objectionTo = () => undefined
    edit({ repos: [c] })
    await wake()
    expect(heard).toHaveLength(1)
    expect(conditionIn('Reconciled')).toMatchObject({ status: 'False' })
  })
})
