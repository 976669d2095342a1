import { setTimeout as pause } from 'node:timers/promises'
import { eventually } from '#test/platform/eventually.ts'
import type { Platform } from '#test/platform/platform.ts'
import type { Figure } from '../report.ts'
import type { MemoryWatch } from './memory.ts'
import type { Say } from './progress.ts'
import { allAtZero, allGone, bare, createObject, ours, phasesOf, SESSIONS, WITHOUT_RUNNERS } from './subjects.ts'
import type { Span } from './usage.ts'

/** What is done with sessions that have real runners, in the order in which a benchmark does it. */
export type Sessions = {
  /** One after the other, each from zero; the span ends when the last Pod of a function is gone. */
  readonly alone: (count: number) => Promise<Span>
  /** As many at once, and as many events for the bare function; resolves when all sessions have ended. */
  readonly atOnce: (count: number, memory: MemoryWatch) => Promise<readonly Figure[]>
  /** One that runs for as long as a benchmark takes. */
  readonly keepOneRunning: () => Promise<void>
}

const LONG_SECONDS = 7200
const BURST_SECONDS = 600
const LOOK_MS = 4000
/** The kubelet looks at a container every so often. */
const STATS_MS = 12_000

export const realSessions = (platform: Platform, say: Say): Sessions => {
  let completed = 0
  const haveCompleted = (count: number) => async (): Promise<true | undefined> =>
    ((await phasesOf(platform))['Completed'] ?? 0) >= count ? true : undefined
  const create = (name: string, runnerSeconds = 0) =>
    createObject(platform, ours, { namespace: SESSIONS, name, runnerSeconds })

  return {
    alone: async (count) => {
      await allAtZero(platform)
      const from = Date.now()
      for (let n = 0; n < count; n++) {
        await allAtZero(platform)
        await create(`alone-${n}`)
        await eventually(`session alone-${n} is Completed`, haveCompleted(++completed))
        say(`session ${n + 1} of ${count} that come alone has ended`)
      }
      await allGone(platform)
      return { from, to: Date.now() }
    },

    atOnce: async (count, memory) => {
      const from = Date.now()
      const names = Array.from({ length: count }, (_, n) => `burst-${n}`)
      await Promise.all(
        names.flatMap((name) => [create(name), createObject(platform, bare, { namespace: WITHOUT_RUNNERS, name })]),
      )
      completed += count
      const haveAll = haveCompleted(completed)
      await eventually(
        `${count} sessions at once have ended`,
        async () => {
          await pause(LOOK_MS)
          await memory.look()
          const phases = await phasesOf(platform)
          say(`${count} sessions at once: ${JSON.stringify(phases)}`)
          return haveAll()
        },
        BURST_SECONDS,
      )
      const seconds = (Date.now() - from) / 1000
      await pause(STATS_MS)
      await memory.look()
      return [
        { name: 'platform/burst/sessions', value: count, unit: 'sessions' },
        { name: 'platform/burst/until all have ended', value: seconds, unit: 's' },
      ]
    },

    keepOneRunning: async () => {
      await create('runs-on', LONG_SECONDS)
      await eventually('one session runs on', async () => ((await phasesOf(platform))['Running'] ? true : undefined))
    },
  }
}
