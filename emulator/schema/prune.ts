import { isRecord, own } from './field-error.ts'
import { gone, withFields, withItems } from './rebuild.ts'
import { additionalOf, asResource, hasAdditional, type Schema } from './structural.ts'

const metaFields: readonly string[] = ['apiVersion', 'kind', 'metadata']

/** Without the fields that the schema does not know; `apiVersion`, `kind` and `metadata` of a resource stay. Pure. */
export function prune<T>(schema: Schema, object: T): T {
  return pruned(object, asResource(schema), { path: [], unknown: [] }) as T
}

/** The paths of the fields that `prune` would drop, sorted, as `fieldValidation=Strict` and `Warn` name them. Pure. */
export function unknownFields(schema: Schema, object: unknown): readonly string[] {
  const unknown: string[] = []
  pruned(object, asResource(schema), { path: [], unknown })
  return unknown.sort()
}

/** The value of a default, which is no resource unless its schema says so. Pure. */
export function pruneValue(schema: Schema, value: unknown): unknown {
  return pruned(value, schema, { path: [], unknown: [] })
}

/** Where we are, and what was found that is not known. */
type Place = { readonly path: (string | number)[]; readonly unknown: string[] }

function below(value: unknown, schema: Schema | undefined, key: string | number, place: Place): unknown {
  if (typeof value !== 'object' || value === null) return value
  place.path.push(key)
  const made = pruned(value, schema, place)
  place.path.pop()
  return made
}

function note({ path, unknown }: Place, key: string): void {
  const steps = [...path, key].map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`))
  unknown.push(steps.join('').replace(/^\./, ''))
}

function pruned(value: unknown, schema: Schema | undefined, place: Place): unknown {
  if (schema?.['x-kubernetes-preserve-unknown-fields']) return preserved(value, schema, place)
  if (Array.isArray(value)) return withItems(value, (item, index) => below(item, schema?.items, index, place))
  if (!isRecord(value)) return value
  return withFields(value, (each, key) => {
    if (schema?.['x-kubernetes-embedded-resource'] && metaFields.includes(key)) return each
    const property = own(schema?.properties, key)
    if (property) return below(each, property, key, place)
    if (schema && hasAdditional(schema)) return below(each, additionalOf(schema), key, place)
    if (schema === undefined || !metaFields.includes(key) || place.path.length > 0) note(place, key)
    return gone
  })
}

function preserved(value: unknown, schema: Schema, place: Place): unknown {
  if (Array.isArray(value)) {
    const { items } = schema
    return items ? withItems(value, (item, index) => preservedBelow(item, items, index, place)) : value
  }
  if (!isRecord(value)) return value
  return withFields(value, (each, key) => {
    if (schema['x-kubernetes-embedded-resource'] && metaFields.includes(key)) return each
    const property = own(schema.properties, key)
    if (property) return below(each, property, key, place)
    return hasAdditional(schema) ? below(each, additionalOf(schema), key, place) : each
  })
}

function preservedBelow(value: unknown, schema: Schema, index: number, place: Place): unknown {
  place.path.push(index)
  const made = preserved(value, schema, place)
  place.path.pop()
  return made
}
