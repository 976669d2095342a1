import { compileRules, validateValueRules } from './cel-rules.ts'
import { isSame } from './correlation.ts'
import { validateEmbedded } from './embedded.ts'
import {
  atIndex,
  atKey,
  child,
  type FieldError,
  forbidden,
  invalid,
  isRecord,
  notSupported,
  own,
  required,
} from './field-error.ts'
import { validateSchema } from './openapi.ts'
import { pruneValue } from './prune.ts'
import { additionalOf, type Schema } from './structural.ts'
import { structureErrors } from './structure-check.ts'

const types = ['array', 'boolean', 'integer', 'number', 'object', 'string']
const reasons = ['FieldValueDuplicate', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueRequired']
const unsupported = {
  id: 'id is not supported',
  additionalItems: 'additionalItems is not supported',
  patternProperties: 'patternProperties is not supported',
  definitions: 'definitions is not supported',
  dependencies: 'dependencies is not supported',
  $ref: '$ref is not supported',
}
const atRoot = [
  'type',
  'properties',
  'required',
  'description',
  'x-kubernetes-preserve-unknown-fields',
  'x-kubernetes-validations',
  'title',
  'example',
  'externalDocs',
  'nullable',
]

type Crd = {
  readonly spec: {
    readonly versions: readonly {
      readonly schema?: { readonly openAPIV3Schema?: Schema }
      readonly subresources?: { readonly status?: unknown }
    }[]
  }
}

/**
 * What the real server refuses in the schemas of a CustomResourceDefinition, compiled rules included. Throws
 * `NotImplementedError` for rules that the engine cannot compile, whose real errors are not known here. Estimates of
 * the costs of rules are not done: the real server refuses expensive ones. Pure.
 */
export function checkSchema(crd: Crd): readonly FieldError[] {
  const { versions } = crd.spec
  return versions.flatMap((version, index) => {
    const schema = version.schema?.openAPIV3Schema
    // One schema for all versions is shown as the definition's own, as the real server has it inside.
    const isShared = versions.every((each) => isSame(each.schema, version.schema))
    if (isShared && index > 0) return []
    if (!schema) return [required(`spec.versions[${index}].schema.openAPIV3Schema`, '')]
    const hasStatus = version.subresources?.status !== undefined
    return rootErrors(
      schema,
      hasStatus,
      `${isShared ? 'spec.validation' : `spec.versions[${index}].schema`}.openAPIV3Schema`,
    )
  })
}

function rootErrors(schema: Schema, hasStatus: boolean, path: string): readonly FieldError[] {
  const errors: FieldError[] = []
  if (hasStatus && schema.type !== undefined && schema.type !== 'object')
    errors.push(
      invalid(
        `${path}.type`,
        schema.type,
        'only "object" is allowed as the type at the root of the schema if the status subresource is enabled',
      ),
    )
  if (hasStatus && Object.keys(schema).some((key) => !atRoot.includes(key)))
    errors.push(
      invalid(
        path,
        schema,
        `only [Description Type Format Title Maximum ExclusiveMaximum Minimum ExclusiveMinimum MaxLength MinLength Pattern MaxItems MinItems UniqueItems MultipleOf Required Items Properties ExternalDocs Example XPreserveUnknownFields XValidations] fields are allowed at the root of the schema if the status subresource is enabled`,
      ),
    )
  if (schema.nullable) errors.push(forbidden(`${path}.nullable`, 'nullable cannot be true at the root'))
  const structural = structureErrors(schema, path)
  errors.push(...(structural.length > 0 ? structural : defaultErrors(schema, path)))
  const form = formErrors(schema, { path, isRoot: true })
  errors.push(...form)
  return errors.length > 0 ? errors : ruleErrors(schema, { path, isRoot: true })
}

type Place = {
  readonly path: string
  readonly isRoot?: boolean
  readonly inMeta?: boolean
  readonly noDefaults?: string
  /** Within it the value before is not known, so that rules cannot use it. */
  readonly uncorrelatable?: string
}

/** What is wrong with one node and all below. */
function formErrors(schema: Schema, place: Place): readonly FieldError[] {
  const { path, inMeta } = place
  const errors: FieldError[] = []
  const at = (key: string): string => child(path, key)
  const type = schema.type ?? ''
  if (type !== '' && !types.includes(type)) errors.push(notSupported(at('type'), type, types))
  if (schema.default !== undefined && schema.default !== null && place.noDefaults !== undefined)
    errors.push(forbidden(at('default'), `must not be set ${place.noDefaults}`))
  for (const [key, text] of Object.entries(unsupported))
    if (Object.hasOwn(schema, key)) errors.push(forbidden(at(key), text))
  if (type === 'null') errors.push(forbidden(at('type'), 'type cannot be set to null, use nullable as an alternative'))
  if (inMeta && schema['x-kubernetes-embedded-resource'])
    errors.push(forbidden(at('x-kubernetes-embedded-resource'), 'must not be used inside of resource meta'))
  if (schema.uniqueItems)
    errors.push(
      forbidden(at('uniqueItems'), 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic'),
    )
  const hasProperties = Object.keys(schema.properties ?? {}).length > 0
  if (hasProperties && schema.additionalProperties !== undefined && schema.additionalProperties !== true)
    errors.push(forbidden(at('additionalProperties'), 'additionalProperties and properties are mutual exclusive'))
  errors.push(...listErrors(schema, path), ...ruleFormErrors(schema, path))
  if (schema['x-kubernetes-preserve-unknown-fields'] === false)
    errors.push(invalid(at('x-kubernetes-preserve-unknown-fields'), false, 'must be true or undefined'))
  const mapType = schema['x-kubernetes-map-type']
  const detail = 'must be object if x-kubernetes-map-type is specified'
  if (mapType !== undefined && type !== 'object')
    errors.push(type === '' ? required(at('type'), detail) : invalid(at('type'), type, detail))
  if (mapType !== undefined && mapType !== 'atomic' && mapType !== 'granular')
    errors.push(notSupported(at('x-kubernetes-map-type'), mapType, ['atomic', 'granular']))
  return [...errors, ...below(schema, place).flatMap(([each, more]) => formErrors(each, more))]
}

/** The schemas within a schema. */
function below(schema: Schema, place: Place): readonly (readonly [Schema, Place])[] {
  const { isRoot, ...rest } = place
  const at = (path: string, more: Partial<Place> = {}): Place => ({ ...rest, path: child(place.path, path), ...more })
  const isResource = isRoot || schema['x-kubernetes-embedded-resource']
  const additional = additionalOf(schema)
  const { anyOf = [], allOf = [], oneOf = [], not, items } = schema
  const outer = place.uncorrelatable ?? place.path
  const properties = Object.entries(schema.properties ?? {}).map(([key, each]): [Schema, Place] => {
    const isMeta = isResource && ['apiVersion', 'kind', 'metadata'].includes(key)
    const meta = isMeta ? { inMeta: true, ...(isRoot && { noDefaults: `in top-level ${key}` }) } : {}
    return [each, at(atKey('properties', key), meta)]
  })
  const forbiddenHere = place.inMeta ? { noDefaults: 'inside additionalProperties applying to object metadata' } : {}
  return [
    ...(additional ? [[additional, at('additionalProperties', forbiddenHere)] as const] : []),
    ...properties,
    ...(not ? [[not, at('not')] as const] : []),
    ...Object.entries({ allOf, oneOf, anyOf }).flatMap(([key, list]) =>
      list.map((each, index) => [each, at(atIndex(key, index))] as const),
    ),
    ...(items
      ? [[items, at('items', schema['x-kubernetes-list-type'] === 'map' ? {} : { uncorrelatable: outer })] as const]
      : []),
  ]
}

function listErrors(schema: Schema, path: string): readonly FieldError[] {
  const errors: FieldError[] = []
  const at = (key: string): string => child(path, key)
  const { items, type = '' } = schema
  const listType = schema['x-kubernetes-list-type']
  const keys = schema['x-kubernetes-list-map-keys'] ?? []
  const mustBeArray = 'must be array if x-kubernetes-list-type is specified'
  if (listType !== undefined && type !== 'array')
    errors.push(type === '' ? required(at('type'), mustBeArray) : invalid(at('type'), type, mustBeArray))
  else if (listType === 'set' && items) {
    const detail = 'must be atomic as item of a list with x-kubernetes-list-type=set'
    const inner = items['x-kubernetes-list-type']
    if (items.type === 'array' && inner !== undefined && inner !== 'atomic')
      errors.push(invalid(at('items.x-kubernetes-list-type'), inner, detail))
    if (items.type === 'object' && items['x-kubernetes-map-type'] !== 'atomic')
      errors.push(invalid(at('items.x-kubernetes-map-type'), inner ?? null, detail))
  }
  if (listType !== undefined && !['atomic', 'set', 'map'].includes(listType))
    errors.push(notSupported(at('x-kubernetes-list-type'), listType, ['atomic', 'set', 'map']))
  const mustBeMap = 'must be map if x-kubernetes-list-map-keys is non-empty'
  if (keys.length > 0 && listType === undefined) errors.push(required(at('x-kubernetes-list-type'), mustBeMap))
  else if (keys.length > 0 && listType !== 'map')
    errors.push(invalid(at('x-kubernetes-list-type'), listType, mustBeMap))
  if (listType !== 'map') return errors
  if (keys.length === 0)
    errors.push(required(at('x-kubernetes-list-map-keys'), 'must not be empty if x-kubernetes-list-type is map'))
  if (!items) return [...errors, required(at('items'), 'must have a schema if x-kubernetes-list-type is map')]
  if (items.type !== 'object')
    return [
      ...errors,
      invalid(at('items.type'), items.type ?? '', "must be object if parent array's x-kubernetes-list-type is map"),
    ]
  for (const [index, key] of keys.entries()) {
    const property = own(items.properties, key)
    if (!property)
      errors.push(invalid(at('x-kubernetes-list-map-keys'), keys, 'entries must all be names of item properties'))
    else if (property.type === 'array' || property.type === 'object')
      errors.push(
        invalid(
          child(atKey(at('items.properties'), key), 'type'),
          items.type,
          "must be a scalar type if parent array's x-kubernetes-list-type is map",
        ),
      )
    if (keys.indexOf(key) < index)
      errors.push(invalid(at('x-kubernetes-list-map-keys'), keys, 'must not contain duplicate entries'))
    if (property?.nullable)
      errors.push(
        forbidden(
          child(atKey(at('items.properties'), key), 'nullable'),
          'this property is in x-kubernetes-list-map-keys, so it cannot be nullable',
        ),
      )
    if (property && (property.default ?? null) === null && !(items.required ?? []).includes(key))
      errors.push(
        required(
          child(atKey(at('items.properties'), key), 'default'),
          'this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property',
        ),
      )
  }
  return errors
}

function ruleFormErrors(schema: Schema, path: string): readonly FieldError[] {
  return (schema['x-kubernetes-validations'] ?? []).flatMap((rule, index) => {
    const at = (key: string): string => child(atIndex(child(path, 'x-kubernetes-validations'), index), key)
    const errors: FieldError[] = []
    const message = rule.message?.trim() ?? ''
    if (rule.rule.trim() === '') errors.push(required(at('rule'), 'rule is not specified'))
    else if (rule.message && message === '')
      errors.push(invalid(at('message'), rule.message, 'must be non-empty if specified'))
    else if (message.includes('\n')) errors.push(invalid(at('message'), rule.message, 'must not contain line breaks'))
    else if (rule.rule.trim().includes('\n') && message === '')
      errors.push(required(at('message'), 'message must be specified if rule contains line breaks'))
    if (rule.messageExpression && rule.messageExpression.trim() === '')
      errors.push(required(at('messageExpression'), 'messageExpression must be non-empty if specified'))
    if (rule.reason !== undefined && !reasons.includes(rule.reason))
      errors.push(notSupported(at('reason'), rule.reason, reasons))
    if (rule.fieldPath && !isPath(schema, rule.fieldPath))
      errors.push(invalid(at('fieldPath'), rule.fieldPath, 'must be a valid path'))
    return errors
  })
}

function isPath(schema: Schema, path: string): boolean {
  if (!path.startsWith('.')) return false
  let node: Schema | undefined = schema
  for (const key of path.slice(1).split('.')) node = node && (own(node.properties, key) ?? additionalOf(node))
  return node !== undefined
}

function ruleErrors(schema: Schema, place: Place): readonly FieldError[] {
  const { path, uncorrelatable, isRoot } = place
  const rules = schema['x-kubernetes-validations'] ?? []
  const compiled =
    rules.length > 0 ? compileRules(schema, isRoot === true || schema['x-kubernetes-embedded-resource'] === true) : []
  const errors = compiled.flatMap(({ rule, usesOldSelf }, index) => {
    const at = (key: string): string => child(atIndex(child(path, 'x-kubernetes-validations'), index), key)
    if (usesOldSelf && uncorrelatable)
      return [
        invalid(
          at('rule'),
          rule.rule,
          `oldSelf cannot be used on the uncorrelatable portion of the schema within ${uncorrelatable}`,
        ),
      ]
    if (!usesOldSelf && rule.optionalOldSelf !== undefined)
      return [invalid(at('optionalOldSelf'), rule.optionalOldSelf, 'may not be set if oldSelf is not used in rule')]
    return []
  })
  return [...errors, ...below(schema, place).flatMap(([each, more]) => ruleErrors(each, more))]
}

/** Defaults have to be of their schemas, and to hold no unknown fields. */
function defaultErrors(schema: Schema, path: string): readonly FieldError[] {
  const { default: value, items, properties = {} } = schema
  const errors: FieldError[] = []
  if (value !== undefined && value !== null) {
    const at = child(path, 'default')
    if (!isSame(pruneValue(schema, value), value)) errors.push(invalid(at, value, 'must not have unknown fields'))
    const embedded = validateEmbedded(schema, value, at)
    const form = embedded.length > 0 ? embedded : validateSchema(schema, value, at)
    const rules = form.length > 0 ? [] : validateValueRules(schema, value).map((error) => placedAt(error, at))
    errors.push(...form, ...rules)
  }
  if (isRecord(items)) errors.push(...defaultErrors(items, child(path, 'items')))
  for (const [key, each] of Object.entries(properties))
    errors.push(...defaultErrors(each, atKey(child(path, 'properties'), key)))
  return errors
}

const placedAt = (error: FieldError, path: string): FieldError => ({
  ...error,
  field:
    error.field === '<nil>' ? path : error.field.startsWith('[') ? `${path}${error.field}` : child(path, error.field),
})
