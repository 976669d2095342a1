import type { World } from '../world.ts'
import type { Adapter, AdapterConfig } from './adapter.ts'
import { createScope } from './scope.ts'

export type Availability = 'none' | 'rolling' | 'available'

/** The Deployment of one adapter: one replica, rolled over with a surge, started again after a crash. */
export type AdapterDeployment = {
  /** Takes a configuration; a new one rolls the pod. */
  readonly want: (config: AdapterConfig) => void
  readonly availability: () => Availability
  /** The pod is deleted: nobody watches until its successor does. */
  readonly restart: () => void
  /** A second adapter beside the first, from now on or no longer. */
  readonly twin: (isWanted: boolean) => void
  readonly interrupt: () => void
  readonly stop: () => void
}

type Options = {
  readonly world: World
  readonly start: (config: AdapterConfig) => Adapter | undefined
  /** From the decision to the pod's first request, and for how long after that its predecessor lives on. */
  readonly startMs: number
  readonly overlapMs: number
  readonly onChange: () => void
}

export function createAdapterDeployment({ world, start, startMs, overlapMs, onChange }: Options): AdapterDeployment {
  let scope = createScope(world)
  let wanted: AdapterConfig | undefined
  let running: Adapter | undefined
  let outgoing: Adapter | undefined
  let twin: Adapter | undefined
  let isTwinWanted = false
  let isRolling = false

  const renewTwin = (): void => {
    twin?.stop()
    twin = isTwinWanted && running && wanted ? start(wanted) : undefined
  }
  const begin = (config: AdapterConfig, afterMs: number, crashes = 0): void => {
    scope.after(afterMs, () => {
      const next = start(config)
      if (!next) return begin(config, crashLoopMs(crashes), crashes + 1)
      outgoing = running
      running = next
      isRolling = false
      renewTwin()
      onChange()
      scope.after(overlapMs, () => outgoing?.stop())
    })
  }
  const anew = (): void => {
    scope.end()
    outgoing?.stop()
    scope = createScope(world)
  }
  return {
    want: (config) => {
      if (JSON.stringify(config) === JSON.stringify(wanted)) return
      wanted = config
      isRolling = true
      anew()
      begin(config, startMs)
    },
    availability: () => {
      if (!running) return 'none'
      return isRolling ? 'rolling' : 'available'
    },
    restart: () => {
      if (!wanted) return
      anew()
      running?.stop()
      running = undefined
      isRolling = true
      renewTwin()
      onChange()
      begin(wanted, startMs)
    },
    twin: (isWanted) => {
      if (isTwinWanted === isWanted) return
      isTwinWanted = isWanted
      renewTwin()
    },
    interrupt: () => {
      for (const each of [running, outgoing, twin]) each?.interrupt()
    },
    stop: () => {
      scope.end()
      for (const each of [running, outgoing, twin]) each?.stop()
    },
  }
}

/** The kubelet's: at once, then 10 s doubled up to five minutes. */
export const crashLoopMs = (crashes: number): number =>
  crashes === 0 ? 1000 : Math.min(10_000 * 2 ** (crashes - 1), 300_000)
