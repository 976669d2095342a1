import { setImmediate as macrotask } from 'node:timers/promises'
import TinyQueue from 'tinyqueue'
import type { World } from '../world.ts'

/** A world whose time stands still until it is moved. */
export type VirtualWorld = World & {
  /** Moves time on by `ms`, and does on the way what is due, each at its time. */
  readonly advance: (ms: number) => Promise<void>
  /**
   * Moves time on until `isDone`, which is asked after everything that was due at a moment is done. Rejects with `what` once `ms` have
   * gone by, or at once when nothing is left that could happen.
   */
  readonly until: (what: string, isDone: () => boolean, ms: number) => Promise<void>
  /** Time stands still while `work` is pending: for what is done outside, say by a function. */
  readonly hold: <T>(work: Promise<T>) => Promise<T>
  /** How many calls are still to come. */
  readonly pending: () => number
}

/** One that is cancelled has no work: what that would have worked on is not kept until its time. */
type Due = { readonly at: number; readonly order: number; work: (() => void) | undefined }

/** Two worlds of one seed are the same, call for call. `startAt` is milliseconds since the epoch. */
export function createVirtualWorld(seed = 1, startAt = Date.UTC(2026, 0, 1)): VirtualWorld {
  let time = startAt
  let order = 0
  let held = 0
  let hasHeld = false
  const random = splitMix32(seed)
  const queue = new TinyQueue<Due>([], byTime)

  /** Lets everything run that waits for no time. What was held may take several turns of the event loop. */
  const settle = async (): Promise<void> => {
    do {
      hasHeld = false
      await macrotask()
    } while (held > 0 || hasHeld)
  }
  const next = (): Due | undefined => {
    for (let first = queue.peek(); first && !first.work; first = queue.peek()) queue.pop()
    return queue.peek()
  }
  /** One moment: all that is due then, in order; with what it asks for at the same moment. */
  const moment = async (at: number): Promise<void> => {
    time = Math.max(time, at)
    for (let due = next(); due && due.at <= time; due = next()) {
      queue.pop()
      due.work?.()
      if (held > 0) await settle()
    }
    await settle()
  }

  const word = (): number => Math.floor(random() * 2 ** 32)

  const world: VirtualWorld = {
    now: () => time,
    random,
    uuid: () => {
      const [a, b, c, d] = [word(), word(), word(), word()]
      const version = 0x4000 | (b & 0xfff)
      const variant = 0x8000 | ((c >>> 16) & 0xfff)
      return `${hex(a >>> 16)}${hex(a)}-${hex(b >>> 16)}-${hex(version)}-${hex(variant)}-${hex(c)}${hex(d >>> 16)}${hex(d)}`
    },
    after: (ms, work) => {
      const due: Due = { at: time + Math.max(0, Math.ceil(ms)), order: ++order, work }
      queue.push(due)
      return () => {
        due.work = undefined
      }
    },
    advance: async (ms) => {
      const end = time + Math.ceil(ms)
      await settle()
      for (let due = next(); due && due.at <= end; due = next()) await moment(due.at)
      time = end
    },
    until: async (what, isDone, ms) => {
      const end = time + Math.ceil(ms)
      await settle()
      while (!isDone()) {
        const due = next()
        if (!due) throw new Error(`${what}: nothing is left that could happen`)
        if (due.at > end) throw new Error(`${what}: not after ${ms / 1000} s`)
        await moment(due.at)
      }
    },
    hold: async (work) => {
      held += 1
      hasHeld = true
      try {
        return await work
      } finally {
        held -= 1
      }
    },
    pending: () => queue.data.filter(({ work }) => work).length,
  }
  return world
}

const HEX = Array.from({ length: 2 ** 16 }, (_, half) => half.toString(16).padStart(4, '0'))

/** The lower 16 bits. */
const hex = (word: number): string => HEX[word & 0xffff] ?? ''

const byTime = (a: Due, b: Due): number => a.at - b.at || a.order - b.order

/** Steele, Lea, Flood: Fast splittable pseudorandom number generators (2014), as in Java, 32 bits. */
const splitMix32 = (seed: number): (() => number) => {
  let state = seed | 0
  return () => {
    state = (state + 0x9e3779b9) | 0
    let z = state ^ (state >>> 16)
    z = Math.imul(z, 0x21f0aaad)
    z ^= z >>> 15
    z = Math.imul(z, 0x735a2d97)
    return ((z ^ (z >>> 15)) >>> 0) / 2 ** 32
  }
}
