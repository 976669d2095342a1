import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { aJob, aSession, minutesAgo } from './fixtures.ts'
import { factsOf, jobNameOf } from './job.ts'

const seconds = (time: string) => new Date(time)

describe('the name of a Job', () => {
  it('tells the session, its uid and the attempt', () => {
    expect(jobNameOf(aSession(), 2)).toBe('tidy-up-3f2504e0-2')
  })

  it('differs for a session made again under the same name', () => {
    expect(jobNameOf(aSession({ uid: '11111111-0000-4000-8000-000000000000' }), 1)).not.toBe(jobNameOf(aSession(), 1))
  })

  it.each([
    ['a dash', `${'a'.repeat(51)}-${'b'.repeat(20)}`],
    ['a dot', `${'a'.repeat(51)}.${'b'.repeat(20)}`],
    ['dashes and dots', `${'a'.repeat(49)}.--${'b'.repeat(20)}`],
  ])('does not end its first part with %s where it is cut', (_, name) => {
    expect(jobNameOf(aSession({ name }), 1)).toMatch(/^a+-3f2504e0-1$/)
  })

  const label = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,60}[a-z0-9])?$/)
  const names = fc.array(label, { minLength: 1, maxLength: 6 }).map((labels) => labels.join('.').slice(0, 253))
  const valid = names.filter((name) => /[a-z0-9]$/.test(name))

  it('is one for a Job and for a label, for whatever name the session has', () =>
    fc.assert(
      fc.property(valid, fc.uuid(), fc.integer({ min: 1, max: 2 ** 31 - 1 }), (name, uid, attempt) => {
        const jobName = jobNameOf(aSession({ name, uid }), attempt)
        expect(jobName.length).toBeLessThanOrEqual(63)
        expect(jobName).toMatch(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/)
        expect(jobName.endsWith(`-${uid.slice(0, 8)}-${attempt}`)).toBe(true)
      }),
      { examples: [['a'.repeat(253), '3f2504e0-4f89-41d3-9a0c-0305e82c3301', 12]] },
    ))
})

describe('the facts of a Job', () => {
  it('name its end only once the Job controller is done with it', () => {
    const { status, ...job } = aJob({ end: 'Complete' })
    const announced = { ...job, status: { ...status, conditions: status?.conditions?.slice(0, 1) ?? [] } }
    expect(factsOf(announced).end).toBeUndefined()
    expect(factsOf(aJob({ end: 'Complete' })).end?.state).toBe('Complete')
  })

  it('do not take a condition that is False for an end', () => {
    const { status, ...job } = aJob({ end: 'Failed' })
    const conditions = status?.conditions?.map((condition) => ({ ...condition, status: 'False' })) ?? []
    expect(factsOf({ ...job, status: { ...status, conditions } }).end).toBeUndefined()
  })

  it('count time from the start of the Job, before that from its creation', () => {
    expect(factsOf(aJob({ startTime: minutesAgo(2) })).since).toEqual(seconds(minutesAgo(2)))
    expect(factsOf(aJob()).since).toEqual(seconds(minutesAgo(3)))
  })

  it('know the end time of a Job that failed, which has no completionTime', () => {
    expect(factsOf(aJob({ end: 'Failed' })).end?.at).toEqual(seconds(minutesAgo(1)))
  })

  it('name the session that controls it', () => {
    const session = aSession()
    expect(factsOf(aJob({ session })).owner).toEqual({
      ref: { namespace: 'team-a', name: 'tidy-up' },
      uid: session.metadata.uid,
    })
  })

  it.each([
    ['does not control it', { controller: false }],
    ['is of another kind', { kind: 'CronJob' }],
    ['is of another group', { apiVersion: 'other/v1alpha1' }],
  ])('name no owner that %s', (_, differing) => {
    const job = aJob()
    const ownerReferences = (job.metadata.ownerReferences ?? []).map((owner) => ({ ...owner, ...differing }))
    expect(factsOf({ ...job, metadata: { ...job.metadata, ownerReferences } }).owner).toBeUndefined()
  })
})
