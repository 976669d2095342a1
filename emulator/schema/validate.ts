import { hasRules, validateRules } from './cel-rules.ts'
import { atField, type Correlation } from './correlation.ts'
import { validateEmbedded } from './embedded.ts'
import { type FieldError, isRecord, own } from './field-error.ts'
import { validateListTypes } from './list-types.ts'
import { validateSchema } from './openapi.ts'
import type { Schema } from './structural.ts'

const blocking: readonly string[] = [
  'FieldValueNotSupported',
  'FieldValueRequired',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueTypeInvalid',
]
const notChecked: FieldError = {
  field: '<nil>',
  type: 'FieldValueInvalid',
  badValue: null,
  detail:
    'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
}

/**
 * Whether a custom object, pruned and defaulted, is one of its schema. With the object before, errors that it had
 * already where nothing changed are forgiven. `earlier` are errors already found, of its metadata: with a grave one
 * among them CEL rules are not run. Throws `NotImplementedError`. Pure.
 */
export function validate(
  schema: Schema,
  object: unknown,
  oldObject?: unknown,
  earlier: readonly { readonly type: string }[] = [],
): readonly FieldError[] {
  const correlation = oldObject === undefined ? undefined : { value: object, old: oldObject, schema }
  const errors = [
    ...validateSchema(schema, object, '', correlation),
    ...validateEmbedded(schema, object, ''),
    ...listErrors(schema, object, oldObject),
  ]
  return [...errors, ...rulesOrNotice(schema, object, correlation, [...earlier, ...errors])]
}

/** As `validate`, for a write to the status subresource: rules apply to the whole object, the schema to the status. Pure. */
export function validateStatus(
  schema: Schema,
  object: unknown,
  oldObject: unknown,
  earlier: readonly { readonly type: string }[] = [],
): readonly FieldError[] {
  const correlation = { value: object, old: oldObject, schema }
  const statusSchema = own(schema.properties, 'status')
  const hasStatus = isRecord(object) && Object.hasOwn(object, 'status')
  const pair = atField(correlation, 'status')
  const errors = [
    ...(hasStatus && statusSchema ? validateSchema(statusSchema, object['status'], 'status', pair) : []),
    ...listErrors(schema, object, oldObject),
  ]
  return [...errors, ...rulesOrNotice(schema, object, correlation, [...earlier, ...errors])]
}

function listErrors(schema: Schema, object: unknown, oldObject: unknown): readonly FieldError[] {
  const errors = validateListTypes(schema, object, '')
  const isForgiven = errors.length > 0 && oldObject !== undefined && validateListTypes(schema, oldObject, '').length > 0
  return isForgiven ? [] : errors
}

function rulesOrNotice(
  schema: Schema,
  object: unknown,
  correlation: Correlation | undefined,
  errors: readonly { readonly type: string }[],
): readonly FieldError[] {
  if (!hasRules(schema)) return []
  if (errors.some(({ type }) => blocking.includes(type))) return [notChecked]
  return validateRules(schema, object, correlation)
}
