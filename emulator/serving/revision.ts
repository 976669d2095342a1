import type { Client } from '../client.ts'
import type { Journal } from '../journal.ts'
import type { HttpResponse } from '../network.ts'
import type { World } from '../world.ts'
import { createActivator, type PathRequest, type SendToPod } from './activator.ts'
import { scalingOf } from './annotations.ts'
import { createAutoscaler } from './autoscaler.ts'
import { createConcurrency } from './concurrency.ts'
import { createPods, type PodEvent } from './pods.ts'
import type { Revision } from './template.ts'

export type RevisionOptions = {
  readonly client: Client
  readonly world: World
  readonly journal: Journal
  readonly send: SendToPod
  readonly revision: Revision
  readonly drainSeconds: number
  readonly onChange: () => void
}

export type RevisionState =
  | { readonly state: 'starting' }
  /** It once was as large as it is to be at first. Now it may have no pods. */
  | { readonly state: 'ready' }
  | { readonly state: 'failed'; readonly reason: string; readonly message: string }

export type RunningRevision = {
  readonly name: string
  readonly handle: (request: PathRequest) => Promise<HttpResponse>
  readonly podChanged: (event: PodEvent) => void
  readonly state: () => RevisionState
  /** Whether requests may be sent to it; without them it goes down to zero, whatever `min-scale` says. */
  readonly setReachable: (isReachable: boolean) => void
  readonly podCount: () => number
  /** Stops, and ends its pods. */
  readonly close: () => void
  /** Stops, and leaves them. */
  readonly stop: () => void
}

const tickMs = 2000
const graceMs = 30_000
/** How much longer than the progress deadline the autoscaler gives a revision to get its first pod ready. */
const activationBufferMs = 10_000

type Activity = { readonly state: 'activating' | 'active' | 'inactive'; readonly since: number }

/** One revision: its pods, its requests, and how many of the former the latter need. */
export function runRevision({
  client,
  world,
  journal,
  send,
  revision,
  drainSeconds,
  onChange,
}: RevisionOptions): RunningRevision {
  const { template, name } = revision
  const { containerConcurrency: limit, timeoutSeconds } = template.spec
  const scaling = scalingOf(template.metadata?.annotations ?? {}, limit)
  const startedAt = world.now()
  const concurrency = createConcurrency(scaling.windowMs, startedAt)
  const autoscaler = createAutoscaler(scaling, concurrency)
  let isReachable = true
  let isInitialized = false
  let isClosed = false
  /** When there first was something to measure since there was nothing. */
  let measuredSince: number | undefined
  let activity: Activity = { state: 'activating', since: startedAt }
  let directUntil: number | undefined
  let isDirect = false
  let cancelTick: (() => void) | undefined

  const pods = createPods({ client, world, journal, revision, drainSeconds, onChange: podsChanged })
  const activator = createActivator({
    world,
    send,
    limit,
    timeoutSeconds,
    onRequest: () => {
      const end = concurrency.begin(world.now())
      // The activator tells of the first request to a revision without pods at once.
      if (pods.wanted() === 0) {
        measuredSince ??= world.now()
        world.after(0, tick)
      }
      return () => end(world.now())
    },
  })

  const enter = (state: Activity['state']): void => {
    if (activity.state !== state) activity = { state, since: world.now() }
  }
  const minimum = (): number => (isReachable ? scaling.min : 0)
  const wantedAtFirst = (): number => Math.max(minimum(), scaling.initial)

  function podsChanged(): void {
    const ready = pods.ready()
    activator.setPods(ready)
    if (ready.length > 0) measuredSince ??= world.now()
    if (!isInitialized && ready.length >= wantedAtFirst()) isInitialized = true
    const enough = isInitialized ? Math.max(1, minimum()) : Math.max(1, wantedAtFirst())
    if (activity.state !== 'inactive' && pods.wanted() > 0) enter(ready.length >= enough ? 'active' : 'activating')
    onChange()
  }

  /** The real one's handleScaleToZero: what becomes of the wish to have no pods. `undefined` leaves the number as it is. */
  const downToZero = (now: number): number | undefined => {
    const elapsed = now - activity.since
    switch (activity.state) {
      case 'activating':
        return elapsed >= scaling.deadlineMs + activationBufferMs ? 0 : undefined
      case 'active':
        if (elapsed < scaling.windowMs) return 1
        enter('inactive')
        return undefined
      case 'inactive': {
        const proxied = directUntil === undefined ? Number.POSITIVE_INFINITY : now - directUntil
        if (elapsed >= Math.max(graceMs, scaling.retentionMs)) return 0
        return elapsed >= scaling.retentionMs && proxied >= graceMs ? 0 : undefined
      }
    }
  }

  const setDirect = (next: boolean): void => {
    if (isDirect && !next) directUntil = world.now()
    isDirect = next
    activator.setDirect(next)
  }

  const rescale = (): void => {
    const now = world.now()
    const ready = pods.ready().length
    if (measuredSince === undefined) {
      if (pods.wanted() > 0 && downToZeroAtFirst(now)) pods.scale(0, false, 'the target could not be activated')
      return
    }
    const { pods: wish, spare } = autoscaler.decide(now, ready, measuredSince, isReachable)
    const least = isInitialized || !isReachable ? minimum() : wantedAtFirst()
    const bounded = Math.max(least, scaling.max === 0 ? wish : Math.min(wish, scaling.max))
    const next = bounded === 0 ? downToZero(now) : bounded
    const why = `${concurrency.now()} requests now, ${ready} pods ready`
    if (bounded > 0 && activity.state === 'inactive') enter(ready > 0 ? 'active' : 'activating')
    setDirect(bounded > 0 && ready > 0 && spare >= 0)
    if (next !== undefined && next !== pods.wanted()) pods.scale(next, ready === 0 && next > 0, why)
    if (next === 0) {
      enter('inactive')
      measuredSince = undefined
    }
  }
  const downToZeroAtFirst = (now: number): boolean =>
    (!isReachable || activity.state === 'activating') && now - activity.since >= scaling.deadlineMs + activationBufferMs

  function tick(): void {
    if (isClosed) return
    cancelTick?.()
    rescale()
    onChange()
    // At zero nothing happens until a request comes.
    const isAsleep = pods.wanted() === 0 && concurrency.now() === 0
    cancelTick = isAsleep ? undefined : world.after(tickMs, tick)
  }

  const stop = (): void => {
    isClosed = true
    cancelTick?.()
    activator.close()
  }

  const first = wantedAtFirst()
  if (first > 0) pods.scale(scaling.max === 0 ? first : Math.min(first, scaling.max), false, `revision ${name} starts`)
  else {
    isInitialized = true
    enter('inactive')
  }
  cancelTick = world.after(tickMs, tick)

  return {
    name,
    handle: activator.handle,
    podChanged: pods.changed,
    state: () => {
      if (isInitialized) return { state: 'ready' }
      const isLate = world.now() - startedAt >= scaling.deadlineMs
      const failure = pods.failure(isLate)
      if (failure) return { state: 'failed', ...failure }
      if (isLate && pods.wanted() === 0)
        return { state: 'failed', reason: 'ProgressDeadlineExceeded', message: 'Initial scale was never achieved' }
      return { state: 'starting' }
    },
    setReachable: (next) => {
      isReachable = next
    },
    podCount: pods.count,
    close: () => {
      stop()
      pods.close()
    },
    stop,
  }
}
