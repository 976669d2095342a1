import { faultsIn } from '#sdk/index.ts'
import { specSchema } from './schema.ts'

/** What is wrong with a spec that was stored before its schema came. A Job with a text too long is the API server's to refuse. Pure. */
export const faultsOf = (spec: unknown): readonly string[] =>
  spec === undefined ? [] : faultsIn(specSchema, spec, 'spec')
