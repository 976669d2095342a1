import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Answer } from '../conformance/builtins/case.ts'
import { ourAnswers } from '../conformance/builtins/emulated.ts'
import { everyField, isTakenThere } from '../conformance/builtins/every-field.ts'
import { realAnswers } from '../conformance/builtins/record.ts'
import { type ControlPlane, startControlPlane } from './control-plane.ts'

let controlPlane: ControlPlane
let answers: Readonly<Record<string, Readonly<Record<string, Answer>>>>

beforeAll(async () => {
  controlPlane = await startControlPlane()
  answers = await realAnswers(controlPlane, everyField)
}, 300_000)
afterAll(() => controlPlane?.stop())

describe('with each field of it set to something else', () => {
  test.each(everyField)(
    '$name: what the real server refuses, the embedded one refuses; what it takes is taken or not implemented',
    async (group) => {
      const ours = await ourAnswers(group)
      const real = Object.entries(answers[group.name] ?? {})
      expect(real.length).toBeGreaterThan(200)
      const isRight = (step: string, there: number, here: number): boolean =>
        there < 400 ? here < 400 || here === 501 || isTakenThere(group.name, step) : here === there || here === 501
      const wrong = real.flatMap(([step, { status, body }]) => {
        const here = ours[step]?.status ?? 0
        return isRight(step, status, here) ? [] : [{ step, here, there: status, body }]
      })
      expect(wrong).toEqual([])
    },
    60_000,
  )
})
