import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { type Counter, type Gauge, type Histogram, one } from '#sdk/metrics.ts'
import { settled } from '#sdk/outcome.ts'
import { createMetrics, type Metrics } from './metrics.ts'

let close = async () => {}
afterEach(() => close())

const served = async (metrics: Metrics) => {
  const server = await metrics.serve('127.0.0.1', 0)
  close = async () => {
    server.closeAllConnections()
    await once(server.close(), 'close')
  }
  const { port } = server.address() as AddressInfo
  return (path: string) => fetch(`http://127.0.0.1:${port}${path}`)
}

describe('the metrics', () => {
  it('count outcomes by state and reason, for the function', async () => {
    const metrics = createMetrics('on-job-event')
    metrics.observe(settled('Completed'), 0.02)
    metrics.observe(settled('Completed'), 0.02)
    metrics.malformed()
    const response = await (await served(metrics))('/metrics?format=text')
    const text = await response.text()
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
    const lines = text.split('\n')
    expect(lines).toContain('dormouse_outcomes_total{state="settled",reason="Completed",function="on-job-event"} 2')
    expect(lines).toContain('dormouse_malformed_requests_total{function="on-job-event"} 1')
    expect(lines).toContain(
      'dormouse_handle_duration_seconds_bucket{le="0.025",function="on-job-event",state="settled"} 2',
    )
    expect(lines).toContain(
      'dormouse_handle_duration_seconds_bucket{le="0.01",function="on-job-event",state="settled"} 0',
    )
    expect(text).toContain('process_resident_memory_bytes')
  })

  it('have every state from the start, at zero', async () => {
    const text = await (await (await served(createMetrics('f')))('/metrics')).text()
    for (const state of ['settled', 'waiting', 'rejected', 'failed']) {
      expect(text).toContain(`dormouse_handle_duration_seconds_count{function="f",state="${state}"} 0`)
    }
    expect(text).toContain('dormouse_malformed_requests_total{function="f"} 0')
  })

  it('are at /metrics and nowhere else', async () => {
    expect((await (await served(createMetrics('f')))('/')).status).toBe(404)
  })

  it('say so where their port is taken', async () => {
    const metrics = createMetrics('f')
    const server = await metrics.serve('127.0.0.1', 0)
    close = async () => void (await once(server.close(), 'close'))
    const { port } = server.address() as AddressInfo
    await expect(createMetrics('g').serve('127.0.0.1', port)).rejects.toMatchObject({ code: 'EADDRINUSE' })
  })

  const scraped = async (metrics: Metrics) => (await (await served(metrics))('/metrics')).text()
  const counter: Counter = { type: 'counter', name: 'naps_total', help: 'Naps.', labels: ['home'] }
  const gauge: Gauge = { type: 'gauge', name: 'nappers', help: 'Who sleeps.', labels: ['home'] }
  const histogram: Histogram = {
    type: 'histogram',
    name: 'nap_seconds',
    help: 'Seconds.',
    labels: ['home'],
    buckets: [1, 60],
  }

  it('that plans measure have the labels of their definition and no other', async () => {
    const metrics = createMetrics('f')
    metrics.measure(one(counter, { home: 'a' }))
    metrics.measure(one(counter, { home: 'a' }))
    metrics.measure({ metric: histogram, labels: { home: 'a' }, value: 30 })
    const lines = (await scraped(metrics)).split('\n')
    expect(lines).toContain('naps_total{home="a"} 2')
    expect(lines).toContain('nap_seconds_bucket{le="1",home="a"} 0')
    expect(lines).toContain('nap_seconds_bucket{le="60",home="a"} 1')
  })

  it('forget of a gauge what the last survey does not name', async () => {
    const metrics = createMetrics('f')
    metrics.measure({ metric: gauge, series: [{ labels: { home: 'a' }, value: 2 }] })
    metrics.measure({ metric: gauge, series: [{ labels: { home: 'b' }, value: 1 }] })
    const text = await scraped(metrics)
    expect(text).toContain('nappers{home="b"} 1')
    expect(text).not.toContain('home="a"')
  })

  it('leave out a time that nobody wrote down', async () => {
    const metrics = createMetrics('f')
    metrics.measure({ metric: histogram, labels: { home: 'a' }, value: Number.NaN })
    expect(await scraped(metrics)).not.toContain('nap_seconds')
  })

  it('that can be added up are totals: no gauge, nothing of the process', async () => {
    const metrics = createMetrics('f')
    metrics.measure({ metric: gauge, series: [{ labels: { home: 'a' }, value: 2 }] })
    metrics.measure(one(counter, { home: 'a "b"\n\\' }))
    await scraped(metrics)
    const totals = await metrics.totals()
    expect(new Set(totals.map(({ family }) => family))).toEqual(
      new Set(['dormouse_handle_duration_seconds', 'dormouse_malformed_requests_total', 'naps_total']),
    )
    expect(totals.find(({ family }) => family === 'naps_total')).toMatchObject({
      key: 'naps_total{home="a \\"b\\"\\n\\\\"}',
      value: 1,
    })
  })
})
