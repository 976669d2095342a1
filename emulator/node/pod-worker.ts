import { equal } from '../api-server/json.ts'
import type { ContainerLog } from '../api-server/pod-logs.ts'
import { type Client, refOf } from '../client.ts'
import type { EventRecorder } from '../controllers/event-recorder.ts'
import { asPod, isEnded, isGoing, type PodObject } from '../controllers/pods.ts'
import { PODS } from '../controllers/resources.ts'
import type { PodRunner } from '../pod-runner.ts'
import type { World } from '../world.ts'
import { type ContainerLife, containerLife } from './container-life.ts'
import { environmentOf, type Sources } from './environment.ts'
import { missingVolume, unsupportedIn } from './obstacles.ts'
import type { PodHost } from './pod-host.ts'
import { type PodView, podCondition, statusOf } from './pod-status.ts'

export type PodWorkerOptions = {
  readonly client: Client
  readonly world: World
  readonly runner: PodRunner
  readonly sources: Sources
  readonly record: EventRecorder
  readonly newIp: () => string
  /** Puts a call of `report` on the list. */
  readonly changed: () => void
}

/** One Pod on the node. */
export type PodWorker = {
  readonly pod: () => PodObject
  /** It has changed, or is new: does what is to be done about it. */
  readonly observe: (pod: PodObject) => void
  /** Writes what is to be said of it, if that is news; throws what the API server answers. */
  readonly report: () => void
  readonly container: (name?: string) => ContainerLife | undefined
  readonly log: (container: string, ofLifeBefore: boolean) => ContainerLog | undefined
  readonly end: (reason: string, message: string) => void
  /** It is no more: whatever still runs is killed. */
  readonly forget: () => void
}

export function podWorker(first: PodObject, options: PodWorkerOptions): PodWorker {
  const { client, world, runner, sources, record, changed } = options
  let pod = first
  let ip: string | undefined
  let hasBegun = false
  let isEnding = false
  let end: PodView['end']
  let cancelDeadline = (): void => {}
  let cancelMount = (): void => {}
  const hasInit = (first.spec.initContainers ?? []).length > 0
  const host: PodHost = {
    world,
    runner,
    pod: () => pod,
    ip: () => ip,
    firstReason: hasInit ? 'PodInitializing' : 'ContainerCreating',
    isEnding: () => isEnding,
    syncMs: () => 10_000 + Math.floor(world.random() * 5000),
    newId: () => Array.from({ length: 8 }, () => hex(world.random())).join(''),
    environmentOf: (container) => unsupportedIn(container) ?? environmentOf(withIp(pod, ip), container, sources),
    event: (type, reason, message, fieldPath) => record(pod, type, reason, message, fieldPath),
    changed,
    // First its end is told, then what comes of it.
    ended: () => void world.after(0, proceed),
  }
  const initContainers = (first.spec.initContainers ?? []).map((each) => containerLife(host, each, true))
  const containers = first.spec.containers.map((each) => containerLife(host, each, false))
  const all = [...initContainers, ...containers]

  const begin = (): void => {
    hasBegun = true
    report()
    ip = options.newIp()
    startDeadline()
    mount()
  }
  /** Nothing starts before its volumes are there. */
  const mount = (): void => {
    if (isEnding) return
    const missing = missingVolume(pod, sources)
    if (missing === undefined) {
      proceed()
      return
    }
    record(pod, 'Warning', 'FailedMount', missing)
    cancelMount = world.after(host.syncMs(), mount)
  }
  const startDeadline = (): void => {
    const { activeDeadlineSeconds } = pod.spec
    if (activeDeadlineSeconds !== undefined)
      cancelDeadline = world.after(activeDeadlineSeconds * 1000, () => {
        const message = 'Pod was active on the node longer than the specified deadline'
        record(pod, 'Normal', 'DeadlineExceeded', message)
        finish('DeadlineExceeded', message)
      })
  }
  /** Starts what is due: the init containers one after the other, then all others; and again what is to be restarted. */
  const proceed = (): void => {
    if (isEnding) {
      changed()
      return
    }
    for (const each of initContainers) {
      const { state } = each.view()
      if (state.terminated?.exitCode === 0) continue
      if (!state.terminated || restarts(state.terminated.exitCode)) each.run()
      return
    }
    for (const each of containers) {
      const { state } = each.view()
      if (!state.terminated || restarts(state.terminated.exitCode)) each.run()
    }
  }
  const restarts = (exitCode: number): boolean => {
    const { restartPolicy = 'Always' } = pod.spec
    return restartPolicy === 'Always' || (restartPolicy === 'OnFailure' && exitCode !== 0)
  }
  const stopAll = (graceSeconds: number): void => {
    isEnding = true
    cancelDeadline()
    cancelMount()
    for (const each of all) {
      if (each.container())
        record(pod, 'Normal', 'Killing', `Stopping container ${each.name}`, `spec.containers{${each.name}}`)
      each.stop(graceSeconds)
    }
    changed()
  }
  const finish = (reason: string, message: string): void => {
    if (isEnding || isEnded(pod)) return
    end = { reason, message }
    stopAll(reason === 'Evicted' ? 0 : (pod.spec.terminationGracePeriodSeconds ?? 30))
  }
  const isAllStopped = (): boolean => all.every((each) => each.container() === undefined)

  const view = (): PodView => {
    const isOver = isEnding && isAllStopped()
    if (isOver) for (const each of all) each.giveUp()
    return {
      containers: containers.map((each) => each.view()),
      initContainers: initContainers.map((each) => each.view()),
      isOver,
      hasSandbox: all.some((each) => each.view().id !== undefined),
      ip: all.some((each) => each.view().id !== undefined) ? ip : undefined,
      ...(end && isOver && { end }),
    }
  }
  const report = (): void => {
    if (!hasBegun) return
    if (!isEnded(pod)) {
      const wanted = statusOf(pod, view(), world.now())
      // The API server keeps what others have put there.
      const { phase: _, reason: __, message: ___, ...others } = pod.status
      const disrupted =
        end?.reason === 'Evicted' && wanted.phase === 'Failed' ? [disruption(pod, end.message, world.now())] : []
      const status = { ...others, ...wanted, conditions: [...(wanted.conditions ?? []), ...disrupted] }
      if (!equal(status, pod.status)) pod = asPod(client.update(PODS, { ...pod, status }, 'status'))
    }
    if (isGoing(pod) && isAllStopped() && (pod.metadata.deletionGracePeriodSeconds ?? 0) > 0)
      client.delete(PODS, refOf(pod), { uid: pod.metadata.uid ?? '', graceSeconds: 0 })
  }

  return {
    pod: () => pod,
    report,
    observe: (now) => {
      pod = now
      if (isEnded(pod) && !hasBegun) {
        // It ended before this node took it up, under another one's care.
        hasBegun = true
        isEnding = true
      }
      if (isGoing(pod)) {
        hasBegun = true
        if (!isEnding) stopAll(pod.metadata.deletionGracePeriodSeconds ?? 30)
        else changed()
        return
      }
      if (!hasBegun) begin()
    },
    container: (name) => containers.find((each) => name === undefined || each.name === name),
    log: (name, ofLifeBefore) => all.find((each) => each.name === name)?.log(ofLifeBefore),
    end: finish,
    forget: () => {
      isEnding = true
      cancelDeadline()
      cancelMount()
      for (const each of all) each.forget()
    },
  }
}

const withIp = (pod: PodObject, podIP: string | undefined): PodObject => ({
  ...pod,
  status: { ...pod.status, ...(podIP !== undefined && { podIP }), hostIP: '10.0.0.1' },
})

const disruption = (pod: PodObject, message: string, now: number) =>
  podCondition(pod, now, { type: 'DisruptionTarget', status: 'True', reason: 'TerminationByKubelet', message })

const hex = (chance: number): string =>
  Math.floor(chance * 2 ** 32)
    .toString(16)
    .padStart(8, '0')
