import { asPod, type PodObject } from '../controllers/pods.ts'
import type { Container, ContainerReport, ContainerStart, LogLine, PodRunner } from '../pod-runner.ts'
import type { World } from '../world.ts'
import type { RunningNode } from './node.ts'
import { type Wishes, wishesOf } from './wishes.ts'

export type ScriptedRunnerOptions = {
  readonly world: World
  /** Others that run some images for real: by the image's whole name, or the part before its tag. */
  readonly runnersByImage?: Readonly<Record<string, PodRunner>>
  /** The node it runs on, for the faults that are the node's: it is asked when they strike. */
  readonly node?: () => Pick<RunningNode, 'evict' | 'lose'>
}

export type ScriptedRunner = PodRunner & {
  /** For `runNode`: what keeps a Pod from being scheduled. */
  readonly obstacle: (pod: PodObject) => string | undefined
}

/** From SIGTERM to the end, whatever grace there is. */
const END_MS = 200
const DEFAULT_SECONDS = 0.5

/** Runs nothing: each container fares as its Pod wishes (wishes.ts), on the world's clock. */
export function createScriptedRunner({ world, runnersByImage = {}, node }: ScriptedRunnerOptions): ScriptedRunner {
  const failures = new Map<string, number>()
  const firstPulls = new Map<string, number>()
  const otherFor = (image: string): PodRunner | undefined =>
    runnersByImage[image] ?? runnersByImage[image.replace(/[:@][^/]*$/, '')]

  /** Whether an image that cannot be had can be had by now. */
  const isPullable = ({ uid = '' }: PodObject['metadata'], { fault, pullSeconds }: Wishes): boolean => {
    if (fault !== 'ImagePullBackOff') return true
    const first = firstPulls.get(uid) ?? world.now()
    firstPulls.set(uid, first)
    return pullSeconds !== undefined && world.now() - first >= pullSeconds * 1000
  }
  const endOf = (pod: PodObject, { exitCode, fault, failures: limit }: Wishes): ContainerReport => {
    const { ownerReferences, uid = '' } = pod.metadata
    const key = ownerReferences?.find(({ controller }) => controller)?.uid ?? uid
    const count = failures.get(key) ?? 0
    const succeeds = limit !== undefined && count >= limit
    if (!succeeds && (exitCode !== 0 || fault === 'OOMKilled')) failures.set(key, count + 1)
    if (succeeds) return terminated(0, 'Completed')
    if (fault === 'OOMKilled') return terminated(137, 'OOMKilled')
    return terminated(exitCode, exitCode === 0 ? 'Completed' : 'Error')
  }

  const start: PodRunner['start'] = (what, report) => {
    const other = otherFor(what.image)
    return other ? other.start(what, report) : play(what, report)
  }
  const play = ({ pod: object, image }: ContainerStart, report: (report: ContainerReport) => void): Container => {
    const pod = asPod(object)
    const wishes = wishesOf(pod)
    const lines: LogLine[] = []
    const listeners = new Set<(line: LogLine) => void>()
    let state: 'new' | 'running' | 'over' = 'new'
    const say = (text: string): void => {
      const line = { at: world.now(), text }
      lines.push(line)
      for (const listener of listeners) listener(line)
    }
    const end = (last: ContainerReport): void => {
      if (state === 'over') return
      state = 'over'
      cancel()
      if (last.state === 'terminated') say(`ends with ${last.exitCode}`)
      report(last)
    }
    const begin = (): void => {
      if (typeof wishes === 'string') {
        end({ state: 'waiting', reason: 'CreateContainerError', message: wishes })
        return
      }
      if (!isPullable(pod.metadata, wishes)) {
        const message = `rpc error: code = NotFound desc = failed to pull and unpack image "${image}": failed to resolve reference "${image}": not found`
        end({ state: 'waiting', reason: 'ErrImagePull', message })
        return
      }
      state = 'running'
      say('runs')
      report({ state: 'running' })
      const seconds = wishes.seconds ?? (pod.spec.restartPolicy === 'Always' ? undefined : DEFAULT_SECONDS)
      if (seconds !== undefined) cancel = world.after(seconds * 1000, () => strike(wishes))
    }
    const strike = (wishes: Wishes): void => {
      const { namespace = '', name = '', uid = '' } = pod.metadata
      if (wishes.fault === 'Evicted') node?.().evict({ namespace, name, uid })
      else if (wishes.fault === 'NodeLost') node?.().lose()
      else end(endOf(pod, wishes))
    }
    let cancel = world.after(0, begin)
    return {
      stop: (graceSeconds) => {
        if (typeof wishes !== 'string' && wishes.fault === 'Unresponsive') return
        cancel()
        if (state === 'over') return
        cancel = world.after(Math.min(graceSeconds * 1000, END_MS), () =>
          end(graceSeconds === 0 ? terminated(137, 'Error') : terminated(143, 'Error')),
        )
      },
      send: async () => {
        throw new Error('connect: connection refused')
      },
      logs: () => lines,
      onLog: (listener) => {
        listeners.add(listener)
        return () => void listeners.delete(listener)
      },
    }
  }
  return {
    start,
    obstacle: (pod) => {
      const wishes = wishesOf(pod)
      return typeof wishes !== 'string' && wishes.fault === 'Unschedulable' ? 'Insufficient cpu' : undefined
    },
  }
}

const terminated = (exitCode: number, reason: string): ContainerReport => ({ state: 'terminated', exitCode, reason })
