import type { ApiServer } from '#emulator/api-server/server.ts'
import type { Request, User, WatchEvent } from '#emulator/api-server/types.ts'
import type { VirtualWorld } from '#emulator/host/virtual-world.ts'
import type { Transport } from '#runtime/kubernetes/transport.ts'
import { UnreachableError } from '#sdk/errors.ts'

export type WatchingTransport = Pick<Transport, 'send' | 'watch'> & {
  /** The collections that are watched now, one entry for each watch. */
  readonly open: () => readonly string[]
  /** Every request so far, as `watch /path?query` or `GET /path?query`. */
  readonly requests: readonly string[]
  /** All connections break. */
  readonly interrupt: () => void
  /** While it is away every connection is refused. */
  readonly away: (isAway: boolean) => void
}

const admin: User = { name: 'admin', groups: ['system:masters', 'system:authenticated'] }

/** The way to an emulated API server without a socket, watches included. */
export const watchingTransport = (
  api: Pick<ApiServer, 'handle'>,
  clock: VirtualWorld,
  user: User = admin,
): WatchingTransport => {
  const open = new Map<object, { path: string; breakOff: () => void }>()
  const requests: string[] = []
  let isAway = false

  const ask = (
    method: Request['method'],
    path: string,
    body?: unknown,
    type = 'application/json',
    accept = 'application/json',
  ) => {
    if (isAway) throw new UnreachableError(`${method} ${path}: connect ECONNREFUSED`)
    const headers = { 'content-type': type, accept }
    return api.handle({ method, path, headers, user, ...(body !== undefined && { body: structuredClone(body) }) })
  }
  return {
    open: () => [...open.values()].map(({ path }) => path),
    requests,
    interrupt: () => {
      for (const { breakOff } of open.values()) breakOff()
    },
    away: (is) => {
      isAway = is
    },
    send: async ({ method, path, body, contentType, accept }) => {
      requests.push(`${method} ${path}`)
      const answer = ask(method, path, body, contentType, accept)
      if ('watch' in answer) throw new Error(`${path} is a watch`)
      return { status: answer.status, headers: answer.headers, body: structuredClone(answer.body) }
    },
    watch: async (path, signal) => {
      requests.push(`watch ${path}`)
      const answer = ask('GET', path)
      if (!('watch' in answer)) return { status: answer.status, events: none() }
      const { watch } = answer
      const queue: WatchEvent[] = []
      let end: Error | 'ended' | undefined
      let wake = (): void => undefined
      const finish = (how: Error | 'ended') => {
        end ??= how
        watch.close()
        open.delete(watch)
        cancel()
        wake()
      }
      const { timeoutSeconds = 300 } = watch
      const cancel = clock.after(timeoutSeconds * 1000, () => finish('ended'))
      const collection = path.replace(/\?.*/, '')
      open.set(watch, { path: collection, breakOff: () => finish(new UnreachableError('read ECONNRESET')) })
      signal.addEventListener('abort', () => finish(new UnreachableError('aborted')))
      const deliver = (event: WatchEvent) => {
        queue.push(structuredClone(event))
        wake()
      }
      watch.start(deliver, () => finish('ended'))
      async function* events() {
        for (;;) {
          for (let next = queue.shift(); next; next = queue.shift()) yield next
          if (end === 'ended') return
          if (end) throw end
          await new Promise<void>((resolve) => {
            wake = resolve
          })
        }
      }
      return { status: 200, events: events() }
    },
  }
}

async function* none(): AsyncGenerator<never> {}
