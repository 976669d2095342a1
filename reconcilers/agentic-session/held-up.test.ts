import { describe, expect, it } from 'vitest'
import { NOW } from '#test/ports.ts'
import { aJob, aPod, aSession, minutesAgo } from './fixtures.ts'
import { afterPlan, inWords, plan, readyOf } from './plan-fixtures.ts'

const justBefore = new Date(NOW.getTime() - 1)

/** A Pod that should have ended a minute ago, all grace included. */
const silent = aPod({ deletionTimestamp: minutesAgo(1) })

describe('a stop that a node does not answer', () => {
  const session = aSession({ phase: 'Stopping' })
  /** A minute of grace and a minute to report. */
  const job = aJob({ session, deletionTimestamp: minutesAgo(2) })

  it('is waited for as long as its Pod may take', () => {
    const waiting = plan({ session, job, pods: [silent], now: justBefore })
    expect(waiting).toMatchObject({ reason: 'Stopping', actions: [], checkAgainAt: NOW })
  })

  it('is looked at again once its Pod should have ended, from the moment that it is asked to', () => {
    const { actions, checkAgainAt } = plan({ session, job: aJob({ session }) })
    expect(actions).toHaveLength(1)
    expect(checkAgainAt).toEqual(new Date(NOW.getTime() + 120_000))
  })

  it('is the next sweep’s where somebody keeps the Pod for longer than that', () => {
    const kept = aPod({ deletionTimestamp: minutesAgo(1), deletionGracePeriodSeconds: 0 })
    expect(plan({ session, job, pods: [kept] })).not.toHaveProperty('checkAgainAt')
  })

  it('ends by force then', () => {
    const { uid, namespace, name } = silent.metadata
    expect(plan({ session, job, pods: [silent] }).actions).toEqual([
      { verb: 'delete', kind: expect.objectContaining({ kind: 'Pod' }), ref: { namespace, name }, uid, force: true },
    ])
  })

  it.each([
    ['nobody has asked to end', aPod()],
    ['has time left', aPod({ deletionTimestamp: minutesAgo(0) })],
    ['is deleted by force already', aPod({ deletionTimestamp: minutesAgo(1), deletionGracePeriodSeconds: 0 })],
  ])('leaves a Pod alone that %s', (_, pod) => {
    expect(plan({ session, job, pods: [pod] }).actions).toEqual([])
  })

  it('of a session that has ended otherwise meanwhile ends by force too', () => {
    expect(plan({ session: aSession({ phase: 'Failed' }), job, pods: [silent] }).actions).toHaveLength(1)
  })
})

describe('a runner whose node is lost', () => {
  const session = aSession({ phase: 'Running', spec: { timeout: 0 } })
  const job = aJob({ session, isTerminating: true })

  it('is waited for as long as a node may take that lives', () => {
    expect(plan({ session, job, pods: [silent], now: justBefore })).toMatchObject({
      reason: 'Running',
      checkAgainAt: NOW,
    })
  })

  it('fails its session for that, once its Job is gone with its Pod', () => {
    const given = { session, job, pods: [silent] }
    expect(inWords(plan(given))).toBe('NodeLost => Stopping ...')
    const stopping = afterPlan(given)
    expect(plan({ ...given, session: stopping }).actions?.map(({ verb }) => verb)).toEqual(['delete', 'delete'])
    const { status } = afterPlan({ session: stopping })
    expect(status?.phase).toBe('Failed')
    expect(readyOf(status)).toMatchObject({
      reason: 'NodeLost',
      message: expect.stringContaining('node-1 does not answer'),
    })
  })

  it('is followed by another attempt where that is allowed', () => {
    const stopping = afterPlan({ session: { ...session, spec: { timeout: 0, backoffLimit: 1 } }, job, pods: [silent] })
    expect(afterPlan({ session: stopping }).status).toMatchObject({ phase: 'Pending', attempt: 2, retries: 1 })
  })
})
