import { isRecord } from './field-error.ts'

/** A CEL rule of `x-kubernetes-validations`. */
export type ValidationRule = {
  readonly rule: string
  readonly message?: string
  readonly messageExpression?: string
  readonly reason?: string
  readonly fieldPath?: string
  readonly optionalOldSelf?: boolean
}

/** An OpenAPI v3 schema as a CustomResourceDefinition holds it (apiextensions/v1 JSONSchemaProps). */
export type Schema = {
  readonly type?: string
  readonly format?: string
  readonly title?: string
  readonly description?: string
  readonly default?: unknown
  readonly nullable?: boolean
  readonly enum?: readonly unknown[]
  readonly maximum?: number
  readonly exclusiveMaximum?: boolean
  readonly minimum?: number
  readonly exclusiveMinimum?: boolean
  readonly multipleOf?: number
  readonly maxLength?: number
  readonly minLength?: number
  readonly pattern?: string
  readonly maxItems?: number
  readonly minItems?: number
  readonly uniqueItems?: boolean
  readonly maxProperties?: number
  readonly minProperties?: number
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: Schema | boolean
  readonly allOf?: readonly Schema[]
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly not?: Schema
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean
  readonly 'x-kubernetes-embedded-resource'?: boolean
  readonly 'x-kubernetes-int-or-string'?: boolean
  readonly 'x-kubernetes-list-type'?: string
  readonly 'x-kubernetes-list-map-keys'?: readonly string[]
  readonly 'x-kubernetes-map-type'?: string
  readonly 'x-kubernetes-validations'?: readonly ValidationRule[]
}

/** The schema of the keys that are no properties, when there is one; `{}` when they may be anything. */
export function additionalOf(schema: Schema): Schema | undefined {
  const { additionalProperties } = schema
  if (additionalProperties === true) return undefined
  return isRecord(additionalProperties) ? additionalProperties : undefined
}

/** Whether other keys than the properties are known: `additionalProperties: true` or a schema. */
export const hasAdditional = (schema: Schema): boolean =>
  schema.additionalProperties === true || isRecord(schema.additionalProperties)

/** The root of an object is an embedded resource, though its schema does not say so. */
export const asResource = remembered(
  (schema: Schema): Schema =>
    schema['x-kubernetes-embedded-resource'] ? schema : { ...schema, 'x-kubernetes-embedded-resource': true },
)

/** What a schema, which never changes, says about something: asked once for each. */
export function remembered<T>(read: (schema: Schema) => T): (schema: Schema) => T {
  const answers = new WeakMap<Schema, { readonly answer: T }>()
  return (schema) => {
    const known = answers.get(schema)
    if (known) return known.answer
    const answer = read(schema)
    answers.set(schema, { answer })
    return answer
  }
}

/** Whether `holds` is true of the schema of an object or of one below it; alternatives (`anyOf` ...) do not count. */
export function anywhere(holds: (schema: Schema) => boolean): (schema: Schema) => boolean {
  const found = remembered((schema): boolean => {
    const additional = additionalOf(schema)
    return (
      holds(schema) ||
      (schema.items !== undefined && found(schema.items)) ||
      (additional !== undefined && found(additional)) ||
      Object.values(schema.properties ?? {}).some(found)
    )
  })
  return found
}
