import type { Json } from './api-server/types.ts'

type Schema = Json
type Kind = 'object' | 'list' | 'text' | 'integer' | 'flag'

/** Parts of structural schemas for kinds that are implemented in part. */
export const text: Schema = { type: 'string' }
export const flag: Schema = { type: 'boolean' }
export const texts: Schema = { type: 'object', additionalProperties: text }
export const integer = (minimum?: number, maximum?: number): Schema => ({
  type: 'integer',
  format: 'int32',
  ...(minimum !== undefined && { minimum }),
  ...(maximum !== undefined && { maximum }),
})
export const listOf = (items: Schema): Schema => ({ type: 'array', items })
/** Kept as it is: something else looks into it, as the Pod's own schema. */
export const anything: Schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }

const shapes: Readonly<Record<Kind, Schema>> = {
  object: anything,
  list: listOf(anything),
  text,
  integer: { type: 'integer' },
  flag,
}

export type Refused = { readonly [kind in Kind]?: string }
export type Rule = { readonly rule: string; readonly message?: string; readonly messageExpression?: string }

/**
 * An object with these properties. `refused` names, by kind and separated by spaces, the fields that the real kind has and that
 * are not implemented here: who sets one is told so (422), where pruning would lose it without a word.
 */
export function partial(
  properties: Readonly<Record<string, Schema>>,
  refused: Refused = {},
  more: { readonly required?: readonly string[]; readonly rules?: readonly Rule[]; readonly default?: unknown } = {},
): Schema {
  const fields = Object.entries(refused).flatMap(([kind, names]) =>
    names.split(' ').map((name) => [name, shapes[kind as Kind]] as const),
  )
  const rules = [
    ...fields.map(([name]) => ({
      rule: `!has(self.${name})`,
      message: `the embedded control plane does not implement the field ${name}`,
      fieldPath: `.${name}`,
      reason: 'FieldValueForbidden',
    })),
    ...(more.rules ?? []),
  ]
  return {
    type: 'object',
    properties: { ...properties, ...Object.fromEntries(fields) },
    ...(more.required && { required: more.required }),
    ...(more.default !== undefined && { default: more.default }),
    ...(rules.length > 0 && { 'x-kubernetes-validations': rules }),
  }
}
