import { randomUUID } from 'node:crypto'
import type { World } from '../world.ts'

/** The world as it is. What is still to come keeps no process alive. */
export const realWorld: World = {
  now: () => Date.now(),
  after: (ms, work) => {
    const timer = setTimeout(work, ms)
    timer.unref()
    return () => clearTimeout(timer)
  },
  uuid: randomUUID,
  random: Math.random,
}
