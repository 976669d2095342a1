import { expect, test } from 'vitest'
import { createVirtualWorld } from './virtual-world.ts'

test('does what is due in order of time, then of asking', async () => {
  const world = createVirtualWorld()
  const seen: string[] = []
  const start = world.now()
  const note = (name: string) => () => void seen.push(`${name} at ${world.now() - start}`)
  world.after(20, note('c'))
  world.after(10, note('a'))
  world.after(10, () => {
    note('b')()
    world.after(0, note('b, later'))
    world.after(5, note('b, 5 later'))
  })
  const cancel = world.after(12, note('never'))
  cancel()
  await world.advance(19)
  expect(seen).toEqual(['a at 10', 'b at 10', 'b, later at 10', 'b, 5 later at 15'])
  expect(world.now() - start).toBe(19)
  await world.advance(1)
  expect(seen.at(-1)).toBe('c at 20')
})

test('lets no time go by while something is held', async () => {
  const world = createVirtualWorld()
  const start = world.now()
  const seen: number[] = []
  world.after(10, () => {
    const work = world.hold(new Promise((resolve) => setTimeout(resolve, 20)))
    void work
      .then(() => seen.push(world.now() - start))
      .then(() => world.after(5, () => void seen.push(world.now() - start)))
  })
  world.after(11, () => void seen.push(world.now() - start))
  await world.advance(100)
  expect(seen).toEqual([10, 11, 15])
})

test('waits for what is to become true, and says what did not', async () => {
  const world = createVirtualWorld()
  let count = 0
  const tick = () => {
    count += 1
    if (count < 5) world.after(1000, tick)
  }
  world.after(1000, tick)
  await world.until('three ticks', () => count === 3, 5000)
  await expect(world.until('four ticks', () => count === 4, 500)).rejects.toThrow('four ticks: not after 0.5 s')
  await expect(world.until('six ticks', () => count === 6, 60_000)).rejects.toThrow('nothing is left')
})

test('is the same for the same seed, and another for another', () => {
  const ids = (seed: number) => {
    const { uuid, random } = createVirtualWorld(seed)
    return [uuid(), uuid(), random()]
  }
  expect(ids(7)).toEqual(ids(7))
  expect(ids(7)).not.toEqual(ids(8))
  expect(ids(7)[0]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/)
})

test('sorts many as they are due', async () => {
  const world = createVirtualWorld(3)
  const seen: number[] = []
  const delays = Array.from({ length: 1000 }, () => Math.floor(world.random() * 100))
  for (const delay of delays) world.after(delay, () => void seen.push(delay))
  await world.advance(100)
  expect(seen).toEqual(delays.toSorted((a, b) => a - b))
})
