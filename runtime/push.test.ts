import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { type Counter, type Histogram, one } from '#sdk/metrics.ts'
import { createAggregator } from '#test/aggregator.ts'
import { createMemoryCluster } from '#test/memory-cluster.ts'
import { portsOn } from '#test/ports.ts'
import { createMetrics } from './metrics.ts'
import { post } from './post.ts'
import { createPusher } from './push.ts'

const naps: Counter = { type: 'counter', name: 'naps_total', help: 'Naps.', labels: ['home'] }
const seconds: Histogram = {
  type: 'histogram',
  name: 'nap_seconds',
  help: 'Seconds.',
  labels: ['home'],
  buckets: [1, 60],
}

const cleanups: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup()
})

/** How the gateway answers: as it should unless told otherwise. `lose` takes the push and hangs up. */
type Mood = 'well' | 'lose' | 'hang up' | number

/** An aggregating gateway on a port of its own, whose mood tests set. */
const startGateway = async () => {
  const aggregator = createAggregator()
  const state = { mood: 'well' as Mood, gate: Promise.resolve() }
  const answer = async (url: string, body: string, response: ServerResponse) => {
    await state.gate
    const { mood } = state
    if (typeof mood === 'number') return response.writeHead(mood).end()
    if (mood === 'hang up') return response.destroy()
    const status = aggregator.take(url, body)
    return mood === 'lose' ? response.destroy() : response.writeHead(status).end()
  }
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text
    })
    request.on('end', () => void answer(request.url ?? '', body, response))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = async () => {
    server.closeAllConnections()
    server.close()
  }
  cleanups.push(close)
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, ...aggregator, state, close }
}

const pusherTo = (url: string, name = 'f') => {
  const metrics = createMetrics(name)
  const lines: string[] = []
  const write = (_: object, message: string) => void lines.push(message)
  const log = { ...portsOn(createMemoryCluster()).log, info: write, warn: write }
  const { totals, measure } = metrics
  return { ...metrics, push: createPusher({ url, totals, measure, log, post }), lines }
}

describe('pushing', () => {
  it('adds what was counted since the last time, whoever counted it', async () => {
    const { url, sums } = await startGateway()
    const [one_, other] = [pusherTo(url), pusherTo(url)]
    for (const each of [one_, other]) {
      each.measure(one(naps, { home: 'a' }))
      each.measure({ metric: seconds, labels: { home: 'a' }, value: 30 })
      await each.push()
    }
    one_.measure(one(naps, { home: 'a' }))
    await one_.push()
    expect(sums.get('naps_total{home="a"}')).toBe(3)
    expect(sums.get('nap_seconds_count{home="a"}')).toBe(2)
    expect(sums.get('nap_seconds_sum{home="a"}')).toBe(60)
    expect(sums.get('nap_seconds_bucket{home="a",le="1"}')).toBe(0)
    expect(sums.get('nap_seconds_bucket{home="a",le="+Inf"}')).toBe(2)
  })

  it('sends nothing where nothing was counted', async () => {
    const { url, pushes } = await startGateway()
    const { push } = pusherTo(url)
    await push()
    await push()
    expect(pushes()).toBe(1)
  })

  it('takes any label, and keeps the function of those that are its own', async () => {
    const { url, sums } = await startGateway()
    const { measure, malformed, push } = pusherTo(url, 'on-test')
    measure(one(naps, { home: 'a "b"\n\\' }))
    malformed()
    await push()
    expect(sums.get('naps_total{home="a \\"b\\"\\n\\\\"}')).toBe(1)
    expect(sums.get('dormouse_malformed_requests_total{function="on-test"}')).toBe(1)
  })

  it.each([404, 429, 503, 307])('that is answered %i is not counted, and comes with the next', async (mood) => {
    const { url, sums, state } = await startGateway()
    const { measure, push } = pusherTo(url)
    measure(one(naps, { home: 'a' }))
    state.mood = mood
    await push()
    state.mood = 'well'
    measure(one(naps, { home: 'a' }))
    await push()
    expect(sums.get('naps_total{home="a"}')).toBe(2)
    expect(sums.get('dormouse_metrics_push_failures_total{pushed="kept"}')).toBe(1)
  })

  it.each(['lose', 'hang up', 500, 400] as const)(
    'of which nobody can say whether it counts (%s) is never sent again',
    async (mood) => {
      const { url, sums, state } = await startGateway()
      const { measure, push } = pusherTo(url)
      measure(one(naps, { home: 'a' }))
      state.mood = mood
      await push()
      state.mood = 'well'
      await push()
      expect(sums.get('naps_total{home="a"}') ?? 0).toBe(mood === 'lose' ? 1 : 0)
      expect(sums.get('dormouse_metrics_push_failures_total{pushed="lost"}')).toBe(1)
    },
  )

  it('to nobody keeps what there is, and says so once', async () => {
    const { url, close } = await startGateway()
    await close()
    const { measure, push, lines, totals } = pusherTo(url)
    measure(one(naps, { home: 'a' }))
    for (let count = 0; count < 3; count++) await push()
    expect(lines).toEqual(['metrics not pushed'])
    const failures = (await totals()).find(({ family }) => family === 'dormouse_metrics_push_failures_total')
    expect(failures).toMatchObject({ key: 'dormouse_metrics_push_failures_total{pushed="kept"}', value: 3 })
  })

  it('says when it succeeds again', async () => {
    const { url, state } = await startGateway()
    const { push, lines } = pusherTo(url)
    state.mood = 503
    await push()
    state.mood = 'well'
    await push()
    await push()
    expect(lines).toEqual(['metrics not pushed', 'metrics pushed again'])
  })

  it('sends what was counted while a push is under way with the one that follows, which all share', async () => {
    const { url, sums, pushes, state } = await startGateway()
    const { measure, push } = pusherTo(url)
    const { promise, resolve } = Promise.withResolvers<void>()
    state.gate = promise
    measure(one(naps, { home: 'a' }))
    const first = push()
    measure(one(naps, { home: 'a' }))
    const others = [push(), push()]
    resolve()
    await Promise.all([first, ...others])
    expect(sums.get('naps_total{home="a"}')).toBe(2)
    expect(pushes()).toBeLessThanOrEqual(2)
  })
})
