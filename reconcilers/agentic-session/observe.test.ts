import { expect, test } from 'vitest'
import { createMemoryCluster } from '#test/memory-cluster.ts'
import { settings } from '#test/ports.ts'
import { aJob, aSession } from './fixtures.ts'
import { observe } from './observe.ts'

test('a stray of an earlier attempt is found beside Jobs that have ended or go already', async () => {
  const session = aSession({ phase: 'Running', status: { attempt: 4 } })
  const others = [
    aJob({ session, attempt: 1, end: 'Complete' }),
    aJob({ session, attempt: 2, isReady: true }),
    aJob({ session, attempt: 3, isDeleting: true }),
    aJob({ session, attempt: 4, isReady: true }),
  ]
  const { job, previous } = await observe(session, createMemoryCluster([session, ...others]), settings)
  expect(job?.ref.name).toMatch(/-4$/)
  expect(previous?.ref.name).toMatch(/-2$/)
})

test.each([
  ['starts', aSession(), true, ['get Job', 'get ProjectSettings']],
  ['starts without its profile asking for MCP servers', aSession(), false, ['get Job']],
  ['was looked at while it starts', aSession({ phase: 'Creating' }), true, ['get Job']],
])(
  'what is read for a session that %s is its Job, and the settings of its project where they are told',
  async (_, session, projectMcpServers, calls) => {
    const cluster = createMemoryCluster([session, ...(session.status ? [aJob({ session })] : [])])
    await observe(session, cluster, { ...settings, runnerProfiles: { profiles: [{ id: 'a', projectMcpServers }] } })
    expect(cluster.calls.filter(({ verb }) => verb === 'get').map(({ verb, kind }) => `${verb} ${kind}`)).toEqual(calls)
  },
)
