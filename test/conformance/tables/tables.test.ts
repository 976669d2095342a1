import { describe, expect, test } from 'vitest'
import { builtInColumns } from '#emulator/api-server/built-in-columns.ts'
import { rowConditions } from '#emulator/api-server/pod-columns.ts'
import type { KubeObject } from '#emulator/api-server/types.ts'
import recorded from './recorded.json' with { type: 'json' }

// Objects and their rows as kube-apiserver 1.36.3 gave them at `now`. Descriptions of columns are left out: ours are empty.
type Table = {
  readonly kind: string
  readonly now: number
  readonly columns: readonly unknown[]
  readonly rows: readonly {
    readonly cells: readonly unknown[]
    readonly conditions?: readonly unknown[]
    readonly object: object
  }[]
}
const tables: readonly Table[] = recorded

describe.each(tables)('the Table of $kind', ({ kind, now, columns, rows }) => {
  test('has the columns of the real server', () => {
    const ours = builtInColumns(kind).map(({ name, type, format = '', priority = 0 }) => ({
      name,
      type,
      format,
      priority,
    }))
    expect(ours).toEqual(columns)
  })

  test('has its cells', () => {
    const named = rows.map(({ object, ...row }) => {
      const whole = { apiVersion: '', kind, ...object } as KubeObject // as recorded
      const cells = builtInColumns(kind).map(({ cell }) => cell(whole, now))
      return { ours: { cells, conditions: rowConditions(whole) }, real: { conditions: [], ...row } }
    })
    expect(named.map(({ ours }) => ours)).toEqual(named.map(({ real }) => real))
  })
})
