import { isRecord, own } from './field-error.ts'
import { additionalOf, asResource, hasAdditional, type Schema } from './structural.ts'

const metaFields: readonly string[] = ['apiVersion', 'kind', 'metadata']

/** Without the fields that the schema does not know; `apiVersion`, `kind` and `metadata` of a resource stay. Pure. */
export function prune<T>(schema: Schema, object: T): T {
  return pruned(object, asResource(schema), { path: '', unknown: [] }) as T
}

/** The paths of the fields that `prune` would drop, sorted, as `fieldValidation=Strict` and `Warn` name them. Pure. */
export function unknownFields(schema: Schema, object: unknown): readonly string[] {
  const unknown: string[] = []
  pruned(object, asResource(schema), { path: '', unknown })
  return unknown.sort()
}

/** The value of a default, which is no resource unless its schema says so. Pure. */
export function pruneValue(schema: Schema, value: unknown): unknown {
  return pruned(value, schema, { path: '', unknown: [] })
}

type Place = { readonly path: string; readonly unknown: string[] }
const below = ({ path, unknown }: Place, key: string): Place => ({
  path: path === '' ? key : `${path}.${key}`,
  unknown,
})
const at = ({ path, unknown }: Place, index: number): Place => ({ path: `${path}[${index}]`, unknown })

function pruned(value: unknown, schema: Schema | undefined, place: Place): unknown {
  if (schema?.['x-kubernetes-preserve-unknown-fields']) return preserved(value, schema, place)
  if (Array.isArray(value)) return value.map((item, index) => pruned(item, schema?.items, at(place, index)))
  if (!isRecord(value)) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, each]) => {
      if (schema?.['x-kubernetes-embedded-resource'] && metaFields.includes(key)) return [[key, each]]
      const property = own(schema?.properties, key)
      if (property) return [[key, pruned(each, property, below(place, key))]]
      if (schema && hasAdditional(schema)) return [[key, pruned(each, additionalOf(schema), below(place, key))]]
      if (schema === undefined || !metaFields.includes(key) || place.path !== '')
        place.unknown.push(below(place, key).path)
      return []
    }),
  )
}

function preserved(value: unknown, schema: Schema | undefined, place: Place): unknown {
  if (!schema) return value
  if (Array.isArray(value)) return value.map((item, index) => preserved(item, schema.items, at(place, index)))
  if (!isRecord(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => {
      if (schema['x-kubernetes-embedded-resource'] && metaFields.includes(key)) return [key, each]
      const property = own(schema.properties, key)
      if (property) return [key, pruned(each, property, below(place, key))]
      if (hasAdditional(schema)) return [key, pruned(each, additionalOf(schema), below(place, key))]
      return [key, each]
    }),
  )
}
