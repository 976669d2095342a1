import type { ContainerStart, PodRunner } from './pod-runner.ts'
import type { World } from './world.ts'

/** What the kubelet leaves for SIGTERM when a hook has used the whole grace up. */
const leastGraceSeconds = 2

/**
 * A runner that honours `lifecycle.preStop.sleep` as the kubelet does: a running container that is asked to end is told so only after that
 * many seconds, which are part of its grace. Other hooks are the node's business.
 */
export const withPreStop = (world: World, runner: PodRunner): PodRunner => ({
  start: (what, report) => {
    let isRunning = false
    let cancel = (): void => {}
    const container = runner.start(what, (news) => {
      isRunning = news.state === 'running'
      if (!isRunning) cancel()
      report(news)
    })
    return {
      ...container,
      stop: (graceSeconds) => {
        cancel()
        const seconds = isRunning ? Math.min(sleepOf(what), graceSeconds) : 0
        if (seconds === 0) container.stop(graceSeconds)
        else
          cancel = world.after(seconds * 1000, () =>
            container.stop(Math.max(leastGraceSeconds, graceSeconds - seconds)),
          )
      },
    }
  },
})

function sleepOf({ pod, name }: ContainerStart): number {
  const { containers } = pod['spec'] as {
    containers?: readonly {
      readonly name: string
      readonly lifecycle?: { readonly preStop?: { readonly sleep?: { readonly seconds: number } } }
    }[]
  }
  return containers?.find((each) => each.name === name)?.lifecycle?.preStop?.sleep?.seconds ?? 0
}
