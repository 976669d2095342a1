import { describe, expect, it } from 'vitest'
import { secondsOf } from '#sdk/index.ts'
import { NOW } from '#test/ports.ts'
import { aDeadLetter, aJob, aPod, aSession, minutesAgo } from './fixtures.ts'
import { afterPlan, type Given, plan } from './plan-fixtures.ts'
import { RUNNER } from './started-with.ts'

const secondsAgo = (seconds: number) => secondsOf(new Date(NOW.getTime() - seconds * 1000))

/** `name{labels} value` of each measure. */
const measured = (given: Given) =>
  (plan(given).measures ?? []).map(({ metric, labels, value }) => {
    const { namespace: _, ...others } = labels
    return `${metric.name.replace(/^(ambient|dormouse)_/, '')} ${Object.values(others).join(' > ')} ${value}`
  })
const told = (given: Given) =>
  (plan(given).events ?? []).map(({ type, reason, message }) => `${type} ${reason}: ${message}`)

/** The Job as its controller wrote it when it counted the Pod as ready. */
const readyAt = (job: ReturnType<typeof aJob>, time: string): ReturnType<typeof aJob> => ({
  ...job,
  metadata: {
    ...job.metadata,
    managedFields: [
      { manager: 'dormouse', operation: 'Update', time: minutesAgo(9) },
      { manager: 'kube-controller-manager', operation: 'Update', subresource: 'status', time },
    ],
  },
})

const failed = (exitCode: number) => {
  const state = { terminated: { exitCode, message: 'no such branch' } }
  const runner = { name: RUNNER, image: 'i', imageID: 'i', ready: false, restartCount: 0, state }
  return aPod({ status: { phase: 'Failed', containerStatuses: [runner] } })
}

describe('what is counted of a session', () => {
  it('that is new is the session, and its first phase', () => {
    expect(measured({})).toEqual(['sessions_total  1', 'session_phase_transitions_total None > Creating 1'])
  })

  it('that has its phase from the default of the schema alone is the same', () => {
    const session = aSession()
    const given = { session: { ...session, status: { ...aDeadLetter, phase: 'Pending' as const } } }
    expect(measured(given)).toEqual(measured({}))
  })

  it('of another operator is no new session', () => {
    const session = aSession({ phase: 'Running' })
    const { attempt: _, ...status } = session.status ?? {}
    expect(measured({ session: { ...session, status } })).not.toContain('sessions_total  1')
  })

  it('that is started again is no new session', () => {
    expect(measured({ session: aSession({ phase: 'Failed', desired: 'Running' }) })).toEqual([
      'session_phase_transitions_total Failed > Pending 1',
    ])
  })

  it('that runs is how long it took from its creation until its Pod was ready, however late that is noticed', () => {
    const session = aSession({ phase: 'Creating' })
    const job = readyAt(aJob({ session, isReady: true }), minutesAgo(8))
    expect(measured({ session, job })).toEqual([
      'session_phase_transitions_total Creating > Running 1',
      'session_startup_duration_seconds  120',
    ])
  })

  it('that runs again counts from when its attempt began', () => {
    const session = aSession({ phase: 'Creating', attempt: 2, status: { startTime: minutesAgo(5) } })
    const job = readyAt(aJob({ session, attempt: 2, isReady: true }), minutesAgo(4))
    expect(measured({ session, job })).toContain('session_startup_duration_seconds  60')
  })

  it('whose Job does not say when is until now', () => {
    const session = aSession({ phase: 'Creating' })
    expect(measured({ session, job: aJob({ session, isReady: true }) })).toContain(
      'session_startup_duration_seconds  600',
    )
  })

  it('that completes is its end', () => {
    const session = aSession({ phase: 'Running' })
    expect(measured({ session, job: aJob({ session, end: 'Complete' }) })).toEqual([
      'session_phase_transitions_total Running > Completed 1',
      'sessions_completed_total Completed 1',
    ])
  })

  it('that fails is its end, and why', () => {
    const session = aSession({ phase: 'Running' })
    const given = { session, job: aJob({ session, end: 'Failed' }), pods: [failed(1)] }
    expect(measured(given)).toEqual([
      'session_phase_transitions_total Running > Failed 1',
      'sessions_completed_total Failed 1',
      'session_errors_total Running > RunnerExit 1',
    ])
  })

  it('that is tried again is why its attempt failed, and no end', () => {
    const session = aSession({ phase: 'Running', spec: { backoffLimit: 1 } })
    const given = { session, job: aJob({ session, end: 'Failed' }), pods: [failed(1)] }
    expect(measured(given)).toEqual([
      'session_phase_transitions_total Running > Pending 1',
      'session_errors_total Running > RunnerExit 1',
    ])
  })

  it('that is stopped is no error', () => {
    const session = aSession({ phase: 'Running', desired: 'Stopped' })
    expect(measured({ session, job: aJob({ session, isReady: true }) })).toEqual([
      'session_phase_transitions_total Running > Stopping 1',
    ])
  })

  it('that outlives its deadline is an error once, and how late that was noticed', () => {
    const spec = { timeout: 300 }
    const session = aSession({ phase: 'Running', spec })
    const job = aJob({ session, isReady: true, startTime: secondsAgo(300 + 150) })
    expect(measured({ session, job })).toEqual([
      'session_phase_transitions_total Running > Stopping 1',
      'session_errors_total Running > DeadlineExceeded 1',
      'deadline_lateness_seconds DeadlineExceeded 150',
    ])
    const { status } = plan({ session, job })
    expect(measured({ session: { ...session, ...(status && { status }) } })).toEqual([
      'session_phase_transitions_total Stopping > Failed 1',
      'sessions_completed_total Failed 1',
    ])
  })

  it('whose Job ended at its deadline is how late that was noticed', () => {
    const session = aSession({ phase: 'Running', spec: { timeout: 300 } })
    const job = aJob({ session, end: 'Failed', endReason: 'DeadlineExceeded', startTime: secondsAgo(330) })
    expect(measured({ session, job })).toContain('deadline_lateness_seconds DeadlineExceeded 30')
  })

  it('that is idle is how late that was noticed', () => {
    const status = { lastActivityTime: minutesAgo(5) }
    const session = aSession({ phase: 'Running', status, spec: { inactivityTimeout: 240, timeout: 0 } })
    const job = aJob({ session, isReady: true, startTime: minutesAgo(9) })
    expect(measured({ session, job })).toEqual([
      'session_phase_transitions_total Running > Stopping 1',
      'deadline_lateness_seconds InactivityTimeout 60',
    ])
  })

  it('whose node does not answer is how long after it should have', () => {
    const session = aSession({ phase: 'Running', spec: { timeout: 0 } })
    const pods = [3, 2].map((minutes) => aPod({ deletionTimestamp: minutesAgo(minutes) }))
    expect(measured({ session, job: aJob({ session, isReady: true }), pods })).toContain(
      'deadline_lateness_seconds NodeLost 120',
    )
  })

  it('that stays as it is is nothing', () => {
    const session = aSession({ phase: 'Creating' })
    const job = aJob({ session })
    const { status } = plan({ session, job })
    const same = { session: { ...session, ...(status && { status }) }, job }
    expect([measured(same), told(same)]).toEqual([[], []])
  })

  it('that waits for room is told and counted when that begins, and not again while it lasts', () => {
    const refusal = { reason: 'QuotaExceeded', message: 'exceeded quota: pods' } as const
    const session = aSession()
    const { status } = plan({ session, refusal })
    expect(measured({ session, refusal })).toEqual([
      'sessions_total  1',
      'session_phase_transitions_total None > Pending 1',
    ])
    expect(told({ session: { ...session, ...(status && { status }) }, refusal })).toEqual([])
  })

  it('has the name of no session among its labels', () => {
    const labels = (plan({}).measures ?? []).flatMap((measure) => Object.keys(measure.labels))
    expect(new Set(labels)).toEqual(new Set(['namespace', 'from_phase', 'to_phase']))
  })
})

describe('a Job', () => {
  it('is timed while it is made', () => {
    const [action] = plan({}).actions ?? []
    expect(action?.timed).toMatchObject({
      metric: { name: 'ambient_pod_creation_duration_seconds' },
      labels: { namespace: 'team-a' },
    })
  })
})

const restartable = 'to start again, annotate the session with ambient-code.io/desired-phase=Running'
const running = (spec = {}) => aSession({ phase: 'Running', spec })
describe('an Event', () => {
  it.each<[string, Given, string]>([
    ['starts', {}, 'Normal Creating: waiting for the runner to start'],
    [
      'runs',
      { session: aSession({ phase: 'Creating' }), job: aJob({ isReady: true }) },
      'Normal Running: the runner has started',
    ],
    [
      'completes',
      { session: running(), job: aJob({ end: 'Complete' }) },
      'Normal Completed: the runner ended with exit code 0',
    ],
    [
      'fails',
      { session: running(), job: aJob({ end: 'Failed' }), pods: [failed(1)] },
      `Warning RunnerExit: the runner ended with exit code 1: no such branch; look at what the runner said; ${restartable}`,
    ],
    [
      'is stopped',
      { session: aSession({ phase: 'Stopping', desired: 'Stopped' }) },
      `Normal UserStopped: stopped by request; ${restartable}`,
    ],
    [
      'has no room',
      { refusal: { reason: 'QuotaExceeded', message: 'exceeded quota: pods' } },
      "Warning QuotaExceeded: exceeded quota: pods; make room in the namespace's quota, the next sweep tries again",
    ],
    [
      'ran for too long',
      { session: running({ timeout: 60 }), job: aJob({ isReady: true, startTime: minutesAgo(9) }) },
      'Warning DeadlineExceeded: the session ran into its timeout of 60 s (spec.timeout) and its Job did not end by itself',
    ],
    [
      'is tried again',
      { session: running({ backoffLimit: 2 }), job: aJob({ end: 'Failed' }), pods: [failed(1)] },
      'Warning RunnerExit: attempt 2 follows by itself (1 of 2) since the last one failed: the runner ended with exit code 1: no such branch',
    ],
  ])('of a session that %s says so', (_, given, text) => {
    expect(told(given)).toEqual([text])
  })

  it('of a session that no node has room for has the scheduler’s words, once for as long as its reason is the same', () => {
    const begun = aSession({ phase: 'Creating' })
    const session = afterPlan({ session: begun, job: aJob({ session: begun }) })
    const pods = (message: string, reason = 'Unschedulable') => [
      aPod({ status: { conditions: [{ type: 'PodScheduled', status: 'False', reason, message }] } }),
    ]
    const given = { session, job: aJob({ session }), pods: pods('0/3 nodes: no memory') }
    expect(told(given)).toEqual(['Warning Unschedulable: waiting for a node: 0/3 nodes: no memory'])
    const waiting = { ...given, session: afterPlan(given) }
    expect(told({ ...waiting, pods: pods('0/4 nodes: no memory') })).toEqual([])
    expect(told({ ...waiting, pods: pods('gates', 'SchedulingGated') })).toEqual([
      'Warning SchedulingGated: waiting for a node: gates',
    ])
  })
})
