import type { Scaling } from './annotations.ts'
import type { Concurrency } from './concurrency.ts'

// config-autoscaler as Serving 0.48 ships it.
const maxUpRate = 1000
const maxDownRate = 2

export type Decision = {
  readonly pods: number
  /** What the ready pods could take beyond what they do and the burst that is to be expected; below 0 the activator stays in the path. */
  readonly spare: number
}

/**
 * The KPA: how many pods the requests of the stable window, and in a panic those of the panic window, are wanted for.
 * After knative/serving pkg/autoscaler/scaling/autoscaler.go. To be asked every 2 s.
 */
export function createAutoscaler(scaling: Scaling, concurrency: Concurrency) {
  let panicAt: number | undefined
  let panicPods = 0
  let recent: readonly { readonly at: number; readonly pods: number }[] = []

  return {
    /** `since`: when there first was something to measure. `isReachable`: whether requests can come at all. */
    decide: (now: number, readyPods: number, since: number, isReachable: boolean): Decision => {
      const ready = Math.max(1, readyPods)
      const stable = concurrency.average(scaling.windowMs, now, since)
      const panic = concurrency.average(scaling.panicWindowMs, now, since)
      const most = Math.ceil(maxUpRate * ready)
      const least = isReachable ? Math.floor(ready / maxDownRate) : 0
      const within = (pods: number): number => {
        const bounded = Math.min(Math.max(pods, least), most)
        return pods > 0 ? Math.max(bounded, scaling.activation > 1 ? scaling.activation : 0) : bounded
      }
      const panicWish = Math.ceil(panic / scaling.target)
      const stablePods = within(Math.ceil(stable / scaling.target))
      const isOver = panicWish / ready >= scaling.panicThreshold
      if (isOver) panicAt = now
      else if (panicAt !== undefined && panicAt + scaling.windowMs < now) {
        panicAt = undefined
        panicPods = 0
      }
      if (panicAt !== undefined) panicPods = Math.max(panicPods, stablePods, within(panicWish))
      const wanted = panicAt === undefined ? stablePods : panicPods
      const spare =
        scaling.burst === 0 ? 0 : scaling.burst < 0 ? -1 : Math.floor(readyPods * scaling.total - scaling.burst - panic)
      if (!isReachable || scaling.downDelayMs === 0) return { pods: wanted, spare }
      recent = [...recent.filter(({ at }) => at > now - scaling.downDelayMs), { at: now, pods: wanted }]
      return { pods: Math.max(...recent.map(({ pods }) => pods)), spare }
    },
  }
}
