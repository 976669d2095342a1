import { describe, expect, it } from 'vitest'
import { listed, secondsOf, withConditions } from './conditions.ts'

const now = new Date('2026-03-01T12:00:00.900Z')
const before = '2026-02-01T00:00:00Z'
const ready = { type: 'Ready', status: 'True', reason: 'Running', message: '' } as const

const written = (stored: Parameters<typeof withConditions>[0], wanted = [ready]) =>
  withConditions(stored, wanted, { observedGeneration: 2, now })

describe('conditions', () => {
  it('that are new began now', () => {
    expect(written([])).toEqual([{ ...ready, observedGeneration: 2, lastTransitionTime: '2026-03-01T12:00:00Z' }])
  })

  it('keep their transition time while only reason, message and generation change', () => {
    const [condition] = written([{ ...ready, lastTransitionTime: before }])
    expect(condition).toEqual({ ...ready, observedGeneration: 2, lastTransitionTime: before })
  })

  it('move it when the status changes', () => {
    const [condition] = written([{ ...ready, status: 'False', lastTransitionTime: before }])
    expect(condition?.lastTransitionTime).toBe('2026-03-01T12:00:00Z')
  })

  it.each([undefined, ''])('get a transition time where the stored one is %j', (lastTransitionTime) => {
    const stored = { type: 'Ready', status: 'True', ...(lastTransitionTime !== undefined && { lastTransitionTime }) }
    expect(written([stored])[0]?.lastTransitionTime).toBe('2026-03-01T12:00:00Z')
  })

  it('of others stay as they are, in their place', () => {
    const theirs = { type: 'ReposReconciled', status: 'True', extra: 1 }
    expect(written([theirs, { ...ready, lastTransitionTime: before }]).map(({ type }) => type)).toEqual([
      'ReposReconciled',
      'Ready',
    ])
    expect(written([theirs])[0]).toBe(theirs)
  })
})

describe('a time of Kubernetes', () => {
  it('is in whole seconds, cut and not rounded', () => {
    expect(secondsOf(now)).toBe('2026-03-01T12:00:00Z')
  })
})

describe('a message of many sentences', () => {
  it('has them all where they are few', () => expect(listed(['one', 'two'])).toBe('one; two'))

  it('has sixteen of them, and says how many more there are', () => {
    expect(listed(Array.from({ length: 20 }, (_, i) => `s${i}`))).toMatch(/^s0; .*; s15; and 4 more$/)
  })

  it('fits into a condition, however long they are, and is what the API server would store', () => {
    const message = listed(Array.from({ length: 100 }, () => `x${'😀'.repeat(5000)}`))
    expect(message.length).toBeLessThan(32_768)
    expect(message.isWellFormed()).toBe(true)
  })
})
