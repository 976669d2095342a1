import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isIdle } from '#sdk/index.ts'
import { afterWakeUp, aWorld, planFor } from './arbitraries.ts'
import { aJob } from './fixtures.ts'
import { ignoredJob } from './ignored-job.ts'
import { factsOf } from './job.ts'

describe('a change of a Job', () => {
  it.each([
    ['that makes it', aJob(), 'add'],
    ['that starts it', aJob({ startTime: '2026-03-01T11:59:00Z' }), 'update'],
    ['that begins its deletion', aJob({ isDeleting: true }), 'update'],
  ] as const)('%s is ignored', (_, object, change) => {
    expect(ignoredJob({ change, object })).toBe('NoNews')
  })

  it.each([
    ['that makes its Pod ready', aJob({ isReady: true }), 'update'],
    ['that completes it', aJob({ end: 'Complete' }), 'update'],
    ['that fails it', aJob({ end: 'Failed' }), 'update'],
    ['that ends it for good', aJob(), 'delete'],
    ['that a restarted source tells as an add', aJob({ end: 'Complete' }), 'add'],
  ] as const)('%s is looked into', (_, object, change) => {
    expect(ignoredJob({ change, object })).toBeUndefined()
  })

  it('only announced by the Job controller is no end yet', () => {
    const { status, ...job } = aJob({ end: 'Failed' })
    const announced = { ...job, status: { ...status, conditions: status?.conditions?.slice(0, 1) ?? [] } }
    expect(ignoredJob({ change: 'update', object: announced })).toBe('NoNews')
  })

  /** Its end is at 11:59:00, and it may stay for an hour. */
  const deleted = (end: 'Complete' | 'Failed' | undefined, deletionTimestamp: string) => {
    const { metadata, ...job } = aJob({ end })
    return { ...job, metadata: { ...metadata, deletionTimestamp } }
  }

  describe.each(['update', 'delete'] as const)('in which its deletion is told by an %s', (change) => {
    it.each([
      ['an hour after it completed', deleted('Complete', '2026-03-01T12:59:00Z')],
      ['an hour after it failed', deleted('Failed', '2026-03-01T12:59:00Z')],
      ['longer after it than that', deleted('Complete', '2026-03-01T15:00:00Z')],
    ])('is ignored %s', (_, object) => {
      expect(ignoredJob({ change, object })).toBe('Expired')
    })

    const withoutTtl = { template: {} }
    const withTtlCut = { template: {}, ttlSecondsAfterFinished: 0 }
    it.each([
      ['in the second of its end, as that of a session which is stopped', deleted('Complete', '2026-03-01T11:59:00Z')],
      ['before its end was written, by another clock', deleted('Complete', '2026-03-01T11:58:58Z')],
      ['a second before its hour is over, by another clock', deleted('Failed', '2026-03-01T12:58:59Z')],
      ['after a time that somebody has cut', { ...deleted('Complete', '2026-03-01T12:00:00Z'), spec: withTtlCut }],
      ['at a time that is none', deleted('Complete', 'later')],
      ['at last, with no end to its stay', { ...deleted('Complete', '2026-03-01T15:00:00Z'), spec: withoutTtl }],
    ])('is looked into %s', (_, object) => {
      expect(ignoredJob({ change, object })).toBeUndefined()
    })
  })

  it('is looked into when one that never ended is gone, however late', () => {
    const object = deleted(undefined, '2026-03-01T15:00:00Z')
    expect(ignoredJob({ change: 'delete', object })).toBeUndefined()
  })

  /** What the Job controller and users may do to a Job next. Neither an end nor a deletion is ever undone. */
  const step = fc.record({
    isReady: fc.boolean(),
    isSuspended: fc.boolean(),
    isDeleting: fc.boolean(),
    end: fc.constantFrom(undefined, undefined, 'Complete' as const, 'Failed' as const),
  })

  it('that is ignored makes no plan write anything', () =>
    fc.assert(
      fc.property(aWorld, step, (world, step) => {
        const rest = afterWakeUp(world)
        if (!rest.job) return
        const [owner] = rest.job.metadata.ownerReferences ?? []
        const before = factsOf(rest.job)
        const job = aJob({
          session: rest.session,
          ownerUid: owner?.uid ?? '',
          startTime: '2026-03-01T12:00:00Z',
          ...step,
          isDeleting: before.deletingSince !== undefined || step.isDeleting,
          end: before.end?.state ?? step.end,
        })
        if (ignoredJob({ change: 'update', object: job }) === undefined) return
        expect(isIdle(planFor({ ...rest, job }), rest.session)).toBe(true)
      }),
      { numRuns: 3000 },
    ))
})
