import type { Container as ContainerSpec, ContainerState, Probe } from 'kubernetes-types/core/v1.d.ts'
import { timestamp } from '../api-server/json.ts'
import type { ContainerLog } from '../api-server/pod-logs.ts'
import type { Container, ContainerReport, ContainerStart } from '../pod-runner.ts'
import type { PodHost } from './pod-host.ts'
import type { ContainerView } from './pod-status.ts'
import { startProbe } from './probe.ts'

/** One container of a Pod through all its restarts. What it does it does in the name of `host`, which it tells of every change. */
export type ContainerLife = {
  readonly name: string
  readonly view: () => ContainerView
  /** Begins, or begins again, now or when its backoff is over; nothing while it runs. */
  readonly run: () => void
  readonly stop: (graceSeconds: number) => void
  /** As the kubelet has it end that finds no trace of it. */
  readonly giveUp: () => void
  readonly container: () => Container | undefined
  readonly log: (ofLifeBefore: boolean) => ContainerLog | undefined
  readonly forget: () => void
}

const FIRST_BACKOFF_MS = 10_000
const LAST_BACKOFF_MS = 300_000
/** Who ran that long begins anew with the backoff. */
const RECOVERED_MS = 600_000

type Run = { readonly container: Container; isOver: boolean; readonly stopProbes: () => void }

export function containerLife(host: PodHost, spec: ContainerSpec, isInit: boolean): ContainerLife {
  const { name, image = '' } = spec
  const { world } = host
  let state: ContainerState = { waiting: { reason: host.firstReason } }
  let lastState: ContainerState = {}
  let restartCount = 0
  let isReady = false
  let isStarted = false
  let id: string | undefined
  let run: Run | undefined
  let previous: Container | undefined
  let backoffMs = 0
  let backoffSince = 0
  let pull:
    | { readonly failures: number; readonly at: number; readonly reason: string; readonly message: string }
    | undefined
  let cancel = (): void => {}
  let isForgotten = false

  const changed = (): void => host.changed()
  const later = (ms: number, work: () => void): void => {
    cancel()
    cancel = world.after(ms, work)
  }
  const wait = (reason: string, message?: string): void => {
    if (state.terminated) lastState = state
    state = { waiting: { reason, ...(message !== undefined && { message }) } }
    isReady = false
    isStarted = false
    changed()
  }
  const event = (type: 'Normal' | 'Warning', reason: string, message: string): void => {
    const path = isInit ? 'initContainers' : 'containers'
    host.event(type, reason, message, `spec.${path}{${name}}`)
  }

  const attempt = (): void => {
    if (isForgotten || host.isEnding()) return
    const made = host.environmentOf(spec)
    if (typeof made === 'string') {
      // Before it looks for what is missing the kubelet looks for the image.
      event('Normal', 'Pulled', `Container image "${image}" already present on machine and can be accessed by the pod`)
      event('Warning', 'Failed', `Error: ${made}`)
      wait('CreateContainerConfigError', made)
      later(host.syncMs(), attempt)
      return
    }
    start({ pod: host.pod(), name, image, ...made })
  }
  const start = (what: ContainerStart): void => {
    const stops: (() => void)[] = []
    const current: Run = {
      isOver: false,
      stopProbes: () => {
        for (const stop of stops.splice(0)) stop()
      },
      container: host.runner.start(what, (report) => {
        if (isForgotten || current.isOver || run !== current) return
        heard(current, report, stops)
      }),
    }
    run = current
  }
  const heard = (current: Run, report: ContainerReport, stops: (() => void)[]): void => {
    switch (report.state) {
      case 'running':
        if (!state.running) running(current, stops)
        return
      case 'waiting':
        current.isOver = true
        refused(report.reason, report.message)
        return
      case 'terminated': {
        if (!state.running) running(current, [])
        current.isOver = true
        current.stopProbes()
        ended(report)
        return
      }
    }
  }
  const running = ({ container, stopProbes: _ }: Run, stops: (() => void)[]): void => {
    pull = undefined
    if (id !== undefined) restartCount += 1
    if (state.terminated) lastState = state
    id = `containerd://${host.newId()}`
    state = { running: { startedAt: timestamp(world.now()) } }
    event('Normal', 'Pulled', `Container image "${image}" already present on machine and can be accessed by the pod`)
    event('Normal', 'Created', 'Container created')
    event('Normal', 'Started', 'Container started')
    isStarted = spec.startupProbe === undefined
    isReady = isStarted && !spec.readinessProbe && !isInit
    if (!isInit) watch(container, stops)
    changed()
  }
  /** Its probes, from now on; readiness and liveness only after it has started up. */
  const watch = (container: Container, stops: (() => void)[]): void => {
    const probe = (kind: string, what: Probe, onResult: (isGood: boolean) => void): void => {
      const failed = (why: string): void => event('Warning', 'Unhealthy', `${kind} probe failed: ${why}`)
      stops.push(startProbe({ world, container, spec, probe: what, ip: host.ip() ?? '', onResult, failed }))
    }
    const kill = (kind: string) => (isGood: boolean) => {
      if (isGood) return
      host.event(
        'Normal',
        'Killing',
        `Container ${name} failed ${kind} probe, will be restarted`,
        `spec.containers{${name}}`,
      )
      container.stop(host.pod().spec.terminationGracePeriodSeconds ?? 30)
    }
    const others = (): void => {
      const { readinessProbe, livenessProbe } = spec
      if (readinessProbe)
        probe('Readiness', readinessProbe, (isGood) => {
          if (isReady === isGood) return
          isReady = isGood
          changed()
        })
      if (livenessProbe) probe('Liveness', livenessProbe, kill('liveness'))
    }
    if (!spec.startupProbe) {
      others()
      return
    }
    probe('Startup', spec.startupProbe, (isGood) => {
      if (isStarted) return
      if (!isGood) return kill('startup')(false)
      isStarted = true
      isReady = !spec.readinessProbe
      changed()
      others()
    })
  }
  const ended = ({ exitCode, reason, message, signal }: Extract<ContainerReport, { state: 'terminated' }>): void => {
    const startedAt = state.running?.startedAt
    const at = timestamp(world.now())
    previous = run?.container
    state = {
      terminated: {
        exitCode,
        reason,
        ...(signal !== undefined && { signal }),
        ...(message !== undefined && { message }),
        startedAt: startedAt ?? at,
        finishedAt: at,
        ...(id !== undefined && { containerID: id }),
      },
    }
    isReady = isInit && exitCode === 0
    isStarted = false
    const ranMs = world.now() - Date.parse(startedAt ?? at)
    if (ranMs > RECOVERED_MS) backoffMs = 0
    backoffSince = world.now()
    changed()
    host.ended()
  }
  /** It does not start: an image that cannot be had. Tried again later and later, and shown as waiting for that in between. */
  const refused = (reason: string, message: string): void => {
    pull = { failures: (pull?.failures ?? 0) + 1, at: world.now(), reason, message }
    if (reason === 'ErrImagePull') {
      event('Normal', 'Pulling', `Pulling image "${image}"`)
      event('Warning', 'Failed', `Failed to pull image "${image}": ${message}`)
    }
    event('Warning', 'Failed', `Error: ${reason === 'ErrImagePull' ? reason : message}`)
    wait(reason, message)
    later(host.syncMs(), lookAgain)
  }
  const lookAgain = (): void => {
    if (!pull || isForgotten || host.isEnding()) return
    const backoff = Math.min(FIRST_BACKOFF_MS * 2 ** (pull.failures - 1), LAST_BACKOFF_MS)
    if (pull.reason !== 'ErrImagePull' || world.now() - pull.at >= backoff) {
      attempt()
      return
    }
    const text = `Back-off pulling image "${image}"`
    event('Normal', 'BackOff', text)
    event('Warning', 'Failed', 'Error: ImagePullBackOff')
    wait('ImagePullBackOff', `${text}: ErrImagePull: ${pull.message}`)
    later(host.syncMs(), lookAgain)
  }
  const crashed = (): void => {
    const left = backoffSince + backoffMs - world.now()
    if (left <= 0) {
      backoffMs = backoffMs === 0 ? FIRST_BACKOFF_MS : Math.min(backoffMs * 2, LAST_BACKOFF_MS)
      attempt()
      return
    }
    const pod = host.pod()
    const where = `${pod.metadata.name}_${pod.metadata.namespace}(${pod.metadata.uid})`
    event('Warning', 'BackOff', `Back-off restarting failed container ${name} in pod ${where}`)
    wait('CrashLoopBackOff', `back-off ${goDuration(backoffMs)} restarting failed container=${name} pod=${where}`)
    later(left, crashed)
  }

  return {
    name,
    view: () => ({ name, image, state, lastState, restartCount, isReady, isStarted, id }),
    run: () => {
      if (run && !run.isOver) return
      if (state.terminated) crashed()
      else if (!run) attempt()
    },
    stop: (graceSeconds) => {
      cancel()
      if (!run || run.isOver) return
      const { container, stopProbes } = run
      stopProbes()
      const sleepSeconds = Math.min(preStopOf(spec), graceSeconds)
      if (sleepSeconds === 0) container.stop(graceSeconds)
      else later(sleepSeconds * 1000, () => container.stop(graceSeconds - sleepSeconds))
    },
    giveUp: () => {
      cancel()
      if (state.terminated) return
      const message = 'The container could not be located when the pod was terminated'
      state = {
        terminated: {
          exitCode: 137,
          reason: 'ContainerStatusUnknown',
          message,
          startedAt: null as never,
          finishedAt: null as never,
        },
      }
      isReady = false
      isStarted = false
    },
    container: () => (run && !run.isOver ? run.container : undefined),
    log: (wantsPrevious) => {
      const found = wantsPrevious ? previous : run?.container
      return found && { lines: found.logs, onLine: found.onLog }
    },
    forget: () => {
      isForgotten = true
      cancel()
      run?.stopProbes()
      if (run && !run.isOver) run.container.stop(0)
    },
  }
}

/** How long it goes on answering before it is asked to end. */
const preStopOf = ({ lifecycle }: ContainerSpec): number =>
  (lifecycle?.preStop as { sleep?: { seconds: number } } | undefined)?.sleep?.seconds ?? 0

/** As Go prints it: `10s`, `2m40s`, `5m0s`. */
const goDuration = (ms: number): string => {
  const seconds = Math.floor(ms / 1000)
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`
}
