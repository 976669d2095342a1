import { setTimeout as pause } from 'node:timers/promises'
import type { Platform } from '#test/platform/platform.ts'
import type { Stations } from './stations.ts'
import { allAtZero, bare, completed, followOne, ours } from './subjects.ts'

export type Samples = { readonly ours: readonly Stations[]; readonly bare: readonly Stations[] }

/** What the rest of the machine gets to come to rest between two samples. */
const QUIET_MS = 2000

/** From zero each time, ours and the bare function in turns. */
export const coldRounds = (platform: Platform, rounds: number): Promise<Samples> =>
  takeTurns(platform, 'cold', rounds, () => allAtZero(platform))

/** With a Pod that has just handled an event. */
export const warmRounds = async (platform: Platform, rounds: number): Promise<Samples> => {
  await takeTurns(platform, 'waking', 1, async () => true)
  return takeTurns(platform, 'warm', rounds, async () => true)
}

const takeTurns = async (
  platform: Platform,
  temperature: string,
  rounds: number,
  readiness: () => Promise<unknown>,
): Promise<Samples> => {
  const samples = { ours: [] as Stations[], bare: [] as Stations[] }
  const takeOurs = async (name: string) => {
    samples.ours.push(await followOne(platform, ours, name))
    await completed(platform, name)
  }
  const takeBare = async (name: string) => {
    samples.bare.push(await followOne(platform, bare, name))
  }
  for (let round = 0; round < rounds; round++) {
    await readiness()
    for (const take of round % 2 === 0 ? [takeOurs, takeBare] : [takeBare, takeOurs]) {
      await pause(QUIET_MS)
      await take(`${temperature}-${round}`)
    }
    process.stderr.write(`${temperature} round ${round + 1} of ${rounds}\n`)
  }
  for (const at of [...samples.ours, ...samples.bare])
    if (at.started > at.accepted !== (temperature !== 'warm') && temperature !== 'waking')
      throw new Error(
        `a ${temperature} sample was not: the process began ${at.started - at.accepted} ms after the change`,
      )
  return samples
}
