import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Answer, ourAnswer, ourCauses } from '../conformance/schema/answer.ts'
import { cases, groups } from '../conformance/schema/cases.ts'
import { crdSchemas, metas } from '../conformance/schema/crd-cases.ts'
import divergences from '../conformance/schema/divergences.json' with { type: 'json' }
import { realAnswers, realCauses } from '../conformance/schema/record.ts'
import { type ControlPlane, startControlPlane } from './control-plane.ts'

let controlPlane: ControlPlane
let answers: Readonly<Record<string, Answer>>
let causes: Readonly<Record<string, readonly string[]>>

beforeAll(async () => {
  controlPlane = await startControlPlane()
  answers = await realAnswers(controlPlane, groups, cases)
  causes = await realCauses(controlPlane, crdSchemas, metas)
  const file = (name: string) => join(import.meta.dirname, '../conformance/schema', name)
  if (process.env['RECORD'] !== '1') return
  writeFileSync(file('recorded.json'), `${JSON.stringify(answers)}\n`)
  writeFileSync(file('recorded-causes.json'), `${JSON.stringify(causes, null, 1)}\n`)
})
afterAll(() => controlPlane?.stop())

test('schemas say what the real API server says', () => {
  const known: Readonly<Record<string, string>> = divergences
  const differing = cases
    .filter((each) => !known[each.name])
    .filter((each) => {
      return JSON.stringify(sorted(ourAnswer(each))) !== JSON.stringify(sorted(answers[each.name]))
    })
  expect(differing.map(({ name }) => name)).toEqual([])
})

test('definitions and metadata are refused as by the real API server', () => {
  const known: Readonly<Record<string, string>> = divergences
  const ours = ourCauses()
  const differing = Object.keys(causes).filter((name) => !known[name] && String(ours[name]) !== String(causes[name]))
  expect(differing).toEqual([])
})

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([k, v]) => [k, sorted(v)]),
  )
}
