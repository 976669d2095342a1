import { describe, expect, it } from 'vitest'
import { create, isIdle, type Plan, unannotate } from './plan.ts'

const pillow = {
  kind: { apiVersion: 'test/v1', kind: 'Pillow', plural: 'pillows', scope: 'Namespaced' },
  object: { apiVersion: 'test/v1', kind: 'Pillow', metadata: { name: 'soft' } },
} as const

describe('a plan is idle', () => {
  it.each<[string, Plan, object?]>([
    ['where it wants nothing', { reason: 'Ended' }],
    ['where it has no actions', { reason: 'Ended', actions: [] }],
    ['where the status is as it wants it', { reason: 'Ended', status: { phase: 'Asleep' } }, { phase: 'Asleep' }],
    ['where it only waits', { reason: 'Sleeps', checkAgainAt: new Date(0) }],
  ])('%s', (_, plan, status) => {
    expect(isIdle(plan, status ? { status } : {})).toBe(true)
  })

  it.each<[string, Plan, object?]>([
    ['where it would make something', { reason: 'Sleep', actions: [create(pillow.kind, pillow.object)] }],
    ['where it would take something off', { reason: 'Sleep', actions: [unannotate('asked')] }],
    [
      'where it would tell a runner',
      {
        reason: 'Sleep',
        post: {
          url: 'http://x',
          secret: { kind: pillow.kind, ref: { namespace: 'a', name: 'b' }, key: 'c' },
          changes: [],
        },
      },
    ],
    ['where it would look again', { reason: 'Sleep', again: true }],
    ['where the status is another', { reason: 'Sleep', status: { phase: 'Asleep' } }, { phase: 'Awake' }],
    ['where there is no status yet', { reason: 'Sleep', status: { phase: 'Asleep' } }],
    ['where it would remove a field', { reason: 'Sleep', status: {} }, { phase: 'Awake' }],
  ])('but not %s', (_, plan, status) => {
    expect(isIdle(plan, status ? { status } : {})).toBe(false)
  })
})
