import { applyCases } from './apply-cases.ts'
import type { Case } from './case.ts'
import { patchCases } from './patch-cases.ts'

export const cases: readonly Case[] = [...applyCases, ...patchCases]
