import { describe, expect, it } from 'vitest'
import { secondsOf } from '#sdk/index.ts'
import { NOW } from '#test/ports.ts'
import { aJob, aSession, minutesAgo } from './fixtures.ts'
import type { ProjectSettings } from './idle.ts'
import { afterPlan, conditionOf, inWords, plan, readyOf } from './plan-fixtures.ts'
import type { Spec, Status } from './schema.ts'

const project = (inactivityTimeoutSeconds?: number): ProjectSettings => ({
  apiVersion: 'vteam.ambient-code/v1alpha1',
  kind: 'ProjectSettings',
  metadata: { name: 'projectsettings' },
  spec: { ...(inactivityTimeoutSeconds !== undefined && { inactivityTimeoutSeconds }) },
})

/** Used for the last time ten minutes ago, unless a test says otherwise. */
const running = (spec: Spec, status: Status = { lastActivityTime: minutesAgo(10) }) => {
  const session = aSession({ phase: 'Running', spec: { timeout: 0, ...spec }, status })
  return { session, job: aJob({ session, isReady: true, startTime: minutesAgo(30) }) }
}

describe('a session that nobody uses', () => {
  it('is stopped exactly at its time, and says why and by whose word', () => {
    const given = running({ inactivityTimeout: 600 })
    const early = plan({ ...given, now: new Date(NOW.getTime() - 1) })
    expect(early).toMatchObject({ reason: 'Running', checkAgainAt: NOW })
    expect(inWords(plan(given))).toBe('InactivityTimeout => Stopping ...')
    expect(readyOf(plan(given).status)?.message).toContain('600 s')
  })

  it('has stopped for inactivity once its Job is gone, though no annotation says so', () => {
    const stopping = afterPlan(running({ inactivityTimeout: 600 }))
    const stopped = afterPlan({ session: stopping })
    expect(stopped.status).toMatchObject({ phase: 'Stopped', stoppedReason: 'inactivity' })
    expect(conditionOf(stopped.status, 'Ready')).toMatchObject({ status: 'False', reason: 'InactivityTimeout' })
  })

  it.each([
    ['its own word', { inactivityTimeout: 600 }, project(6000), 600],
    ['its own "never"', { inactivityTimeout: 0 }, project(60), undefined],
    ["its project's where it says nothing", {}, project(900), 900],
    ['its project\'s "never"', {}, project(0), undefined],
    ["the platform's where its project says nothing", {}, project(), 86_400],
    ["the platform's where its project has a negative number from before its schema", {}, project(-5), 86_400],
    ["the platform's where its project has a text from before its schema", {}, project('soon' as never), 86_400],
    ["the platform's where it has no project", {}, undefined, 86_400],
  ])('goes by %s', (_, spec, project, seconds) => {
    const given = running(spec, { lastActivityTime: minutesAgo(0) })
    const until = seconds === undefined ? undefined : new Date(NOW.getTime() + seconds * 1000)
    expect(plan({ ...given, ...(project && { project }) }).checkAgainAt).toEqual(until)
  })

  it.each([
    ['its last use', { lastActivityTime: minutesAgo(2), startTime: minutesAgo(20) }, 2],
    ['its start where it was never used', { startTime: minutesAgo(20) }, 20],
    ['the start of its Job where its last use was before that', { lastActivityTime: minutesAgo(600) }, 30],
  ])('counts from %s', (_, status, minutes) => {
    const { checkAgainAt } = plan(running({ inactivityTimeout: 36_000 }, status))
    // `aSession` has a start of its own.
    expect(checkAgainAt).toEqual(new Date(NOW.getTime() + 36_000_000 - minutes * 60_000))
  })

  it.each<[string, Spec, number | undefined]>([
    ['at once where its project may have a word', {}, 0],
    ['when its own word says', { inactivityTimeout: 600 }, 600],
    ['never where its own word says that', { inactivityTimeout: 0 }, undefined],
  ])('is looked at again once it runs, %s', (_, spec, seconds) => {
    const session = aSession({
      phase: 'Creating',
      spec: { timeout: 0, ...spec },
      status: { startTime: secondsOf(NOW) },
    })
    const { checkAgainAt } = plan({ session, job: aJob({ session, isReady: true, startTime: secondsOf(NOW) }) })
    expect(checkAgainAt).toEqual(seconds === undefined ? undefined : new Date(NOW.getTime() + seconds * 1000))
  })

  it.each(['Pending', 'Creating'] as const)('is left alone while %s', (phase) => {
    const session = aSession({
      phase,
      spec: { timeout: 0, inactivityTimeout: 1 },
      status: { startTime: minutesAgo(60) },
    })
    expect(inWords(plan({ session, job: aJob({ session }) }))).toBe('Creating => Creating')
  })

  it('and has run into its timeout as well fails for the timeout', () => {
    const session = aSession({ phase: 'Running', spec: { timeout: 300, inactivityTimeout: 60 } })
    expect(plan({ session, job: aJob({ session, startTime: minutesAgo(30) }) }).reason).toBe('DeadlineExceeded')
  })
})
