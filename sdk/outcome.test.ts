import { describe, expect, it } from 'vitest'
import { ForbiddenError, PermanentError, RefusedError } from './errors.ts'
import { type Outcome, outcomeOf, settled, worstOf } from './outcome.ts'

describe('what is thrown', () => {
  it.each([
    [
      'a permanent error rejects, with its reason',
      new PermanentError('MalformedEvent', 'x'),
      'rejected',
      'MalformedEvent',
    ],
    ['a refusal rejects, with its reason', new RefusedError('QuotaExceeded', 'x'), 'rejected', 'QuotaExceeded'],
    ['a transient error fails, by its class', new ForbiddenError('x'), 'failed', 'ForbiddenError'],
    ['a mistake of ours fails', new TypeError('x'), 'failed', 'TypeError'],
    ['something that is no error fails', 'x', 'failed', 'Error'],
  ])('%s', (_, thrown, state, reason) => {
    expect(outcomeOf(thrown)).toMatchObject({ state, reason, error: expect.objectContaining({ message: 'x' }) })
  })
})

describe('of two outcomes', () => {
  const until = (minute: number): Outcome => ({ state: 'waiting', reason: 'Running', until: new Date(minute * 60_000) })
  const byGravity = [settled('Ended'), until(5), outcomeOf(new PermanentError('No', '')), outcomeOf(new Error(''))]

  it('the graver counts, whichever comes first', () => {
    for (const [i, mild] of byGravity.entries()) {
      for (const grave of byGravity.slice(i + 1)) {
        expect(worstOf(mild, grave)).toBe(grave)
        expect(worstOf(grave, mild)).toBe(grave)
      }
    }
  })

  it('the sooner of two waits counts', () => {
    const [sooner, later] = [until(1), until(2)]
    expect(worstOf(sooner, later)).toBe(sooner)
    expect(worstOf(later, sooner)).toBe(sooner)
  })
})
