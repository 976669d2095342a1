import { atIndex, atKey, child, duplicate, type FieldError, goJson, invalid, isRecord, own } from './field-error.ts'
import { additionalOf, anywhere, type Schema } from './structural.ts'

/** What lists of type `set` and `map` hold twice. Pure. */
export function validateListTypes(schema: Schema, value: unknown, path: string): readonly FieldError[] {
  if (!hasListTypes(schema)) return []
  if (Array.isArray(value)) {
    const items = schema.items
    const inner = items ? value.flatMap((item, index) => validateListTypes(items, item, atIndex(path, index))) : []
    return [...duplicatesIn(schema, value, path), ...inner]
  }
  if (!isRecord(value)) return []
  const additional = additionalOf(schema)
  return Object.entries(value).flatMap(([key, each]) => [
    ...(additional ? validateListTypes(additional, each, atKey(path, key)) : []),
    ...below(own(schema.properties, key), each, child(path, key)),
  ])
}

const hasListTypes = anywhere(({ 'x-kubernetes-list-type': type }) => type === 'set' || type === 'map')

const below = (schema: Schema | undefined, value: unknown, path: string): readonly FieldError[] =>
  schema ? validateListTypes(schema, value, path) : []

function duplicatesIn(schema: Schema, list: readonly unknown[], path: string): readonly FieldError[] {
  const type = schema['x-kubernetes-list-type']
  if (type === 'set') return secondOf(list).map((index) => duplicate(atIndex(path, index), list[index]))
  if (type !== 'map') return []
  const strange = list.findIndex((item) => item !== null && !isRecord(item))
  if (strange >= 0)
    return [invalid(atIndex(path, strange), list[strange], 'must be an object for an array of list-type map')]
  const names = schema['x-kubernetes-list-map-keys'] ?? []
  const keys = list.map((item) =>
    Object.fromEntries(
      names.flatMap((name) => (isRecord(item) && Object.hasOwn(item, name) ? [[name, item[name]]] : [])),
    ),
  )
  return secondOf(keys).map((index) => duplicate(atIndex(path, index), keys[index]))
}

/** Where a value comes for the second time; further times are not told. */
function secondOf(values: readonly unknown[]): readonly number[] {
  const times = new Map<string, number>()
  return values.flatMap((value, index) => {
    const text = goJson(value)
    const time = (times.get(text) ?? 0) + 1
    times.set(text, time)
    return time === 2 ? [index] : []
  })
}
