import { isSame } from './correlation.ts'
import { atIndex, atKey, child, type FieldError, forbidden, invalid, own, required } from './field-error.ts'
import { compileRegexp, RegexpError } from './regexp.ts'
import { additionalOf, type Schema } from './structural.ts'

type Level = 'root' | 'item' | 'field'
const levelTexts: Readonly<Record<Level, string>> = {
  root: 'must not be empty at the root',
  item: 'must not be empty for specified array items',
  field: 'must not be empty for specified object fields',
}
const intOrString = [{ type: 'integer' }, { type: 'string' }]

/** What keeps a schema from being a structural one. Pure. */
export function structureErrors(schema: Schema, path: string): readonly FieldError[] {
  return [...invariantErrors(schema, 'root', path), ...completenessErrors(schema, path)]
}

function invariantErrors(schema: Schema, level: Level, path: string): readonly FieldError[] {
  const errors: FieldError[] = []
  const at = (key: string): string => child(path, key)
  const { items, properties = {}, type = '' } = schema
  if (type === 'array' && !items) errors.push(required(at('items'), 'must be specified'))
  if (items) errors.push(...invariantErrors(items, 'item', at('items')))
  for (const [key, property] of Object.entries(properties)) {
    const isMeta = level === 'root' && key === 'metadata'
    errors.push(...invariantErrors(property, 'field', atKey(at('properties'), key)))
    if (isMeta) errors.push(...metadataErrors(property, atKey(at('properties'), key)))
  }
  const additional = additionalOf(schema)
  const hasAdditional = schema.additionalProperties !== undefined
  if (hasAdditional && level === 'root')
    errors.push(forbidden(at('additionalProperties'), 'must not be used at the root'))
  if (additional) errors.push(...invariantErrors(additional, 'field', at('additionalProperties')))
  const isIntOrString = schema['x-kubernetes-int-or-string']
  const isOpen = schema['x-kubernetes-preserve-unknown-fields']
  const isEmbedded = schema['x-kubernetes-embedded-resource']
  const notBoth = 'must be false if x-kubernetes-int-or-string is true'
  if (isIntOrString && isOpen) errors.push(invalid(at('x-kubernetes-preserve-unknown-fields'), true, notBoth))
  if (isIntOrString && isEmbedded) errors.push(invalid(at('x-kubernetes-embedded-resource'), true, notBoth))
  errors.push(...valueErrors(schema, path))
  const mustBeObject = 'must be object if x-kubernetes-embedded-resource is true'
  if (isEmbedded && type !== 'object')
    errors.push(type === '' ? required(at('type'), mustBeObject) : invalid(at('type'), type, mustBeObject))
  else if (type === '' && !isIntOrString && !isOpen) errors.push(required(at('type'), levelTexts[level]))
  if (isEmbedded && hasAdditional)
    errors.push(forbidden(at('additionalProperties'), 'must not be used if x-kubernetes-embedded-resource is set'))
  if (level === 'root' && type !== '' && type !== 'object')
    errors.push(invalid(at('type'), type, 'must be object at the root'))
  if (level === 'root' || isEmbedded) {
    for (const key of ['kind', 'apiVersion']) {
      const property = own(properties, key)
      if (property && property.type !== 'string')
        errors.push(invalid(child(atKey(at('properties'), key), 'type'), property.type ?? '', 'must be string'))
    }
    const metadata = own(properties, 'metadata')
    if (metadata && metadata.type !== 'object')
      errors.push(invalid(child(atKey(at('properties'), 'metadata'), 'type'), metadata.type ?? '', 'must be object'))
  }
  if (isEmbedded && !isOpen && Object.keys(properties).length === 0) {
    const detail =
      'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields'
    errors.push(required(at('properties'), detail))
  }
  return errors
}

function metadataErrors(metadata: Schema, path: string): readonly FieldError[] {
  const { type: _, default: _default, properties = {}, ...rest } = metadata
  const isPlain =
    Object.keys(rest).length === 0 && Object.keys(properties).every((key) => /^(name|generateName)$/.test(key))
  if (isPlain) return []
  const detail = 'must not specify anything other than name and generateName, but metadata is implicitly specified'
  return [forbidden(path, detail)]
}

function valueErrors(schema: Schema, path: string): readonly FieldError[] {
  const { anyOf = [], allOf = [], oneOf = [], not, pattern } = schema
  const isUnion = isSame(anyOf, intOrString)
  return [
    ...(isUnion ? [] : anyOf.flatMap((each, index) => nestedErrors(each, atIndex(child(path, 'anyOf'), index)))),
    ...allOf.flatMap((each, index) => {
      const skip = index === 0 && isSame(each.anyOf, intOrString)
      return nestedErrors(skip ? { ...each, anyOf: [] } : each, atIndex(child(path, 'allOf'), index))
    }),
    ...oneOf.flatMap((each, index) => nestedErrors(each, atIndex(child(path, 'oneOf'), index))),
    ...(not ? nestedErrors(not, child(path, 'not')) : []),
    ...(pattern ? patternErrors(pattern, child(path, 'pattern')) : []),
  ]
}

function patternErrors(pattern: string, path: string): readonly FieldError[] {
  try {
    compileRegexp(pattern)
    return []
  } catch (error) {
    if (!(error instanceof RegexpError)) throw error
    return [invalid(path, pattern, `must be a valid regular expression, but isn't: ${error.message}`)]
  }
}

const nestedRules: readonly (readonly [key: keyof Schema, text: string])[] = [
  ['type', 'must be empty to be structural'],
  ['additionalProperties', 'must be undefined to be structural'],
  ['default', 'must be undefined to be structural'],
  ['title', 'must be empty to be structural'],
  ['description', 'must be empty to be structural'],
  ['nullable', 'must be false to be structural'],
  ['x-kubernetes-preserve-unknown-fields', 'must be false to be structural'],
  ['x-kubernetes-embedded-resource', 'must be false to be structural'],
  ['x-kubernetes-int-or-string', 'must be false to be structural'],
  ['x-kubernetes-list-map-keys', 'must be empty to be structural'],
  ['x-kubernetes-list-type', 'must be undefined to be structural'],
  ['x-kubernetes-map-type', 'must be undefined to be structural'],
  ['x-kubernetes-validations', 'must be empty to be structural'],
]

/** Within anyOf, allOf, oneOf and not a schema may only restrict values. */
function nestedErrors(schema: Schema, path: string): readonly FieldError[] {
  const { items, properties = {} } = schema
  return [
    ...valueErrors(schema, path),
    ...(items ? nestedErrors(items, child(path, 'items')) : []),
    ...Object.entries(properties).flatMap(([key, each]) => nestedErrors(each, atKey(child(path, 'properties'), key))),
    ...nestedRules.flatMap(([key, text]) => {
      const value = schema[key]
      const isSet =
        value !== undefined && value !== '' && value !== false && !(Array.isArray(value) && value.length === 0)
      return isSet ? [forbidden(child(path, key), text)] : []
    }),
    ...(own(properties, 'metadata')
      ? [forbidden(atKey(child(path, 'properties'), 'metadata'), 'must not be specified in a nested context')]
      : []),
  ]
}

/** What is named within the root's anyOf, allOf, oneOf and not has to be there outside too; further down it is not asked. */
const completenessErrors = (schema: Schema, path: string): readonly FieldError[] => {
  const { anyOf = [], allOf = [], oneOf = [], not } = schema
  return missingErrors(schema, { anyOf, allOf, oneOf, ...(not && { not }) }, path, path)
}

function missingErrors(schema: Schema, nested: Schema, path: string, nestedPath: string): readonly FieldError[] {
  const { items, properties = {}, anyOf = [], allOf = [], oneOf = [], not } = nested
  const inner = { anyOf, allOf, oneOf }
  const errors: FieldError[] = Object.entries(inner).flatMap(([key, list]) =>
    list.flatMap((each, index) => missingErrors(schema, each, path, atIndex(child(nestedPath, key), index))),
  )
  if (not) errors.push(...missingErrors(schema, not, path, child(nestedPath, 'not')))
  for (const [key, each] of Object.entries(properties)) {
    const at = atKey(child(nestedPath, 'properties'), key)
    const property = own(schema.properties, key)
    const outer = atKey(child(path, 'properties'), key)
    if (property) errors.push(...missingErrors(property, each, outer, at))
    else errors.push(required(outer, `because it is defined in ${at}`))
  }
  if (items) {
    const at = child(nestedPath, 'items')
    if (schema.items) errors.push(...missingErrors(schema.items, items, child(path, 'items'), at))
    else errors.push(required(child(path, 'items'), `because it is defined in ${at}`))
  }
  return errors
}
