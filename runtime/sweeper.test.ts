import type { CloudEvent } from 'cloudevents'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { PermanentError } from '#sdk/errors.ts'
import type { FunctionDefinition, Ports } from '#sdk/index.ts'
import { type Outcome, outcomeOf, settled } from '#sdk/outcome.ts'
import { createMemoryCluster } from '#test/memory-cluster.ts'
import { portsOn } from '#test/ports.ts'
import type { Metrics } from './metrics.ts'
import { sweepOnce, sweepUntil } from './sweeper.ts'

describe('the sweeper', () => {
  beforeEach(() => void vi.useFakeTimers({ fakeNodeBuiltins: true }))
  afterEach(() => void vi.useRealTimers())

  const aSweeper = (sweep: () => Promise<unknown> = async () => undefined) => {
    const stop = new AbortController()
    let sweeps = 0
    let hasEnded = false
    const ended = sweepUntil(stop.signal, 30, () => {
      sweeps++
      return sweep()
    }).then(() => {
      hasEnded = true
    })
    return { stop, ended, sweeps: () => sweeps, hasEnded: () => hasEnded }
  }

  it('sweeps at once', () => {
    const { sweeps } = aSweeper()
    expect(sweeps()).toBe(1)
  })

  it('sweeps every period, and does not end by itself', async () => {
    const { sweeps, hasEnded } = aSweeper()
    await vi.advanceTimersByTimeAsync(29_999)
    expect(sweeps()).toBe(1)
    await vi.advanceTimersByTimeAsync(1)
    expect(sweeps()).toBe(2)
    await vi.advanceTimersByTimeAsync(10 * 30_000)
    expect(sweeps()).toBe(12)
    expect(hasEnded()).toBe(false)
  })

  it('ends at the signal, without waiting for the period', async () => {
    const { stop, ended, sweeps } = aSweeper()
    await vi.advanceTimersByTimeAsync(1000)
    stop.abort()
    await ended
    expect(sweeps()).toBe(1)
  })

  it('finishes a sweep that is under way when the signal comes', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const { stop, ended, hasEnded } = aSweeper(() => promise)
    stop.abort()
    await vi.advanceTimersByTimeAsync(1000)
    expect(hasEnded()).toBe(false)
    resolve()
    await ended
  })

  it('does not start where the signal has come already', async () => {
    let sweeps = 0
    await sweepUntil(AbortSignal.abort(), 30, async () => sweeps++)
    expect(sweeps).toBe(0)
  })
})

describe('one sweep', () => {
  const sweep = async (outcome: Outcome, differing: Partial<Ports> = {}) => {
    const events: CloudEvent<unknown>[] = []
    const observed: Outcome[] = []
    const fn: FunctionDefinition = {
      name: 'timeout-sweeper',
      on: [{ everyMinutes: 5 }],
      access: [],
      handle: async (event) => {
        events.push(event)
        return outcome
      },
    }
    const metrics: Pick<Metrics, 'observe'> = {
      observe: (outcome) => void observed.push(outcome),
    }
    return { returned: await sweepOnce(fn, portsOn(createMemoryCluster(), differing), metrics), events, observed }
  }

  it('gives the function an event that says when and from whom', async () => {
    const { events } = await sweep(settled('Swept'))
    expect(events).toEqual([
      expect.objectContaining({
        type: 'dev.dormouse.schedule',
        source: '/dormouse/timeout-sweeper',
        time: '2026-03-01T12:00:00.000Z',
      }),
    ])
  })

  it('returns and counts what became of it', async () => {
    const { returned, observed } = await sweep(settled('Swept'))
    expect([returned, ...observed]).toEqual([settled('Swept'), settled('Swept')])
  })

  it.each([
    ['failed', outcomeOf(new Error('list jobs: no answer'))],
    ['was rejected', outcomeOf(new PermanentError('MalformedName', 'list jobs: no answer'))],
  ])('that %s is warned about', async (_, outcome) => {
    const warnings: object[] = []
    const log = {
      debug: () => undefined,
      info: () => undefined,
      error: () => undefined,
      warn: (fields: object) => void warnings.push(fields),
    }
    await sweep(outcome, { log })
    expect(warnings).toEqual([expect.objectContaining({ state: outcome.state, cause: 'list jobs: no answer' })])
  })
})
