import fc from 'fast-check'
import type { Schema } from '#emulator/schema/structural.ts'

const SEED = 20_260_722
const GROUPS = 14
const OBJECTS = 40
const keys = ['a', 'b', 'c'] as const

const limits = (...names: readonly (keyof Schema)[]) =>
  fc.record(Object.fromEntries(names.map((name) => [name, fc.integer({ min: 0, max: 3 })])), { requiredKeys: [] })
const scalar: fc.Arbitrary<Schema> = fc.oneof(
  fc
    .tuple(
      limits('minLength', 'maxLength'),
      fc.constantFrom({}, { pattern: '^[a-b]*$' }, { enum: ['a', 'bb'] }, { nullable: true }),
    )
    .map(([limit, more]) => ({ type: 'string', ...limit, ...more })),
  fc
    .tuple(
      limits('minimum', 'maximum'),
      fc.constantFrom(
        {},
        { exclusiveMinimum: true },
        { exclusiveMaximum: true },
        { format: 'int32' },
        { nullable: true },
      ),
    )
    .map(([limit, more]) => ({ type: 'integer', ...limit, ...more })),
  limits('minimum', 'maximum').map((limit) => ({ type: 'number', ...limit })),
  fc.constant<Schema>({ type: 'boolean' }),
  fc.constant<Schema>({ 'x-kubernetes-int-or-string': true }),
  fc.constant<Schema>({ type: 'string', default: 'a' }),
  fc.constant<Schema>({ type: 'integer', default: 2 }),
)
const { schema: anySchema } = fc.letrec<{ schema: Schema }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    scalar,
    fc
      .tuple(
        fc.dictionary(fc.constantFrom(...keys), tie('schema'), { maxKeys: 3 }),
        fc.subarray([...keys]),
        limits('maxProperties'),
      )
      .map(([properties, required, limit]): Schema => ({ type: 'object', properties, required, ...limit })),
    tie('schema').map((each): Schema => ({ type: 'object', additionalProperties: withoutDefaults(each) })),
    fc
      .tuple(tie('schema'), limits('minItems', 'maxItems'))
      .map(([items, limit]): Schema => ({ type: 'array', items: withoutDefaults(items), ...limit })),
    fc.constant<Schema>({ type: 'object', 'x-kubernetes-preserve-unknown-fields': true }),
    scalar.map((each): Schema => ({ type: 'array', items: withoutDefaults(each), 'x-kubernetes-list-type': 'set' })),
    scalar.map((each): Schema => ({ ...each, anyOf: [{ maximum: 1 }, { minLength: 2 }] })),
    scalar.map((each): Schema => ({ ...withoutDefaults(each), oneOf: [{ maximum: 1 }, { maxLength: 1 }] })),
    scalar.map((each): Schema => ({ ...withoutDefaults(each), not: { enum: ['a', 1] } })),
  ),
}))
const { value: anyValue } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(null, true, 0, 1, 2, 3, 5, -1, 1.5, 'a', 'b', 'bb', 'abc', 'Ä', ''),
    fc.dictionary(fc.constantFrom(...keys, 'd'), tie('value'), { maxKeys: 3 }),
    fc.array(tie('value'), { maxLength: 4 }),
  ),
}))

// Defaults that their schemas or sets refuse make no valid definition.
function withoutDefaults(schema: Schema): Schema {
  const { default: _, ...rest } = schema
  return rest
}

/** Small schemas and objects, always the same ones. */
export const randomGroups = Object.fromEntries(
  fc
    .sample(fc.dictionary(fc.constantFrom(...keys), anySchema, { minKeys: 2 }), { seed: SEED, numRuns: GROUPS })
    .map((properties, index) => {
      const schema: Schema = { type: 'object', properties: { spec: { type: 'object', properties } } }
      const objects = fc.sample(fc.dictionary(fc.constantFrom(...keys), anyValue, { minKeys: 1 }), {
        seed: SEED + index,
        numRuns: OBJECTS,
      })
      const plain = objects.map((spec) => JSON.parse(JSON.stringify({ spec })) as Record<string, unknown>)
      const pairs = plain.slice(0, 15).map((old, at): readonly [Record<string, unknown>, Record<string, unknown>] => {
        const merged = {
          ...(old['spec'] as object),
          ...(at % 3 === 0 ? {} : { c: (plain[at + 1]?.['spec'] as { c?: unknown })?.c ?? 1 }),
        }
        return [old, { spec: merged }]
      })
      return [`random${index}`, { schema, creates: plain, updates: pairs }]
    }),
)
