import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import * as metrics from '#reconcilers/agentic-session/metrics.ts'
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

  it('queries nothing that is not there', () => {
    const [, queries = ''] = /```promql\n([\s\S]*?)```/.exec(page) ?? []
    const asked = [...queries.matchAll(/\b(?:ambient|dormouse)_\w+/g)].map(([name]) =>
      name.replace(/_(bucket|count|sum)$/, ''),
    )
    expect(asked.length).toBeGreaterThan(5)
    for (const name of asked) expect([...rows.keys()]).toContain(name)
  })
})
