import { describe, expect, it } from 'vitest'
import { afterWakeUp } from './arbitraries.ts'
import { aJob, aPod, aSession } from './fixtures.ts'
import { jobNameOf } from './job.ts'
import { afterPlan, inWords, plan, readyOf } from './plan-fixtures.ts'
import type { Status } from './schema.ts'
import { RUNNER } from './started-with.ts'

const exited = (exitCode: number) => {
  const state = { terminated: { exitCode } }
  const runner = { name: RUNNER, image: '', imageID: '', ready: false, restartCount: 0, state }
  return [aPod({ status: { phase: 'Failed', containerStatuses: [runner] } })]
}

const failed = (status: Status = {}, desired?: 'Stopped') => {
  const session = aSession({ phase: 'Running', spec: { backoffLimit: 2 }, status, desired })
  return { session, job: aJob({ session, end: 'Failed' }) }
}

describe('an attempt that failed', () => {
  it('is followed by another where that is allowed, which resumes it', () => {
    const given = { ...failed(), pods: exited(7) }
    expect(inWords(plan(given))).toBe('Retry => Pending ...')
    const retried = afterPlan(given)
    expect(retried.status).toMatchObject({ attempt: 2, retries: 1, hasRun: true, jobName: jobNameOf(retried, 2) })
    expect(readyOf(retried.status)).toMatchObject({
      reason: 'RunnerExit',
      message: 'attempt 2 follows by itself (1 of 2) since the last one failed: the runner ended with exit code 7',
    })
    const { job, session } = afterWakeUp({ session: retried, job: undefined, previous: undefined, refusal: undefined })
    expect(job?.metadata.name).toBe(jobNameOf(session, 2))
    expect(session.status?.phase).toBe('Creating')
  })

  it('is the last one once so many have failed', () => {
    expect(afterPlan({ ...failed({ retries: 1 }), pods: exited(7) }).status).toMatchObject({
      phase: 'Pending',
      retries: 2,
    })
    const last = afterPlan({ ...failed({ retries: 2 }), pods: exited(7) })
    expect(last.status).toMatchObject({ phase: 'Failed', retries: 2 })
  })

  it('is not followed by another where its owner wants it to stop', () => {
    expect(afterPlan({ ...failed({}, 'Stopped'), pods: exited(7) }).status?.phase).toBe('Failed')
  })

  it('is not followed by another where that would end the same way', () => {
    expect(afterPlan({ ...failed(), pods: exited(2) }).status?.phase).toBe('Failed')
    const { session } = failed()
    const job = aJob({ session, end: 'Failed', endReason: 'DeadlineExceeded' })
    expect(afterPlan({ session, job }).status?.phase).toBe('Failed')
  })

  it('is counted from the last time that somebody asked for a start', () => {
    const session = aSession({ phase: 'Failed', desired: 'Running', status: { retries: 2 } })
    expect(afterPlan({ session }).status).not.toHaveProperty('retries')
  })

  it('is the only one where nothing is said', () => {
    const session = aSession({ phase: 'Running' })
    expect(afterPlan({ session, job: aJob({ session, end: 'Failed' }), pods: exited(7) }).status?.phase).toBe('Failed')
  })
})
