import { isDeepStrictEqual } from 'node:util'
import type { Case } from './cases.ts'
import type { Recorded } from './record.ts'

/** A record without what is chance: who wins a race, and whether two Pods that become ready are seen one by one. */
export const compared = ({ isRace }: Case, { job, pods, events }: Recorded): Recorded => ({
  events,
  job: withoutRepeats(job.filter((state) => !isHalfReady(state)).map(withoutLastCounts)),
  pods: isRace ? pods.map((states) => [...new Set(states.map(phaseOf))].sort().map((text) => ({ text }))) : pods,
})

const isHalfReady = (state: object): boolean => {
  const { active = 0, ready = 0 } = (state as { status: { active?: number; ready?: number } }).status
  return ready > 0 && ready < active && !('failed' in (state as { status: object }).status)
}

/** Whoever comes first, these are seen. */
const phaseOf = (state: object): string => {
  const { type, phase } = state as { type: string; phase: string }
  return `${type} ${phase}`
}

/** Whether the Job controller still counts the Pods of a Job that goes with them, or the collector takes it before, is up to chance. */
const withoutLastCounts = (state: object): object => {
  const { finalizers = [] } = state as { finalizers?: readonly string[] }
  return finalizers.includes('foregroundDeletion') ? { ...state, status: {} } : state
}

const withoutRepeats = (states: readonly object[]): readonly object[] =>
  states.filter((state, index) => !isDeepStrictEqual(state, states[index - 1]))
