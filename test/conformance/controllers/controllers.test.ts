import { expect, test } from 'vitest'
import { cases } from './cases.ts'
import { compared } from './compared.ts'
import type { Recorded } from './record.ts'
import recorded from './recorded.json' with { type: 'json' }
import { replay } from './replay.ts'

const known = recorded as unknown as Readonly<Record<string, Recorded>>

test.each(cases.map((each) => [each.name, each] as const))(
  'a Job goes its way as with kube-controller-manager: %s',
  async (name, each) => {
    const record = known[name]
    expect(compared(each, await replay(each))).toEqual(record && compared(each, record))
  },
)

test('every record has its case', () => {
  expect(Object.keys(known).sort()).toEqual(cases.map(({ name }) => name).sort())
})
