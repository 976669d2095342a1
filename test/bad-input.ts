/** As much of JSON Schema as our CRDs use. */
export type Schema = {
  readonly type?: string
  readonly enum?: readonly string[]
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: Schema
  readonly items?: Schema
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly maxItems?: number
  readonly maxProperties?: number
  readonly pattern?: string
}

/** A value that a schema does not take, and the field that whoever refuses it has to name. */
export type BadInput = { readonly field: string; readonly why: string; readonly value: unknown }

/**
 * Every way in which each field of a schema can be wrong by itself: its type, its bounds, its length, its words, what is missing. Each value is the
 * whole object, right in all else.
 */
export const badInputsFor = (schema: Schema, path: string): readonly BadInput[] => [
  ...wrong(schema).map(([why, value]) => ({ field: path, why, value })),
  ...(schema.required ?? []).map((key) => {
    const { [key]: _, ...value } = smallest(schema) as Record<string, unknown>
    return { field: `${path}.${key}`, why: 'missing', value }
  }),
  ...Object.entries(schema.properties ?? {}).flatMap(([key, inner]) =>
    badInputsFor(inner, `${path}.${key}`).map((bad) => ({
      ...bad,
      value: { ...(smallest(schema) as object), [key]: bad.value },
    })),
  ),
  ...(schema.items ? badInputsFor(schema.items, `${path}[0]`).map((bad) => ({ ...bad, value: [bad.value] })) : []),
  ...(schema.additionalProperties
    ? badInputsFor(schema.additionalProperties, `${path}.A`).map((bad) => ({ ...bad, value: { A: bad.value } }))
    : []),
]

/** The smallest value that a schema takes. */
export const smallest = (schema: Schema): unknown => {
  switch (schema.type) {
    case 'object':
      return Object.fromEntries((schema.required ?? []).map((key) => [key, smallest(schema.properties?.[key] ?? {})]))
    case 'array':
      return []
    case 'string':
      return schema.enum?.[0] ?? 'x'.repeat(schema.minLength ?? 0)
    case 'boolean':
      return true
    default:
      return schema.minimum ?? 0
  }
}

const wrong = (schema: Schema): readonly (readonly [why: string, value: unknown])[] => {
  const { items = {}, minimum, maximum, minLength = 0, maxLength, maxItems, maxProperties, pattern } = schema
  switch (schema.type) {
    case 'object':
      return [
        ['a text', 'x'],
        ['a list', []],
        ...(maxProperties
          ? [
              [
                'too many',
                Object.fromEntries(
                  times(maxProperties + 1, (i) => [`A${i}`, smallest(schema.additionalProperties ?? {})]),
                ),
              ] as const,
            ]
          : []),
      ]
    case 'array':
      return [
        ['an object', { a: 1 }],
        ['a text', 'x'],
        ...(maxItems ? [['too many', times(maxItems + 1, () => smallest(items))] as const] : []),
      ]
    case 'string':
      return [
        ['a number', 1],
        ['an object', {}],
        ...(minLength > 0 ? [['empty', ''] as const] : []),
        ...(maxLength ? [['too long', 'x'.repeat(maxLength + 1)] as const] : []),
        ...(pattern ? [['with a space', 'a b'] as const] : []),
        ...(schema.enum ? [['another word', 'nonsense'] as const] : []),
      ]
    case 'boolean':
      return [['a text', 'true']]
    default:
      return [
        ['a text', '1'],
        ...(schema.type === 'integer' ? [['a fraction', (minimum ?? 0) + 0.5] as const] : []),
        ...(minimum === undefined ? [] : [['too small', minimum - 1] as const]),
        ...(maximum === undefined ? [] : [['too large', maximum + 1] as const]),
      ]
  }
}

const times = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i))
