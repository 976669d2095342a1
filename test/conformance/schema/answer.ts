import { checkSchema } from '#emulator/schema/check-schema.ts'
import { applyDefaults, dropNulls } from '#emulator/schema/defaults.ts'
import { bodyOf, type FieldError, NotImplementedError } from '#emulator/schema/field-error.ts'
import { validateMeta } from '#emulator/schema/object-meta.ts'
import { prune, unknownFields } from '#emulator/schema/prune.ts'
import { validate } from '#emulator/schema/validate.ts'
import { groups, type SchemaCase } from './cases.ts'
import { crdSchemas, metas } from './crd-cases.ts'

/** What a server says to a case: causes and unknown fields in no order, or what it stores. */
export type Answer =
  | { readonly code: 422; readonly causes: readonly string[] }
  | { readonly code: 200; readonly stored: unknown; readonly unknown: readonly string[] }
  | { readonly code: number; readonly message: string }

export const kindOf = (group: string): string => `K${group}`
export const causeText = (cause: { reason?: string; message?: string; field?: string }): string =>
  `${cause.field}: ${cause.reason}: ${cause.message}`

/** What our schemas say. */
export function ourAnswer({ group, object, old, name }: SchemaCase): Answer {
  const schema = groups[group]?.schema
  if (!schema) throw new Error(`no group ${group}`)
  const whole = (body: object) => ({
    ...body,
    apiVersion: 'schema.test/v1',
    kind: kindOf(group),
    metadata: { name, namespace: 'default' },
  })
  const ready = (body: object) => applyDefaults(schema, dropNulls(schema, prune(schema, whole(body))))
  try {
    const stored = ready(object)
    const errors = validate(schema, stored, old && ready(old))
    if (errors.length > 0) {
      const causes = errors.map((error) =>
        causeText({ field: error.field, reason: error.type, message: bodyOf(error) }),
      )
      return { code: 422, causes: [...new Set(causes)].sort() }
    }
    const { metadata: _, ...rest } = stored
    return { code: 200, stored: rest, unknown: unknownFields(schema, whole(object)) }
  } catch (error) {
    if (error instanceof NotImplementedError) return { code: 501, message: error.message }
    throw error
  }
}

/** What we say of the schemas and metadata of crd-cases.ts. */
export function ourCauses(): Readonly<Record<string, readonly string[]>> {
  const causes = (find: () => readonly FieldError[]): readonly string[] => {
    try {
      const texts = find().map((error) => causeText({ field: error.field, reason: error.type, message: bodyOf(error) }))
      return [...new Set(texts)].sort()
    } catch (error) {
      if (error instanceof NotImplementedError) return ['501']
      throw error
    }
  }
  const schemas = Object.entries(crdSchemas).map(([name, openAPIV3Schema]) => [
    `crd ${name}`,
    causes(() => checkSchema({ spec: { versions: [{ schema: { openAPIV3Schema } }] } })),
  ])
  const meta = Object.entries(metas).map(([name, each]) => {
    const named = { namespace: 'default', ...each, name: each['name'] ?? `${each['generateName']}abcde` }
    return [`meta ${name}`, causes(() => validateMeta(named, 'Namespaced'))]
  })
  return Object.fromEntries([...schemas, ...meta])
}
