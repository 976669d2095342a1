import {
  type Cluster,
  ConflictError,
  type Kind,
  type KubernetesObject,
  type Live,
  type Log,
  NotFoundError,
  type Ref,
} from '#sdk/index.ts'
import { type Clock, rest } from './clock.ts'

/** The id that replicas of the upstream operator elect their leader by: its replicas and ours never work at once. */
export const LEASE = 'ambient-code-operator.ambient-code.io'

/** client-go's and controller-runtime's, in milliseconds. */
const LEASE_MS = 15_000
const RENEW_MS = 10_000
const RETRY_MS = 2_000

/** Those that wait ask at different moments. client-go takes up to 2.4 s more; with this a free Lease is taken within three. */
const JITTER = 0.2

type LeaseObject = KubernetesObject & {
  readonly spec?: {
    readonly holderIdentity?: string
    readonly leaseDurationSeconds?: number
    readonly acquireTime?: string
    readonly renewTime?: string
    readonly leaseTransitions?: number
  }
}

export const leaseKind: Kind<LeaseObject> = {
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  plural: 'leases',
  scope: 'Namespaced',
}

export type Candidate = {
  /** Resolves with true once the Lease is ours, with false if the signal comes first. */
  acquire(signal: AbortSignal): Promise<boolean>
  /** Renews it until it is lost, which this resolves with in words, or until `release`. */
  hold(): Promise<string>
  /** Gives it back, so that another can take it at once. Does nothing where it is not ours. */
  release(): Promise<void>
  /** Who held it when we last looked; empty for nobody. */
  holder(): string
  /** Milliseconds since the API server last answered about it, however it did. */
  silence(): number
}

export type CandidateOptions = {
  readonly cluster: Cluster
  readonly namespace: string
  /** Another for every process that ever runs. */
  readonly identity: string
  /** One that is never set: how long ago we saw the Lease change counts, not what its holder's clock said. */
  readonly clock: Clock
  /** What is written into the Lease, for people. */
  readonly now: () => Date
  readonly log: Log
}

/**
 * One candidate for the Lease of all replicas: client-go's tools/leaderelection. A Lease may be taken when it was not renewed for as long
 * as it says, on our own clock since we saw it change; every write carries the version that it was decided on.
 */
export const createCandidate = ({ cluster, namespace, identity, clock, now, log }: CandidateOptions): Candidate => {
  const ref: Ref = { namespace, name: LEASE }
  const letGo = new AbortController()
  let seen: Live<LeaseObject> | undefined
  let seenAt = Number.NEGATIVE_INFINITY
  let answeredAt = Number.NEGATIVE_INFINITY

  const holder = (): string => seen?.spec?.holderIdentity ?? ''
  const isOurs = (): boolean => holder() === identity
  const note = (lease: Live<LeaseObject>): void => {
    answeredAt = clock.now()
    if (lease.metadata.resourceVersion !== seen?.metadata.resourceVersion) seenAt = clock.now()
    seen = lease
  }
  const micro = (): string => now().toISOString().replace('Z', '000Z')

  const write = async (spec: NonNullable<LeaseObject['spec']>): Promise<boolean> => {
    try {
      if (!seen) {
        const metadata = { name: LEASE, namespace }
        note(await cluster.create(leaseKind, { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec }))
      } else {
        const { resourceVersion } = seen.metadata
        note(await cluster.patch(leaseKind, ref, { metadata: { resourceVersion }, spec }))
      }
      return true
    } catch (error) {
      if (!(error instanceof ConflictError || error instanceof NotFoundError)) throw error
      answeredAt = clock.now()
      return false
    }
  }

  /** Whether it is ours now. Throws where the API server does not answer, or refuses. */
  const take = async (): Promise<boolean> => {
    const time = { renewTime: micro(), leaseDurationSeconds: LEASE_MS / 1000 }
    if (isOurs() && (await write(time))) return true
    const found = await cluster.get(leaseKind, ref)
    answeredAt = clock.now()
    if (found) note(found)
    else seen = undefined
    if (isOurs()) return write(time)
    const validMs = (seen?.spec?.leaseDurationSeconds ?? LEASE_MS / 1000) * 1000
    if (holder() !== '' && clock.now() < seenAt + validMs) return false
    const transitions = seen?.spec?.leaseTransitions
    const leaseTransitions = seen ? (transitions ?? 0) + 1 : 0
    return write({ ...time, holderIdentity: identity, acquireTime: time.renewTime, leaseTransitions })
  }

  /** An answer that comes too late is none: whoever waits for it may not be the leader any more. */
  const within = async <T>(ms: number, work: Promise<T>): Promise<T | undefined> => {
    const over = new AbortController()
    const timeout = rest(clock, ms, over.signal).then(() => undefined)
    work.catch(() => undefined)
    return Promise.race([work, timeout]).finally(() => over.abort())
  }

  /** When the request was sent that made or kept it ours: others count from when they saw that, which is later. */
  let renewedAt = Number.NEGATIVE_INFINITY
  const attempt = async (ms: number): Promise<boolean | undefined> => {
    const from = clock.now()
    const isTaken = await within(ms, take())
    if (isTaken) renewedAt = from
    return isTaken
  }

  let holding: Promise<string> | undefined
  const hold = async (): Promise<string> => {
    const left = () => Math.max(0, renewedAt + RENEW_MS - clock.now())
    let why = 'no answer'
    for (;;) {
      await rest(clock, Math.min(RETRY_MS, left()), letGo.signal)
      if (letGo.signal.aborted) return 'released'
      if (left() === 0) return `not renewed for ${RENEW_MS / 1000} s: ${why}`
      try {
        const isRenewed = await attempt(left())
        if (isRenewed === false && !isOurs()) return `taken by ${holder() || 'nobody'}`
      } catch (error) {
        why = String(error)
      }
    }
  }

  return {
    acquire: async (signal) => {
      for (; !signal.aborted; await rest(clock, RETRY_MS * (1 + JITTER * clock.random()), signal)) {
        const before = holder()
        try {
          if (await attempt(RENEW_MS)) return true
        } catch (error) {
          log.warn({ lease: LEASE, cause: String(error) }, 'lease not read or taken')
        }
        if (holder() !== before) log.info({ lease: LEASE, holder: holder() }, 'another replica leads')
      }
      return false
    },
    hold: () => {
      holding = hold()
      return holding
    },
    release: async () => {
      letGo.abort()
      // A renewal under way would be in its way.
      await holding
      if (!isOurs()) return
      try {
        const renewTime = micro()
        await within(
          RETRY_MS,
          write({ holderIdentity: '', leaseDurationSeconds: 1, acquireTime: renewTime, renewTime }),
        )
      } catch (error) {
        log.warn({ lease: LEASE, cause: String(error) }, 'lease not given back')
      }
    },
    holder,
    silence: () => clock.now() - answeredAt,
  }
}
