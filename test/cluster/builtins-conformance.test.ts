import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Answer } from '../conformance/builtins/case.ts'
import { agree } from '../conformance/builtins/compared.ts'
import { ourAnswers } from '../conformance/builtins/emulated.ts'
import { groups } from '../conformance/builtins/groups.ts'
import { realAnswers } from '../conformance/builtins/record.ts'
import { type ControlPlane, startControlPlane } from './control-plane.ts'

let controlPlane: ControlPlane
let answers: Readonly<Record<string, Readonly<Record<string, Answer>>>>

beforeAll(async () => {
  controlPlane = await startControlPlane()
  answers = await realAnswers(controlPlane, groups)
  const file = join(import.meta.dirname, '../conformance/builtins/recorded.json')
  if (process.env['RECORD'] === '1') writeFileSync(file, `${JSON.stringify(answers)}\n`)
})
afterAll(() => controlPlane?.stop())

describe('the embedded server answers as the real one does', () => {
  test.each(groups)('$name', async ({ name, ...group }) => {
    const ours = await ourAnswers({ name, ...group })
    const real = answers[name] ?? {}
    expect(Object.keys(real).filter((step) => !agree(`${name}: ${step}`, ours[step], real[step]))).toEqual([])
  })
})
