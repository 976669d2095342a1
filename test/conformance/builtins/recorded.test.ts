import { describe, expect, test } from 'vitest'
import type { Answer } from './case.ts'
import { agree } from './compared.ts'
import { ourAnswers } from './emulated.ts'
import { groups } from './groups.ts'
import recorded from './recorded.json' with { type: 'json' }

const records = recorded as unknown as Readonly<Record<string, Readonly<Record<string, Answer>>>>

describe('the embedded server answers as kube-apiserver 1.36.3 did', () => {
  test.each(groups)('$name', async (group) => {
    const ours = await ourAnswers(group)
    const real = records[group.name] ?? {}
    expect(Object.keys(ours)).toEqual(Object.keys(real))
    const differing = Object.keys(real).filter((step) => !agree(`${group.name}: ${step}`, ours[step], real[step]))
    expect(differing).toEqual([])
  })
})
