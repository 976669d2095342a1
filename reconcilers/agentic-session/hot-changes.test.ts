import { describe, expect, it } from 'vitest'
import { aRunningSession, requestsIn } from './hot-fixtures.ts'
import type { Spec } from './schema.ts'

const a = { url: 'https://git.example/team/a.git' }
const b = { url: 'https://git.example/team/b' }
const flow = { gitUrl: 'https://git.example/flows' }

describe('a session that runs', () => {
  it('says what its runner was started with, in the write that says that it runs', async () => {
    const { cluster, session, heard, conditionIn } = await aRunningSession({ repos: [a], activeWorkflow: flow })
    expect(session().status).toMatchObject({
      phase: 'Running',
      reconciledRepos: [{ ...a, name: 'a', branch: 'main', status: 'Ready', clonedAt: '2026-03-01T12:00:00Z' }],
      reconciledWorkflow: { ...flow, branch: 'main', path: '', status: 'Active', appliedAt: '2026-03-01T12:00:00Z' },
    })
    expect(conditionIn('ReposReconciled')).toMatchObject({ status: 'True', reason: 'Reconciled' })
    expect(conditionIn('WorkflowReconciled')).toMatchObject({ status: 'True', reason: 'Reconciled' })
    expect(conditionIn('Reconciled')).toBeUndefined()
    expect(cluster.writes().filter((write) => write === 'patchStatus AgenticSession')).toHaveLength(2)
    expect(heard).toEqual([])
  })

  it('says nothing of repositories and workflow where it has none', async () => {
    const { session } = await aRunningSession({})
    expect(session().status).not.toHaveProperty('reconciledRepos')
    expect(session().status).not.toHaveProperty('reconciledWorkflow')
    expect(session().status?.conditions?.map(({ type }) => type)).toEqual([
      'Ready',
      'JobCreated',
      'RunnerStarted',
      'PodScheduled',
    ])
  })

  it.each<[string, Spec, Spec, readonly string[]]>([
    ['one repository more', { repos: [a] }, { repos: [a, b] }, ['repos/add https://git.example/team/b main b']],
    ['its first repository', {}, { repos: [b] }, ['repos/add https://git.example/team/b main b']],
    ['one less', { repos: [a, b] }, { repos: [b] }, ['repos/remove a']],
    ['none any more', { repos: [a] }, { repos: [] }, ['repos/remove a']],
    [
      'another branch',
      { repos: [a, b] },
      { repos: [a, { ...b, branch: 'dev' }] },
      ['repos/add https://git.example/team/b dev b'],
    ],
    [
      'the last of two branches of one',
      { repos: [] },
      {
        repos: [
          { ...b, branch: 'x' },
          { ...b, branch: 'y' },
        ],
      },
      ['repos/add https://git.example/team/b y b'],
    ],
    [
      'another of the same name, which needs its folder',
      { repos: [a] },
      { repos: [{ url: 'https://git.example/fork/a' }] },
      ['repos/remove a', 'repos/add https://git.example/fork/a main a'],
    ],
    ['a workflow', {}, { activeWorkflow: flow }, ['workflow https://git.example/flows main']],
    [
      'another workflow',
      { activeWorkflow: flow },
      { activeWorkflow: { ...flow, branch: 'dev', path: 'x' } },
      ['workflow https://git.example/flows dev x'],
    ],
    ['no workflow any more', { activeWorkflow: flow }, { activeWorkflow: {} }, ['workflow main']],
  ])('has its runner told of %s, once, and says so', async (_, before, after, requests) => {
    const { cluster, heard, edit, wake, conditionIn } = await aRunningSession(before)
    edit(after)
    expect(await wake()).toMatchObject({ state: 'settled', reason: 'Running' })
    expect(requestsIn(heard)).toEqual(requests)
    expect(conditionIn('Reconciled')).toMatchObject({ status: 'True', reason: 'SpecApplied', observedGeneration: 2 })
    const count = cluster.calls.length
    await wake()
    expect(cluster.writes(count)).toEqual([])
    expect(heard).toHaveLength(1)
  })

  it('tells its own runner, with the token of its secret, and nobody else', async () => {
    const { heard, edit, wake } = await aRunningSession({})
    edit({ repos: [b] })
    await wake()
    expect(heard).toMatchObject([
      { url: 'http://session-tidy-up.team-a.svc:8001', token: expect.stringContaining('chance') },
    ])
  })

  it('says what its runner has once it was told, in the order of the spec', async () => {
    const { session, edit, wake, conditionIn } = await aRunningSession({ repos: [a], activeWorkflow: flow })
    edit({ repos: [b, a], activeWorkflow: {} })
    await wake()
    expect(session().status?.reconciledRepos).toMatchObject([
      { name: 'b', status: 'Ready' },
      { name: 'a', status: 'Ready' },
    ])
    expect(session().status).not.toHaveProperty('reconciledWorkflow')
    expect(conditionIn('WorkflowReconciled')).toMatchObject({ status: 'True', reason: 'NotConfigured' })
    edit({ repos: [] })
    await wake()
    expect(session().status).not.toHaveProperty('reconciledRepos')
    expect(conditionIn('ReposReconciled')).toMatchObject({ status: 'True', reason: 'NoRepos' })
  })

  it.each<[string, Spec, object]>([
    ['whose runner listens nowhere', { repos: [b] }, { port: undefined }],
    ['with other MCP servers', { mcpServers: { disabled: ['x'] } }, {}],
    ['with a repository to push in the end', { repos: [{ ...a, autoPush: true }] }, {}],
  ])('%s has to start again for that, and says so', async (_, after, profile) => {
    const { heard, edit, wake, conditionIn } = await aRunningSession({ repos: [a] }, { profile })
    edit(after)
    await wake()
    expect(conditionIn('Reconciled')).toMatchObject({ status: 'False', reason: 'RestartNeeded' })
    expect(heard).toEqual([])
  })

  it('has its runner told of nothing that it sets itself in the environment', async () => {
    const { heard, edit, wake } = await aRunningSession({ environmentVariables: { REPOS_JSON: '[]' } })
    edit({ repos: [b] })
    await wake()
    expect(heard).toEqual([])
  })

  it('and was edited before it ran has its runner told as soon as it does', async () => {
    const { cluster, heard, session, wake, edit } = await aRunningSession({ repos: [a] })
    const { metadata, spec, status } = session()
    const { reconciledRepos: _, ...rest } = status ?? {}
    cluster.put({ ...session(), metadata, spec, status: { ...rest, phase: 'Creating' } } as never)
    edit({ repos: [a, b] })
    await wake()
    expect(session().status).toMatchObject({ phase: 'Running', reconciledRepos: [{ name: 'a' }, { name: 'b' }] })
    expect(requestsIn(heard)).toEqual(['repos/add https://git.example/team/b main b'])
  })

  it('and has two repositories of one name says that the second finds no folder', async () => {
    const { heard, edit, wake, conditionIn } = await aRunningSession({ repos: [a] })
    edit({ repos: [a, { url: 'https://git.example/fork/a' }] })
    expect(await wake()).toMatchObject({ state: 'settled' })
    expect(heard).toEqual([])
    expect(conditionIn('ReposReconciled')).toMatchObject({
      status: 'False',
      message: 'https://git.example/fork/a would have the folder of https://git.example/team/a.git',
    })
  })

  it('and has two repositories of one long name says so in whole characters, once', async () => {
    const { cluster, edit, wake, conditionIn } = await aRunningSession({ repos: [a] })
    // Whichever of the two is cut in half, by whatever stands before it.
    const hosts = ['https://git.example/', 'https://git.example/x'].map((host) => host + '😀'.repeat(500))
    edit({ repos: [a, ...hosts.map((host) => ({ url: `${host}/a` }))] })
    await wake()
    expect(conditionIn('ReposReconciled')?.message?.isWellFormed()).toBe(true)
    const calls = cluster.calls.length
    await wake()
    expect(cluster.writes(calls)).toEqual([])
  })

  it.each(['https://x/..', 'https://x/../', '..', 'https://x/.git/.'])(
    'never has a folder deleted that is not of a repository, where its URL is %s',
    async (url) => {
      const { heard, edit, wake } = await aRunningSession({ repos: [{ url }] })
      edit({ repos: [] })
      await wake()
      expect(requestsIn(heard)).toEqual(['repos/remove repo'])
    },
  )
})
