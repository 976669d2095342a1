import { typeErrors } from './check-type.ts'
import { compareObjects } from './compare.ts'
import { difference, has, union } from './field-set.ts'
import { fieldsOf } from './fields-of.ts'
import type { Path } from './path-element.ts'
import { isObject } from './shapes.ts'
import type { JsonObject, TypeInfo } from './types.ts'

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration'
const MAX_ANNOTATION_BYTES = 256 * 1024

function lastApplied(object: JsonObject | undefined): string | undefined {
  const { metadata } = object ?? {}
  const annotations = isObject(metadata) ? metadata['annotations'] : undefined
  const value = isObject(annotations) ? annotations[LAST_APPLIED] : undefined
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** kubectl may take over what it set by a client-side apply, as long as nobody has changed it since. Pure. */
export function isAllowedByLastApplied(type: TypeInfo, live: JsonObject | undefined, path: Path): boolean {
  const object = parsed(lastApplied(live))
  if (!object || object['apiVersion'] !== type.apiVersion || typeErrors(type.root, object).length > 0) return false
  const { added, modified, removed } = compareObjects(type.root, object, live)
  return has(difference(fieldsOf(type.root, object), union(added, union(modified, removed))), path)
}

function parsed(text: string | undefined): JsonObject | undefined {
  if (text === undefined) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined // an annotation that is no JSON allows nothing
  }
}

/** kubectl's applies keep the annotation of its client-side applies up to date where there is one. Pure. */
export function withLastApplied(object: JsonObject, applied: JsonObject, manager: string): JsonObject {
  if (manager !== 'kubectl' || lastApplied(object) === undefined) return object
  const { metadata } = object
  if (!isObject(metadata) || !isObject(metadata['annotations'])) return object
  const { [LAST_APPLIED]: _, ...others } = metadata['annotations']
  const value = `${goJson(withoutAnnotation(applied))}\n`
  const annotations = { ...others, [LAST_APPLIED]: value }
  const bytes = Object.entries(annotations).reduce(
    (sum, entry) => sum + Buffer.byteLength(entry.map(String).join('')),
    0,
  )
  return { ...object, metadata: { ...metadata, annotations: bytes > MAX_ANNOTATION_BYTES ? others : annotations } }
}

function withoutAnnotation(applied: JsonObject): JsonObject {
  const { metadata } = applied
  if (!isObject(metadata) || !isObject(metadata['annotations'])) return applied
  const { [LAST_APPLIED]: _, ...annotations } = metadata['annotations']
  return { ...applied, metadata: { ...metadata, annotations } }
}

/** As Go marshals a map: keys in order. */
function goJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(goJson).join(',')}]`
  if (!isObject(value)) return JSON.stringify(value)
  const names = Object.keys(value).toSorted()
  return `{${names.map((name) => `${JSON.stringify(name)}:${goJson(value[name])}`).join(',')}}`
}
