import { describe, expectTypeOf, it } from 'vitest'
import type { SessionCondition, Spec, Status } from './schema.ts'

/** Whether any name at all may be read: then a misspelt one may be, too. */
type IsOpen<T> = string extends keyof T ? true : false

describe('the types that are derived from the schema', () => {
  it('have the fields of the schema and no others', () => {
    expectTypeOf<IsOpen<Spec>>().toEqualTypeOf<false>()
    expectTypeOf<IsOpen<Status>>().toEqualTypeOf<false>()
    expectTypeOf<IsOpen<SessionCondition>>().toEqualTypeOf<false>()
    expectTypeOf<IsOpen<NonNullable<Spec['repos']>[number]>>().toEqualTypeOf<false>()
    expectTypeOf<IsOpen<NonNullable<Spec['llmSettings']>>>().toEqualTypeOf<false>()
  })

  it('are open where the schema is', () => {
    expectTypeOf<IsOpen<NonNullable<Spec['environmentVariables']>>>().toEqualTypeOf<true>()
  })

  it('know phases and numbers for what they are', () => {
    expectTypeOf<NonNullable<Status['phase']>>().toEqualTypeOf<
      'Pending' | 'Creating' | 'Running' | 'Stopping' | 'Stopped' | 'Completed' | 'Failed'
    >()
    expectTypeOf<Spec['timeout']>().toEqualTypeOf<number | undefined>()
    expectTypeOf<NonNullable<Spec['repos']>[number]['url']>().toEqualTypeOf<string>()
  })
})
