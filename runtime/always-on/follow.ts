import {
  type Cluster,
  type Kind,
  type KubernetesObject,
  keyOf,
  type Live,
  type Log,
  refOf,
  TransientError,
} from '#sdk/index.ts'
import { collectionOf } from '../kubernetes/cluster.ts'
import type { Transport } from '../kubernetes/transport.ts'
import { type Clock, rest } from './clock.ts'

/** What is kept of an object between its changes: enough to tell of its going, where only a list shows that. */
export type Known = Live

export type Change = {
  readonly type: 'add' | 'update' | 'delete'
  /** Of a `delete` that only a list showed: without spec and status. */
  readonly object: Live
  /** As it was known before. */
  readonly before: Known | undefined
}

export type Follower = {
  /** Everything that there is was told once, and the watch has not broken off. */
  isReady(): boolean
  /** Resolves when everything that there is was told once, or at the signal. */
  readonly listed: Promise<void>
  /** Resolves when it has ended, after the signal. */
  readonly ended: Promise<void>
}

export type FollowOptions = {
  readonly kind: Kind
  readonly labelSelector: string | undefined
  readonly cluster: Pick<Cluster, 'list'>
  readonly transport: Pick<Transport, 'send' | 'watch'>
  readonly clock: Clock
  readonly log: Log
  readonly signal: AbortSignal
  /** Resolves when the change is dealt with. */
  readonly onChange: (change: Change) => Promise<unknown>
  /** The watch begins anew after it broke off, or after a list. */
  readonly onRestart: () => void
}

/** Between attempts. Half as much again by chance, so that the longest is six seconds: events must flow ten after an API server's return. */
const FIRST_PAUSE_MS = 250
const LONGEST_PAUSE_MS = 4000

/** The API server ends a watch after this; client-go asks for as much. */
const WATCH_SECONDS = 300

/** It sends a bookmark every minute. Longer silence is a connection that is gone without a word. */
const SILENCE_MS = 100_000

/** A watch that ends sooner, without an event, has failed. */
const SHORTEST_WATCH_MS = 1000

/** Changes in hand beyond which no more are read. */
const MOST_IN_HAND = 500

/** Answers to a watch that say that its resourceVersion, or what it was of, is not there: any more, or yet. All others say nothing about it. */
const isOfVersion = (status: number): boolean => [400, 404, 410, 504].includes(status)

/**
 * Tells of every object of a kind that there is, and of every change, until the signal: list and watch. A watch that breaks off is resumed where it
 * ended. Where the API server does not have that any more (410), or will not say, the list tells what is new, other or gone.
 */
export const followKind = (options: FollowOptions): Follower => {
  const { kind, labelSelector, cluster, transport, clock, log, signal, onChange, onRestart } = options
  const known = new Map<string, Known>()
  let inHand = 0
  let heard = (): void => undefined
  const listed = Promise.withResolvers<void>()
  let isListed = false
  let isConnected = false
  signal.addEventListener('abort', () => listed.resolve())

  const tell = async (change: Change): Promise<void> => {
    inHand += 1
    void onChange(change).finally(() => {
      inHand -= 1
      heard()
    })
    // Not a race of all that are in hand, each of which would remember every race that it was in.
    while (inHand >= MOST_IN_HAND) await new Promise<void>((resolve) => (heard = resolve))
  }
  const tellOf = async (object: Live): Promise<void> => {
    const key = keyOf(refOf(object))
    const before = known.get(key)
    if (before?.metadata.resourceVersion === object.metadata.resourceVersion) return
    const isSame = before?.metadata.uid === object.metadata.uid
    known.set(key, rememberedOf(object))
    if (before && !isSame) await tell({ type: 'delete', object: before, before })
    await tell({ type: isSame ? 'update' : 'add', object, before: isSame ? before : undefined })
  }
  const tellGone = async (object: Live): Promise<void> => {
    const key = keyOf(refOf(object))
    const before = known.get(key)
    known.delete(key)
    await tell({ type: 'delete', object, before })
  }

  const path = (query: Readonly<Record<string, string>>): string =>
    `${collectionOf(kind)}?${new URLSearchParams({ ...query, ...(labelSelector && { labelSelector }) })}`

  /** The version before the list: what happens meanwhile is told by both. */
  const list = async (): Promise<string> => {
    const { status, body } = await transport.send({ method: 'GET', path: path({ limit: '1' }) })
    const version = status === 200 && (body as { metadata?: { resourceVersion?: string } }).metadata?.resourceVersion
    if (!version) throw new TransientError(`list ${kind.plural}: API server answered ${status} ${reasonOf(body)}`)
    const seen = new Set<string>()
    for await (const object of cluster.list(kind, labelSelector ? { labelSelector } : {})) {
      seen.add(keyOf(refOf(object)))
      await tellOf(object)
      if (signal.aborted) return version
    }
    for (const [key, object] of known) if (!seen.has(key)) await tellGone(object)
    isListed = true
    listed.resolve()
    return version
  }

  /** What an answer means that is no event. Throws where the watch can go on from there, later. */
  const heed = (code: number, body?: unknown): undefined => {
    if (isOfVersion(code)) return undefined
    throw new TransientError(`watch ${kind.plural}: API server answered ${`${code} ${reasonOf(body)}`.trim()}`)
  }
  /** From a version to the end of the watch. Returns where to go on, or `undefined` where only a list can tell. */
  const watch = async (from: string): Promise<string | undefined> => {
    const over = new AbortController()
    const abort = () => over.abort()
    signal.addEventListener('abort', abort)
    let cancel = (): void => undefined
    const hear = () => {
      cancel()
      cancel = clock.after(SILENCE_MS, abort)
    }
    let version = from
    const startedAt = clock.now()
    try {
      hear()
      const timeoutSeconds = String(Math.round(WATCH_SECONDS * (1 + clock.random())))
      const query = { watch: 'true', allowWatchBookmarks: 'true', resourceVersion: from, timeoutSeconds }
      const { status, events } = await transport.watch(path(query), over.signal)
      if (status !== 200) return heed(status)
      isConnected = true
      for await (const event of events as AsyncIterable<WatchEvent>) {
        hear()
        const { type, object } = event
        if (type === 'ERROR') {
          const { code = 0 } = object as { readonly code?: number }
          return heed(code, object)
        }
        if (type === 'DELETED') await tellGone(complete(object))
        else if (type !== 'BOOKMARK') await tellOf(complete(object))
        version = object.metadata.resourceVersion
        pauseMs = FIRST_PAUSE_MS
      }
      const isTooShort = version === from && clock.now() - startedAt < SHORTEST_WATCH_MS
      if (isTooShort) throw new TransientError(`watch ${kind.plural}: API server ended it at once`)
      return version
    } catch (error) {
      if (version === from) throw error
      throw new BrokenOff(version, error)
    } finally {
      cancel()
      signal.removeEventListener('abort', abort)
      over.abort()
    }
  }
  const complete = (object: Live): Live => ({ ...object, apiVersion: kind.apiVersion, kind: kind.kind })

  let pauseMs = FIRST_PAUSE_MS
  const run = async (): Promise<void> => {
    let version: string | undefined
    for (let count = 0; !signal.aborted; count++) {
      try {
        if (count > 0) onRestart()
        const isListedAnew = version === undefined
        version ??= await list()
        version = await watch(version)
        if (version !== undefined) pauseMs = FIRST_PAUSE_MS
        else if (isListedAnew) throw new TransientError(`watch ${kind.plural}: not from where the list was`)
        isConnected &&= version !== undefined
        continue
      } catch (error) {
        if (signal.aborted) break
        isConnected = false
        const cause = error instanceof BrokenOff ? error.cause : error
        if (error instanceof BrokenOff) version = error.version
        log.warn({ kind: kind.kind, cause: cause instanceof Error ? cause.message : String(cause) }, 'watch broke off')
      }
      await rest(clock, pauseMs * (1 + clock.random() / 2), signal)
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)
    }
    isConnected = false
  }
  return { isReady: () => isListed && isConnected, listed: listed.promise, ended: run() }
}

type WatchEvent = { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'; readonly object: Live }

/** A watch that broke off after it had told something. */
class BrokenOff extends Error {
  readonly version: string

  constructor(version: string, cause: unknown) {
    super('watch broke off', { cause })
    this.version = version
  }
}

const rememberedOf = ({ apiVersion, kind, metadata }: Live): Known => {
  const { name, namespace, uid, resourceVersion, labels, ownerReferences } = metadata
  const kept = {
    name,
    namespace,
    uid,
    resourceVersion,
    ...(labels && { labels }),
    ...(ownerReferences && { ownerReferences }),
  }
  return { apiVersion, kind, metadata: kept } satisfies KubernetesObject
}

const reasonOf = (body: unknown): string =>
  typeof body === 'object' && body !== null && 'reason' in body ? String(body.reason) : ''
