import { describe, expect, test } from 'vitest'
import { createVirtualWorld } from '#emulator/host/virtual-world.ts'
import { PermanentError, ThrottledError, UnreachableError } from '#sdk/errors.ts'
import { type Outcome, settled } from '#sdk/outcome.ts'
import { createQueue } from './queue.ts'

const failed: Outcome = { state: 'failed', reason: 'UnreachableError', error: new UnreachableError('away') }

/** A queue whose work has the given outcomes in turn, the last one for ever, and when each run began, in ms. */
const aQueue = (outcomes: readonly Outcome[], concurrency = 10) => {
  const clock = createVirtualWorld()
  const startAt = clock.now()
  const queue = createQueue({ concurrency, clock })
  const runs: number[] = []
  const ring = (key = 'Thing a/b') =>
    queue.turn(key, async () => {
      runs.push(clock.now() - startAt)
      return outcomes[Math.min(runs.length, outcomes.length) - 1] ?? settled('Done')
    })
  return { clock, queue, runs, ring, startAt }
}

/** Work that ends when it is told to, and how. */
const heldUp = () => {
  const { promise, resolve } = Promise.withResolvers<Outcome>()
  return { run: () => promise, end: resolve }
}

const until = (ms: number): Outcome => ({ state: 'waiting', reason: 'Waits', until: new Date(ms) })

describe('the queue', () => {
  test('tries what failed again after 5 ms, and after twice as long each time, up to 1000 s', async () => {
    const { clock, runs, ring, queue } = aQueue([failed])
    await ring()
    await clock.advance(5 + 10 + 20 + 40)
    expect(runs).toEqual([0, 5, 15, 35, 75])
    await clock.advance(6 * 3600 * 1000)
    const pauses = runs.map((at, i) => at - (runs[i - 1] ?? 0))
    expect(Math.max(...pauses)).toBe(1_000_000)
    expect(queue.retries()).toBe(runs.length)
  })

  test('begins with short pauses again after a success', async () => {
    const { clock, runs, ring } = aQueue([failed, failed, settled('Done'), failed, settled('Done')])
    await ring()
    await clock.advance(100)
    await ring()
    await clock.advance(100)
    expect(runs).toEqual([0, 5, 15, 100, 105])
  })

  test('does not keep a wake-up waiting for a pause, and runs no second time when that is over', async () => {
    const { clock, runs, ring } = aQueue([failed, failed, failed, failed, settled('Done')])
    await ring()
    await clock.advance(35)
    await clock.advance(10)
    await ring()
    await clock.advance(1000)
    expect(runs).toEqual([0, 5, 15, 35, 45])
  })

  test('waits for as long as the API server asks', async () => {
    const throttled: Outcome = { state: 'failed', reason: 'ThrottledError', error: new ThrottledError('busy', 30) }
    const { clock, runs, ring } = aQueue([throttled, settled('Done')])
    await ring()
    await clock.advance(60_000)
    expect(runs).toEqual([0, 30_000])
  })

  test('leaves alone what was rejected, and what is settled', async () => {
    const rejected: Outcome = { state: 'rejected', reason: 'Bad', error: new PermanentError('Bad', 'bad') }
    const { clock, runs, ring } = aQueue([rejected, settled('Done')])
    await ring()
    await ring()
    await clock.advance(3_600_000)
    expect(runs).toHaveLength(2)
    expect(clock.pending()).toBe(0)
  })

  test('looks again at the very moment that an object waits for', async () => {
    const { clock, runs, ring, startAt } = aQueue([until(Date.UTC(2026, 0, 1) + 90_000), settled('Done')])
    expect(startAt).toBe(Date.UTC(2026, 0, 1))
    await ring()
    await clock.advance(89_999)
    expect(runs).toEqual([0])
    await clock.advance(1)
    expect(runs).toEqual([0, 90_000])
  })

  test('asks about a moment that has passed once a second, and about a distant one once a day', async () => {
    const past = aQueue([until(0)])
    await past.ring()
    await past.clock.advance(3000)
    expect(past.runs).toEqual([0, 1000, 2000, 3000])
    const distant = aQueue([until(Date.UTC(2027, 0, 1))])
    await distant.ring()
    await distant.clock.advance(24 * 3600 * 1000)
    expect(distant.runs).toEqual([0, 24 * 3600 * 1000])
  })

  test('keeps no timer of an object that is forgotten, not even if it was in hand', async () => {
    const { clock, queue, ring } = aQueue([until(Date.UTC(2026, 0, 2))])
    await ring('Thing a/b')
    expect(queue.depth()).toEqual({ waiting: 0, inHand: 0, delayed: 1 })
    queue.forget((key) => key === 'Thing a/b')
    expect(clock.pending()).toBe(0)

    const work = heldUp()
    const run = queue.turn('Thing a/b', work.run)
    await clock.advance(0)
    expect(queue.depth()).toEqual({ waiting: 0, inHand: 1, delayed: 0 })
    queue.forget((key) => key === 'Thing a/b')
    work.end(failed)
    await run
    expect(clock.pending()).toBe(0)
    expect(queue.depth()).toEqual({ waiting: 0, inHand: 0, delayed: 0 })
  })

  test('works on so many objects at once and no more, and on one object once', async () => {
    const clock = createVirtualWorld()
    const queue = createQueue({ concurrency: 2, clock })
    let inHand = 0
    let most = 0
    const work = async () => {
      inHand += 1
      most = Math.max(most, inHand)
      await clock.hold(new Promise<void>((resolve) => setImmediate(resolve)))
      inHand -= 1
      return settled('Done')
    }
    const runs = ['a', 'b', 'c', 'd', 'a', 'a', 'a'].map((key) => queue.turn(key, work))
    expect(queue.depth().waiting).toBe(4)
    await Promise.all(runs)
    expect(most).toBe(2)
  })

  test('that is stopped finishes what is in hand, begins nothing, and has no timer', async () => {
    const { clock, queue, runs, ring } = aQueue([failed], 1)
    await ring('Thing a/b')
    const work = heldUp()
    const inHand = queue.turn('Thing a/c', work.run)
    const next = ring('Thing a/d')
    await clock.advance(0)
    let isStopped = false
    const stopped = queue.stop().then(() => {
      isStopped = true
    })
    await clock.advance(10_000)
    expect(isStopped).toBe(false)
    work.end(failed)
    await Promise.all([stopped, inHand])
    expect(await next).toEqual(settled('Stopping'))
    expect(runs).toEqual([0])
    expect(clock.pending()).toBe(0)
    expect(await ring('Thing a/e')).toEqual(settled('Stopping'))
  })
})
