import { setTimeout as pause } from 'node:timers/promises'
import type { Platform } from '#test/platform/platform.ts'
import type { Stations } from './stations.ts'
import { allAtZero, bare, completed, followOne, ours, SESSIONS, WITHOUT_RUNNERS } from './subjects.ts'

export type Samples = { readonly ours: readonly Stations[]; readonly bare: readonly Stations[] }

/** What the rest of the machine gets to come to rest between two samples. */
const QUIET_MS = 2000

/** From zero each time, ours and the bare function in turns; each session runs to its end. */
export const coldRounds = async (platform: Platform, rounds: number): Promise<Samples> => {
  const samples = await takeTurns('cold', rounds, {
    ready: () => allAtZero(platform),
    ours: async (name) => {
      const stations = await followOne(platform, ours, { namespace: SESSIONS, name })
      await completed(platform, name)
      return stations
    },
    bare: (name) => followOne(platform, bare, { namespace: SESSIONS, name }),
  })
  return allOf(samples, ({ started, accepted }) => started > accepted)
}

/** With a Pod that has handled an event just now. No runners start meanwhile: they would use what is to be measured. */
export const warmRounds = async (platform: Platform, rounds: number): Promise<Samples> => {
  const namespace = WITHOUT_RUNNERS
  const taken = {
    ready: async () => true,
    ours: (name: string) => followOne(platform, ours, { namespace, name }),
    bare: (name: string) => followOne(platform, bare, { namespace, name }),
  }
  await takeTurns('waking', 1, taken)
  return allOf(await takeTurns('warm', rounds, taken), ({ started, accepted }) => started < accepted)
}

type Turns = {
  readonly ready: () => Promise<unknown>
  readonly ours: (name: string) => Promise<Stations>
  readonly bare: (name: string) => Promise<Stations>
}

const takeTurns = async (kind: string, rounds: number, turns: Turns): Promise<Samples> => {
  const samples = { ours: [] as Stations[], bare: [] as Stations[] }
  for (let round = 0; round < rounds; round++) {
    await turns.ready()
    for (const who of round % 2 === 0 ? (['ours', 'bare'] as const) : (['bare', 'ours'] as const)) {
      await pause(QUIET_MS)
      samples[who].push(await turns[who](`${kind}-${round}`))
    }
    process.stderr.write(`${kind} round ${round + 1} of ${rounds}\n`)
  }
  return samples
}

/** Throws where a sample is not of the kind that it should be. */
const allOf = (samples: Samples, isRight: (stations: Stations) => boolean): Samples => {
  const wrong = [...samples.ours, ...samples.bare].find((stations) => !isRight(stations))
  if (wrong)
    throw new Error(
      `a process began ${wrong.started - wrong.accepted} ms after the change that it should have been cold or warm for`,
    )
  return samples
}
