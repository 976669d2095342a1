import { describe, expect, test } from 'vitest'
import type { Recorded } from './case.ts'
import { cases } from './cases.ts'
import { comparisons } from './check.ts'
import recorded from './recorded.json' with { type: 'json' }

const answers = recorded as unknown as Readonly<Record<string, readonly Recorded[]>> // as test/cluster/patch-conformance.test.ts wrote it

describe('patches answer as kube-apiserver 1.36.3 did', () => {
  test.each(cases.map((each) => [each.name, each] as const))('%s', (name, each) => {
    const steps = answers[name] ?? []
    expect(steps, 'record it: RECORD=1 npx vitest run --project cluster patch-conformance').toHaveLength(
      each.steps.length,
    )
    for (const { step, ours, theirs } of comparisons(each, steps)) expect(ours, JSON.stringify(step)).toEqual(theirs)
  })
})
