import { describe, expect, test } from 'vitest'
import { createApiServer } from '#emulator/api-server/server.ts'
import { clientOf } from '#emulator/client.ts'
import { createVirtualWorld } from '#emulator/host/virtual-world.ts'
import type { Kind } from '#sdk/index.ts'
import { watchingTransport } from '#test/emulator/watching-transport.ts'
import { portsOn } from '#test/ports.ts'
import { createCluster } from '../kubernetes/cluster.ts'
import { followKind } from './follow.ts'

const configMaps: Kind = { apiVersion: 'v1', kind: 'ConfigMap', plural: 'configmaps', scope: 'Namespaced' }
const ours = { app: 'ours' }

/** An API server that remembers so many changes, and what a follower of its ConfigMaps says. */
const aFollower = async ({ history = 1000, labelSelector }: { history?: number; labelSelector?: string } = {}) => {
  const clock = createVirtualWorld()
  const api = createApiServer({ world: clock, signToken: () => 'token', history })
  const admin = clientOf(api, { name: 'admin', groups: ['system:masters'] })
  const reached = watchingTransport(api, clock)
  let refusal: number | undefined
  let breaksOff: number | undefined
  const transport = {
    ...reached,
    /** With which status watches are answered; with a second one, what such a watch says first. */
    refuse: (status: number | undefined, says?: number) => {
      refusal = status
      breaksOff = says
    },
    watch: async (path: string, signal: AbortSignal) => {
      const watch = await reached.watch(path, signal)
      return refusal === undefined ? watch : { status: refusal, events: erring(breaksOff) }
    },
  }
  const cluster = createCluster(transport)
  const told: string[] = []
  const end = new AbortController()
  let restarts = 0
  let warnings = 0
  const log = { ...portsOn(cluster).log, warn: () => void warnings++ }
  const put = (name: string, data = '', labels: Record<string, string> = ours) => {
    const metadata = { name, namespace: 'default', labels }
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { data } }
    const before = admin.get(configMaps, metadata)
    return before
      ? admin.update(configMaps, { ...before, ...object, metadata: { ...before.metadata, labels } })
      : admin.create(configMaps, object)
  }
  const remove = (name: string) => admin.delete(configMaps, { namespace: 'default', name })
  const follow = () =>
    followKind({
      kind: configMaps,
      labelSelector,
      ...{ cluster, transport, clock, signal: end.signal, log },
      onRestart: () => {
        restarts += 1
      },
      onChange: async ({ type, object }) => {
        const { data } = (object as { data?: { data?: string } }).data ?? {}
        told.push(`${type} ${object.metadata.name} ${data ?? '-'}`)
      },
    })
  const said = () => told.splice(0)
  return {
    clock,
    transport,
    told,
    said,
    put,
    remove,
    follow,
    end,
    admin,
    restarts: () => restarts,
    logged: () => warnings,
  }
}

async function* erring(code: number | undefined) {
  if (code !== undefined) yield { type: 'ERROR', object: { kind: 'Status', code } }
}

describe('a follower of a kind', () => {
  test('tells of everything that there is, then of every change, with one watch', async () => {
    const { clock, transport, put, remove, follow, said } = await aFollower()
    put('a', '1')
    const follower = follow()
    expect(follower.isReady()).toBe(false)
    await clock.advance(1)
    expect(follower.isReady()).toBe(true)
    put('b', '1')
    put('a', '2')
    remove('b')
    await clock.advance(1)
    expect(said()).toEqual(['add a 1', 'add b 1', 'update a 2', 'delete b 1'])
    expect(transport.open()).toEqual(['/api/v1/configmaps'])
  })

  test('goes on where it was when the watch ends or breaks off, without a list', async () => {
    const { clock, transport, put, follow, said, restarts } = await aFollower()
    follow()
    put('a', '1')
    await clock.advance(10_000)
    transport.interrupt()
    put('a', '2')
    await clock.advance(1000)
    expect(said()).toEqual(['add a 1', 'update a 2'])
    await clock.advance(3_600_000)
    put('a', '3')
    await clock.advance(1000)
    expect(said()).toEqual(['update a 3'])
    expect(transport.requests.filter((request) => request.startsWith('GET'))).toHaveLength(2)
    expect(restarts()).toBeGreaterThan(6)
    expect(transport.open()).toHaveLength(1)
  })

  test('after a 410 tells what is new, other and gone, and nothing of what is as it was', async () => {
    const { clock, transport, put, remove, follow, said, admin } = await aFollower({ history: 5 })
    for (const name of ['same', 'other', 'gone', 'twin']) put(name, '1')
    follow()
    await clock.advance(1000)
    said()
    transport.away(true)
    transport.interrupt()
    put('other', '2')
    put('new', '1')
    remove('gone')
    remove('twin')
    put('twin', '2')
    const elsewhere = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'noise' } }
    admin.create({ apiVersion: 'v1', plural: 'namespaces' }, elsewhere)
    for (let i = 0; i < 50; i++) put('other', String(i))
    await clock.advance(20_000)
    transport.away(false)
    await clock.advance(10_000)
    expect(said().sort()).toEqual(['add new 1', 'add twin 2', 'delete gone -', 'delete twin -', 'update other 49'])
    expect(transport.open()).toHaveLength(1)
  })

  test.each<[string, [number, number?]]>([
    ['is not allowed to watch', [403]],
    ['is answered 400', [400]],
    ['is told that what was just listed is too old', [410]],
    ['is told so by the watch itself', [200, 410]],
    ['is thrown out by the watch itself', [200, 403]],
  ])('that %s asks less and less often, says so, and goes on when it may', async (_, [status, says]) => {
    const { clock, transport, put, follow, said, logged } = await aFollower()
    transport.refuse(status, says)
    const follower = follow()
    await clock.advance(60_000)
    expect(follower.isReady()).toBe(false)
    expect(logged()).toBeGreaterThan(8)
    expect(transport.requests.length).toBeLessThan(80)
    transport.refuse(undefined)
    put('a', '1')
    await clock.advance(6_000)
    expect(said()).toEqual(['add a 1'])
    expect(follower.isReady()).toBe(true)
  })

  test('is back within six seconds of an API server that was away for an hour', async () => {
    const { clock, transport, put, follow, said } = await aFollower()
    const follower = follow()
    await clock.advance(1000)
    transport.away(true)
    transport.interrupt()
    await clock.advance(3_600_000)
    expect(follower.isReady()).toBe(false)
    put('a', '1')
    transport.away(false)
    await clock.advance(6_000)
    expect(said()).toEqual(['add a 1'])
    expect(follower.isReady()).toBe(true)
  })

  test('gives up a connection on which nothing was heard for longer than between two bookmarks', async () => {
    const { clock, transport, follow } = await aFollower()
    follow()
    await clock.advance(99_000)
    expect(transport.requests.filter((request) => request.startsWith('watch'))).toHaveLength(1)
    await clock.advance(3_000)
    expect(transport.requests.filter((request) => request.startsWith('watch'))).toHaveLength(2)
  })

  test('sees objects with its labels come and go', async () => {
    const { clock, put, follow, said } = await aFollower({ labelSelector: 'app=ours' })
    put('theirs', '1', { app: 'theirs' })
    follow()
    await clock.advance(1)
    put('theirs', '2', ours)
    put('theirs', '3', { app: 'theirs' })
    await clock.advance(1)
    expect(said()).toEqual(['add theirs 2', 'delete theirs 2'])
  })

  test('leaves no timer and no connection when it ends', async () => {
    const { clock, transport, follow, end } = await aFollower()
    const follower = follow()
    await clock.advance(1000)
    end.abort()
    await follower.ended
    await clock.advance(0)
    expect(transport.open()).toEqual([])
    expect(clock.pending()).toBe(0)
  })
})
