import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import * as metrics from '#reconcilers/agentic-session/metrics.ts'
import { createMetrics } from '#runtime/metrics.ts'
import { pushFailures } from '#runtime/push.ts'
import { eventsLost } from '#sdk/tell.ts'

const page = readFileSync(join(import.meta.dirname, '../docs/metrics.md'), 'utf8')

/** Each row of the table of metrics: the name, then type, labels and buckets as a definition has them. */
const rows = new Map(
  [...page.matchAll(/^\| `(\w+)` \| (\w+)([^|]*) \|([^|]*)\|/gm)].map(
    ([, name = '', type, buckets = '', labels = '']) => [
      name,
      {
        type,
        labels: [...labels.matchAll(/`(\w+)`/g)].map(([, label]) => label),
        buckets: buckets.match(/[\d.]+/g)?.map(Number),
        isSame: buckets.includes('same buckets'),
      },
    ],
  ),
)
const defined = [...Object.values(metrics), eventsLost, pushFailures]

describe('the page on metrics', () => {
  it.each(defined.map((metric) => [metric.name, metric] as const))('has %s as it is defined', (name, metric) => {
    expect(rows.get(name)).toMatchObject({ type: metric.type, labels: metric.labels })
    const row = rows.get(name)?.isSame ? rows.get(metrics.podCreation.name) : rows.get(name)
    if (metric.type === 'histogram') expect(row?.buckets).toEqual(metric.buckets)
  })

  it('has those of every function, with their labels', async () => {
    const made = createMetrics('a')
    made.observe({ state: 'settled', reason: 'Running' }, 1)
    const found = await made.registry.getMetricsAsJSON()
    expect(found.length).toBeGreaterThan(2)
    for (const { name, type, values } of found) {
      // `le` is how a histogram is written.
      const labels = new Set(values.flatMap((value) => Object.keys(value.labels)).filter((label) => label !== 'le'))
      expect({ name, type: rows.get(name)?.type, labels: rows.get(name)?.labels.toSorted() }).toEqual({
        name,
        type: String(type),
        labels: [...labels].toSorted(),
      })
    }
    const known = [...defined, ...found].map(({ name }) => name)
    const told = [...rows.keys()].filter((name) => /^[a-z]/.test(name))
    expect(told.filter((name) => !known.includes(name))).toEqual([])
  })

  // The table in the README of upstream's operator.
  it.each([
    ['ambient_session_startup_duration_seconds', 'histogram', ['namespace']],
    ['ambient_sessions_total', 'counter', ['namespace']],
    ['ambient_sessions_completed_total', 'counter', ['namespace', 'final_phase']],
    ['ambient_session_phase_transitions_total', 'counter', ['namespace', 'from_phase', 'to_phase']],
    ['ambient_reconcile_duration_seconds', 'histogram', ['phase', 'success']],
    ['ambient_pod_creation_duration_seconds', 'histogram', ['namespace']],
    ['ambient_token_provision_duration_seconds', 'histogram', ['namespace']],
    ['ambient_session_errors_total', 'counter', ['namespace', 'phase', 'error_type']],
  ])('has %s with the type and the labels that upstream promises', (name, type, labels) => {
    const metric = defined.find((each) => each.name === name)
    expect(metric).toMatchObject({ type, labels })
  })

  it('queries nothing that is not there', () => {
    const [, queries = ''] = /```promql\n([\s\S]*?)```/.exec(page) ?? []
    const asked = [...queries.matchAll(/\b(?:ambient|dormouse)_\w+/g)].map(([name]) =>
      name.replace(/_(bucket|count|sum)$/, ''),
    )
    expect(asked.length).toBeGreaterThan(5)
    for (const name of asked) expect([...rows.keys()]).toContain(name)
  })
})
