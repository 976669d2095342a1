import { setImmediate as tick } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { UnreachableError } from '#sdk/errors.ts'
import { type Outcome, settled } from '#sdk/outcome.ts'
import { createTurns } from './turns.ts'

/** Work that waits to be told to end, and writes down when it began. */
const aWorkshop = (concurrency: number) => {
  const turn = createTurns(concurrency)
  const started: string[] = []
  const ends: Record<string, () => void> = {}
  const ring = (key: string, name = key) =>
    turn(key, () => {
      started.push(name)
      return new Promise<Outcome>((resolve) => {
        ends[name] = () => resolve(settled(name))
      })
    })
  const finish = async (name: string) => {
    ends[name]?.()
    await tick()
  }
  return { turn, started, ring, finish }
}

describe('turns', () => {
  it('run work for different keys side by side', async () => {
    const { started, ring } = aWorkshop(10)
    void ring('a')
    void ring('b')
    await tick()
    expect(started).toEqual(['a', 'b'])
  })

  it('run work for one key one after the other', async () => {
    const { started, ring, finish } = aWorkshop(10)
    void ring('a', 'first')
    await tick()
    void ring('a', 'second')
    await tick()
    expect(started).toEqual(['first'])
    await finish('first')
    expect(started).toEqual(['first', 'second'])
  })

  it('fold all calls that come during a run into one run after it', async () => {
    const { started, ring, finish } = aWorkshop(10)
    const first = ring('a', 'first')
    await tick()
    const later = [ring('a', 'second'), ring('a', 'third'), ring('a', 'fourth')]
    await finish('first')
    await finish('second')
    expect(started).toEqual(['first', 'second'])
    expect((await first).reason).toBe('first')
    expect((await Promise.all(later)).map(({ reason }) => reason)).toEqual(['second', 'second', 'second'])
  })

  it('fold calls that come before a run has begun into that run', async () => {
    const { started, ring, finish } = aWorkshop(1)
    void ring('other')
    await tick()
    const both = [ring('a', 'first')]
    await tick()
    both.push(ring('a', 'second'))
    await finish('other')
    await finish('first')
    expect(started).toEqual(['other', 'first'])
    expect((await Promise.all(both)).map(({ reason }) => reason)).toEqual(['first', 'first'])
  })

  it('begin a new run for a call that comes while the folded one runs', async () => {
    const { started, ring, finish } = aWorkshop(10)
    void ring('a', 'first')
    await tick()
    void ring('a', 'second')
    await finish('first')
    void ring('a', 'third')
    await finish('second')
    expect(started).toEqual(['first', 'second', 'third'])
  })

  it('begin a new run for a call that comes the moment the last one ends', async () => {
    const { started, ring, finish } = aWorkshop(10)
    const next = ring('a', 'first').then(() => ring('a', 'second'))
    await tick()
    await finish('first')
    await finish('second')
    expect(started).toEqual(['first', 'second'])
    expect((await next).reason).toBe('second')
  })

  it('let no more run than the bound, and no fewer', async () => {
    const { started, ring, finish } = aWorkshop(2)
    for (const key of ['a', 'b', 'c', 'd']) void ring(key)
    await tick()
    expect(started).toEqual(['a', 'b'])
    await finish('b')
    expect(started).toEqual(['a', 'b', 'c'])
  })

  it('do not let a key that waits for its turn take the place of another', async () => {
    const { started, ring } = aWorkshop(2)
    void ring('a', 'first')
    await tick()
    void ring('a', 'second')
    void ring('b')
    await tick()
    expect(started).toEqual(['first', 'b'])
  })

  it('make a failed outcome of work that throws, and go on', async () => {
    const { turn, ring, finish } = aWorkshop(1)
    const broken = turn('a', async () => {
      throw new UnreachableError('no answer')
    })
    expect(await broken).toMatchObject({ state: 'failed', reason: 'UnreachableError' })
    const next = ring('a')
    await tick()
    await finish('a')
    expect((await next).reason).toBe('a')
  })
})
