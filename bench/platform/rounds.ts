import { setTimeout as pause } from 'node:timers/promises'
import type { Platform } from '#test/platform/platform.ts'
import { followOne, type Sample } from './follow.ts'
import type { Say } from './progress.ts'
import { allAtZero, bare, ours, WITHOUT_RUNNERS } from './subjects.ts'

export type Samples = { readonly ours: readonly Sample[]; readonly bare: readonly Sample[] }

/** Longer than a cold start takes, and than a warm function needs. */
const UNTIL_LOOK_MS = { cold: 2000, warm: 1000 }
/** What the rest of the machine gets to come to rest before a sample. */
const QUIET_MS = { cold: 2000, warm: 500 }

/**
 * Both from zero in each round. No runners start, so that whoever is second always follows the same: one object, its Job, and Pods that
 * are idle.
 */
export const coldRounds = async (platform: Platform, rounds: number, say: Say): Promise<Samples> =>
  allOf(
    await takeTurns(platform, 'cold', { rounds, say, ready: () => allAtZero(platform) }),
    ({ started, accepted }) => started > accepted,
  )

/** With a Pod that has handled an event just now. */
export const warmRounds = async (platform: Platform, rounds: number, say: Say): Promise<Samples> => {
  const ready = async () => true as const
  await takeTurns(platform, 'warm', { rounds: 1, say, ready, prefix: 'waking' })
  const samples = await takeTurns(platform, 'warm', { rounds, say, ready })
  return allOf(samples, ({ started, accepted }) => started < accepted)
}

type Turns = {
  readonly rounds: number
  readonly say: Say
  readonly ready: () => Promise<true>
  readonly prefix?: string
}

const takeTurns = async (
  platform: Platform,
  kind: 'cold' | 'warm',
  { rounds, say, ready, prefix = kind }: Turns,
): Promise<Samples> => {
  const samples = { ours: [] as Sample[], bare: [] as Sample[] }
  const subjects = { ours, bare }
  for (let round = 0; round < rounds; round++) {
    await ready()
    const took: string[] = []
    for (const who of isOursFirst(round) ? (['ours', 'bare'] as const) : (['bare', 'ours'] as const)) {
      await pause(QUIET_MS[kind])
      const place = { namespace: WITHOUT_RUNNERS, name: `${prefix}-${round}`, untilLookMs: UNTIL_LOOK_MS[kind] }
      const sample = await followOne(platform, subjects[who], place)
      samples[who].push(sample)
      took.push(`${who} ${(sample.stations.jobCreated - sample.stations.accepted).toFixed(0)} ms`)
    }
    say(`${prefix} round ${round + 1} of ${rounds}: ${took.join(', ')}`)
  }
  return samples
}

/**
 * Who is first follows the Thue-Morse sequence: as often one as the other, and with no period. Pods of earlier rounds are cleared away at
 * fixed times; in a regular order they would always do so while the same of the two is measured. Pure.
 */
export const isOursFirst = (round: number): boolean => round.toString(2).replaceAll('0', '').length % 2 === 0

/** Throws where a sample is not of the kind that it should be. */
const allOf = (samples: Samples, isRight: (stations: Sample['stations']) => boolean): Samples => {
  const wrong = [...samples.ours, ...samples.bare].find(({ stations }) => !isRight(stations))
  if (wrong) {
    const late = wrong.stations.started - wrong.stations.accepted
    throw new Error(`a process began ${late} ms after the change that it should have been cold or warm for`)
  }
  return samples
}
