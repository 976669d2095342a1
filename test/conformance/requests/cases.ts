import type { Case } from './case.ts'
import { accessCases } from './cases/access.ts'
import { crudCases } from './cases/crud.ts'
import { definitionCases } from './cases/definitions.ts'
import { deletionCases } from './cases/deletion.ts'
import { optionCases } from './cases/options.ts'
import { patchingCases } from './cases/patching.ts'
import { protocolCases } from './cases/protocol.ts'
import { selectingCases } from './cases/selecting.ts'
import { shapeCases } from './cases/shapes.ts'
import { statusCases } from './cases/status.ts'
import { watchingCases } from './cases/watching.ts'

export const cases: readonly Case[] = [
  ...crudCases,
  ...statusCases,
  ...deletionCases,
  ...selectingCases,
  ...watchingCases,
  ...patchingCases,
  ...optionCases,
  ...protocolCases,
  ...accessCases,
  ...definitionCases,
  ...shapeCases,
]

/** Those after which nobody else knows the past are alone. */
export const isAlone = ({ steps }: Case): boolean => steps.some(({ compact }) => compact)
