import { builtInType } from '../patch/built-in-types.ts'
import type { FieldType, Field as PatchField } from '../patch/types.ts'
import { type Field, fieldsOf, messageOf } from '../protobuf/fields.ts'
import { apiVersionOf } from './context.ts'
import { at, isObject } from './json.ts'
import type { Json, ResourceType } from './types.ts'

/** The schemas of a document by their names. What a schema refers to is added as it is met. */
export type Schemas = Record<string, Json>

const homes: readonly (readonly [RegExp, string])[] = [
  [/^meta\./, 'io.k8s.apimachinery.pkg.apis.'],
  [/^runtime\./, 'io.k8s.apimachinery.pkg.'],
  [/^resource\./, 'io.k8s.apimachinery.pkg.api.'],
  [/^intstr\./, 'io.k8s.apimachinery.pkg.util.'],
  [/^apiextensions\./, 'io.k8s.apiextensions-apiserver.pkg.apis.'],
]

const fullName = (message: string): string =>
  `${homes.find(([pattern]) => pattern.test(message))?.[1] ?? 'io.k8s.api.'}${message}`

const scalars: Readonly<Record<string, Json>> = {
  string: { type: 'string' },
  bytes: { type: 'string', format: 'byte' },
  bool: { type: 'boolean' },
  int32: { type: 'integer', format: 'int32' },
  int64: { type: 'integer', format: 'int64' },
  double: { type: 'number', format: 'double' },
}
const texts: Json = { type: 'array', items: { type: 'string' } }
const special: Readonly<Record<string, Json>> = {
  'meta.v1.Time': { type: 'string', format: 'date-time' },
  'meta.v1.MicroTime': { type: 'string', format: 'date-time' },
  'meta.v1.FieldsV1': { type: 'object' },
  'resource.Quantity': { oneOf: [{ type: 'string' }, { type: 'number' }] },
  'intstr.IntOrString': { format: 'int-or-string', oneOf: [{ type: 'integer' }, { type: 'string' }] },
  'runtime.RawExtension': { type: 'object' },
  'authentication.v1.ExtraValue': texts,
  'authorization.v1.ExtraValue': texts,
  'apiextensions.v1.JSON': {},
  'apiextensions.v1.JSONSchemaPropsOrArray': {},
  'apiextensions.v1.JSONSchemaPropsOrBool': {},
  'apiextensions.v1.JSONSchemaPropsOrStringArray': {},
}

const byName: Json = {
  apiVersion: { type: 'string', description: 'The group and version that these fields are of.' },
  kind: { type: 'string', description: 'What kind of object this is. It never changes.' },
}
const aboutMeta = 'Name, labels, owners and what else every object has.'

/** Adds the schema of a served kind, and answers its name; `undefined` for a built-in kind that the tables have not. */
export function addKind(schemas: Schemas, type: ResourceType): string | undefined {
  const { group, version, kind, schema = {} } = type
  const marks = { 'x-kubernetes-group-version-kind': [{ group, kind, version }] }
  if (type.isCustom) {
    const name = `${group.split('.').reverse().join('.')}.${version}.${kind}`
    const properties = isObject(schema['properties']) ? schema['properties'] : {}
    const metadata = { description: aboutMeta, allOf: [referTo(schemas, 'meta.v1.ObjectMeta', undefined)] }
    schemas[name] = { ...schema, properties: { ...properties, ...byName, metadata }, ...marks }
    return name
  }
  const apiVersion = apiVersionOf(type)
  const message = messageOf(apiVersion, kind)
  if (message === undefined) return undefined
  addMessage(schemas, message, builtInType(apiVersion, kind)?.root)
  const name = fullName(message)
  const made = schemas[name]
  schemas[name] = { ...made, properties: { ...byName, ...(at(made, 'properties') as Json) }, ...marks }
  return name
}

/** `patch` is what is known of how lists are merged. */
function addMessage(schemas: Schemas, message: string, patch: FieldType | undefined): void {
  const name = fullName(message)
  if (schemas[name]) return
  schemas[name] = {} // it may refer to itself
  const properties: Record<string, Json> = {}
  const required: string[] = []
  const add = (fields: Iterable<Field>): void => {
    for (const field of fields) {
      if (field.isInline) add(fieldsOf(field.type)?.values() ?? [])
      else {
        const known = patch?.map?.fields.get(field.name)
        properties[field.name] = { ...property(schemas, field, known), ...marksOf(known) }
        if (field.isRequired) required.push(field.name)
      }
    }
  }
  add(fieldsOf(message)?.values() ?? [])
  schemas[name] = { type: 'object', properties, ...(required.length > 0 && { required }) }
}

function property(schemas: Schemas, { type, shape }: Field, known: PatchField | undefined): Json {
  const inner = (patch: FieldType | undefined): Json => scalars[type] ?? referTo(schemas, type, patch)
  if (shape === 'list') return { type: 'array', items: wrapped(inner(known?.type.list?.element)) }
  if (shape === 'map') return { type: 'object', additionalProperties: wrapped(inner(known?.type.map?.element)) }
  return wrapped(inner(known?.type))
}

/** A `$ref` takes no neighbours: OpenAPI 3.0. */
const wrapped = (schema: Json): Json => ('$ref' in schema ? { allOf: [schema] } : schema)

function referTo(schemas: Schemas, message: string, patch: FieldType | undefined): Json {
  const found = special[message]
  if (found) schemas[fullName(message)] = found
  else addMessage(schemas, message, patch)
  return { $ref: `#/components/schemas/${fullName(message)}` }
}

function marksOf(known: PatchField | undefined): Json {
  if (!known) return {}
  const { list, map } = known.type
  const listType = list?.keys ? 'map' : list?.relation === 'associative' ? 'set' : 'atomic'
  return {
    ...(known.mergeKey !== undefined && { 'x-kubernetes-patch-merge-key': known.mergeKey }),
    ...(known.strategy && { 'x-kubernetes-patch-strategy': known.strategy.join(',') }),
    ...(list && !known.type.scalar && { 'x-kubernetes-list-type': listType }),
    ...(list?.keys && { 'x-kubernetes-list-map-keys': list.keys }),
    ...(map?.relation === 'atomic' && !known.type.scalar && { 'x-kubernetes-map-type': 'atomic' }),
  }
}
