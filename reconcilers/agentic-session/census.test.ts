import { describe, expect, it } from 'vitest'
import type { Measure, Survey } from '#sdk/index.ts'
import { createMemoryCluster } from '#test/memory-cluster.ts'
import { portsOn } from '#test/ports.ts'
import { createCensus } from './census.ts'
import { dueSessions } from './due-sessions.ts'
import { aJob, aSession } from './fixtures.ts'
import { factsOf } from './job.ts'

/** `phase or metric: value`, without those of none. */
const inWords = (surveys: readonly (Measure | Survey)[]) =>
  surveys.flatMap((survey) =>
    'series' in survey
      ? survey.series.flatMap(({ labels, value }) =>
          value > 0 ? [`${labels['phase'] ?? survey.metric.name}: ${value}`] : [],
        )
      : [],
  )

describe('a sweep counts', () => {
  it('the sessions of each phase, those that have ended together, and the Jobs whose session is gone', async () => {
    const sessions = (['Pending', 'Running', 'Running', 'Failed', 'Completed', 'Error'] as const).map((phase, index) =>
      aSession({ name: `s-${index}`, uid: `uid-${index}`, phase }),
    )
    const orphan = aJob({ session: aSession({ name: 'gone', uid: 'gone' }), end: 'Complete' })
    const cluster = createMemoryCluster([
      ...sessions,
      ...sessions.slice(1, 3).map((session) => aJob({ session, isReady: true })),
      orphan,
    ])
    const surveys: (Measure | Survey)[] = []
    const ports = portsOn(cluster, { measure: (survey) => void surveys.push(survey) })
    for await (const _ of dueSessions(ports, { managed: new Set(['team-a']), settings: new Map() }));
    expect(inWords(surveys)).toEqual(['Pending: 1', 'Running: 2', 'Ended: 3', 'ambient_orphaned_jobs: 1'])
  })

  it('a session that comes in two lists once, and none of a namespace that is not looked after', () => {
    const census = createCensus(new Set(['team-a']))
    const session = aSession({ phase: 'Running' })
    const other = { ...session, metadata: { ...session.metadata, namespace: 'team-b', uid: 'other' } }
    for (const each of [session, session, other]) census.countOpen(each)
    census.countEnded(session)
    expect(inWords(census.surveys([factsOf(aJob({ session }))]))).toEqual(['Running: 1'])
  })

  it('nothing as zero, so that what was is no longer said', () => {
    const [sessions] = createCensus(new Set(['team-a'])).surveys([])
    expect(sessions?.series.map(({ labels, value }) => `${labels['phase']} ${value}`)).toEqual([
      'Pending 0',
      'Creating 0',
      'Running 0',
      'Stopping 0',
      'Ended 0',
    ])
  })
})
