import { textAt } from '../api-server/json.ts'
import type { KubeObject, Response, WatchEvent } from '../api-server/types.ts'
import type { Client } from '../client.ts'
import type { World } from '../world.ts'
import type { Scope } from './scope.ts'

export type Change = { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: KubeObject }

export type Reflector = {
  /** The connection to the API server breaks. */
  readonly interrupt: () => void
  /** Changes that are seen and not handled yet. */
  readonly waiting: () => readonly Change[]
}

type Options = {
  readonly world: World
  readonly scope: Scope
  /** `undefined` while the API server refuses connections. */
  readonly clientFor: () => Client | undefined
  /** A collection's path with what of its query chooses objects. */
  readonly path: string
  readonly handle: (change: Change) => Promise<void>
}

/** How a watch came to its end: `resumable` ones go on from the last resourceVersion, the others begin anew, and what was between is lost. */
type End = 'closed' | 'refused' | 'failed'

const SHORTEST_MS = 1000
// Of what the adapter does not read some lies in the connection's buffers; when those are full the API server ends the watch.
const BUFFERED = 1000

/**
 * client-go's reflector under a store that keeps nothing, as the receive adapter has it: what exists at the beginning, and after each
 * new beginning, is no change. One change is handled at a time. Never throws; ends with its scope.
 */
export function reflect({ world, scope, clientFor, path, handle }: Options): Reflector {
  const queue: (Change | { readonly type: 'BOOKMARK'; readonly object: KubeObject })[] = []
  let version: string | undefined
  let interrupt = (): void => {}
  let isPumping = false
  let drained = (): void => {}

  const pump = async (): Promise<void> => {
    if (isPumping) return
    isPumping = true
    await scope.sleep(0)
    for (let next = queue[0]; next; next = queue[0]) {
      if (next.type !== 'BOOKMARK') await scope.within(handle(next))
      queue.shift()
      version = next.object.metadata.resourceVersion
    }
    isPumping = false
    drained()
  }
  const untilDrained = (): Promise<void> =>
    new Promise((resolve) => {
      drained = resolve
      if (queue.length === 0) resolve()
    })

  const session = (): Promise<End> =>
    new Promise((resolve) => {
      const response = ask(clientFor(), path, version)
      if (!response) return resolve('refused')
      if (!('watch' in response)) return resolve(response.status === 429 ? 'refused' : 'failed')
      const { watch } = response
      let isInitial = version === undefined
      let count = 0
      const startedAt = world.now()
      const finish = (end: End): void => {
        interrupt = () => undefined
        cancel()
        watch.close()
        const isVeryShort = end === 'closed' && count === 0 && world.now() - startedAt < SHORTEST_MS
        void untilDrained().then(() => resolve(isVeryShort ? 'failed' : end))
      }
      const cancel = scope.after((300 + 300 * world.random()) * 1000, () => finish('closed'))
      interrupt = () => finish('closed')
      const onEvent = (event: WatchEvent) => {
        const object = event.object as KubeObject
        if (event.type === 'ERROR') return finish('failed')
        if (isInitial) {
          if (event.type !== 'BOOKMARK' || textAt(object, 'metadata', 'annotations', INITIAL_END) !== 'true') return
          isInitial = false
          version = object.metadata.resourceVersion
          return
        }
        count += 1
        queue.push({ type: event.type, object })
        void pump()
        if (queue.length > BUFFERED) finish('closed')
      }
      watch.start(onEvent, () => finish('closed'))
    })

  const run = async (): Promise<void> => {
    const backOff = createBackOff(world)
    for (;;) {
      const end = await session()
      if (scope.isOver()) return
      if (end === 'closed') continue
      if (end === 'failed') version = undefined
      await scope.sleep(backOff())
    }
  }
  void run()
  return {
    interrupt: () => interrupt(),
    waiting: () => queue.filter((each): each is Change => each.type !== 'BOOKMARK'),
  }
}

const INITIAL_END = 'k8s.io/initial-events-end'

function ask(client: Client | undefined, path: string, version: string | undefined): Response | undefined {
  const from =
    version === undefined
      ? 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan'
      : `resourceVersion=${encodeURIComponent(version)}`
  return client?.send({ method: 'GET', path: `${path}&watch=true&allowWatchBookmarks=true&${from}` })
}

/** client-go's: 0.8 s doubled up to 30 s, as much again by chance, and from the beginning after two quiet minutes. */
function createBackOff(world: World): () => number {
  let next = 800
  let lastAt = Number.NEGATIVE_INFINITY
  return () => {
    if (world.now() - lastAt > 120_000) next = 800
    lastAt = world.now()
    const wait = next * (1 + world.random())
    next = Math.min(next * 2, 30_000)
    return wait
  }
}
