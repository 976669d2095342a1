import {
  atIndex,
  atKey,
  child,
  type FieldError,
  invalid,
  isRecord,
  NotImplementedError,
  own,
  required,
} from './field-error.ts'
import { dns1035Faults } from './names.ts'
import { validateMeta } from './object-meta.ts'
import { additionalOf, anywhere, type Schema } from './structural.ts'

/** What is wrong with `apiVersion`, `kind` and `metadata` of the resources within an object. Pure. */
export function validateEmbedded(schema: Schema | undefined, value: unknown, path: string): readonly FieldError[] {
  if (!schema || !hasEmbedded(schema)) return []
  if (Array.isArray(value))
    return value.flatMap((item, index) => validateEmbedded(schema.items, item, atIndex(path, index)))
  if (!isRecord(value)) return []
  const inner = Object.entries(value).flatMap(([key, each]) => {
    const property = own(schema.properties, key)
    return property
      ? validateEmbedded(property, each, child(path, key))
      : validateEmbedded(additionalOf(schema), each, atKey(path, key))
  })
  return [...(schema['x-kubernetes-embedded-resource'] ? resourceErrors(value, path) : []), ...inner]
}

const hasEmbedded = anywhere((schema) => schema['x-kubernetes-embedded-resource'] === true)

function resourceErrors(resource: Readonly<Record<string, unknown>>, path: string): readonly FieldError[] {
  const errors: FieldError[] = []
  const { apiVersion, kind, metadata } = resource
  const at = (key: string): string => child(path, key)
  if (apiVersion === undefined) errors.push(required(at('apiVersion'), ''))
  else if (typeof apiVersion !== 'string') errors.push(invalid(at('apiVersion'), apiVersion, 'must be a string'))
  else if (apiVersion === '') errors.push(invalid(at('apiVersion'), apiVersion, 'must not be empty'))
  else if (apiVersion.split('/').length > 2)
    errors.push(invalid(at('apiVersion'), apiVersion, `unexpected GroupVersion string: ${apiVersion}`))
  if (kind === undefined) errors.push(required(at('kind'), ''))
  else if (typeof kind !== 'string') errors.push(invalid(at('kind'), kind, 'must be a string'))
  else if (kind === '') errors.push(invalid(at('kind'), kind, 'must not be empty'))
  else {
    const faults = dns1035Faults(kind.toLowerCase())
    if (faults.length > 0)
      errors.push(invalid(at('kind'), kind, `may have mixed case, but should otherwise match: ${faults.join(',')}`))
  }
  if (metadata === undefined) return errors
  if (!isRecord(metadata)) throw new NotImplementedError(`metadata of ${path || 'the object'} that is no object`)
  const scope = typeof metadata['namespace'] === 'string' && metadata['namespace'] !== '' ? 'Namespaced' : 'Cluster'
  const named = { ...metadata, name: metadata['name'] || 'fakename' }
  const metaErrors = validateMeta(named, scope, pathSegmentFaults)
  return [...errors, ...metaErrors.map((error) => ({ ...error, field: child(path, error.field) }))]
}

function pathSegmentFaults(name: string): readonly string[] {
  if (name === '.' || name === '..') return [`may not be '${name}'`]
  return ['/', '%'].filter((each) => name.includes(each)).map((each) => `may not contain '${each}'`)
}
