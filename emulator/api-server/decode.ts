import { typeErrors } from '../patch/check-type.ts'
import type { FieldType } from '../patch/types.ts'
import { unknownFields } from '../schema/prune.ts'
import { gone, withFields, withItems } from '../schema/rebuild.ts'
import { apiVersionOf, type Call, typeInfoOf } from './context.ts'
import { canonical } from './defaults/canonical.ts'
import { findingsOf, plain, unusual, withNulls } from './findings.ts'
import { at, goShape, isObject } from './json.ts'
import { badRequest, invalid, StatusError } from './status.ts'
import type { FieldError, Json, KubeObject, Meta, Request, ResourceType } from './types.ts'

const mediaTypes = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf']

/** 415 for a body that nobody reads. */
export function checkMediaType({ headers }: Request): void {
  const media = (headers['content-type'] ?? 'application/json').split(';')[0]?.trim() ?? ''
  if (!mediaTypes.includes(media))
    throw new StatusError(
      415,
      'UnsupportedMediaType',
      `the body of the request was in an unknown format - accepted media types include: ${mediaTypes.join(', ')}`,
    )
}

/**
 * A request's body as an object of the resource's kind, with its metadata decoded. Throws 400 and 415. What of it is the very same value
 * as in `before`, which was decoded once, is not looked at again.
 */
export function decodeBody(call: Call, before?: KubeObject): KubeObject {
  const { request, type } = call
  checkMediaType(request)
  const { body, malformed } = request
  if (malformed)
    throw unrecognized(
      type,
      `couldn't get version/kind; json parse error: ${malformed.fault} (${excerpt(malformed.text)})`,
    )
  if (body === null) return asObject(call, {}, before)
  if (!isObject(body)) throw unrecognized(type, bodyObjection(body))
  return asObject(call, body, before)
}

/** The text as it is when it looks like an object, else in hex. */
const excerpt = (text: string): string => {
  const shown = text.trimStart().startsWith('{') ? text : Buffer.from(text).toString('hex')
  return shown.length > 30 ? `${shown.slice(0, 30)} ...` : shown
}

const unrecognized = (type: ResourceType, why: string): StatusError =>
  badRequest(`the object provided is unrecognized (must be of type ${type.kind}): ${why}`)

const bodyObjection = (body: unknown): string => {
  if (body === undefined || body === '')
    return "couldn't get version/kind; json parse error: unexpected end of JSON input (<empty>)"
  return `${noObject(body)} (${Buffer.from(JSON.stringify(body)).toString('hex')})`
}

/** Of JSON that is no object. */
export const noObject = (body: unknown): string =>
  `couldn't get version/kind; json parse error: json: cannot unmarshal ${goShape(body)} into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`

/** An apiVersion or kind that is no text; `undefined` if both are, or are not there. */
export const kindObjection = (body: Json): string | undefined => {
  const wrong = Object.keys(body).find(
    (key) => (key === 'apiVersion' || key === 'kind') && body[key] !== null && typeof body[key] !== 'string',
  )
  return wrong === undefined
    ? undefined
    : `couldn't get version/kind; json parse error: json: cannot unmarshal ${goShape(body[wrong])} into Go struct field .${wrong} of type string`
}

function asObject({ type, info, warnings, request }: Call, body: Json, before: KubeObject | undefined): KubeObject {
  const objection = kindObjection(body)
  if (objection !== undefined) throw unrecognized(type, `${objection} (${excerpt(JSON.stringify(body))})`)
  const apiVersion = body['apiVersion'] ?? ''
  const kind = body['kind'] ?? ''
  if (type.isCustom) {
    if (kind === '') {
      const text = JSON.stringify(body)
      const shown = text.length > 36 ? `${text.slice(0, 30)} ...` : text
      throw unrecognized(type, `Object 'Kind' is missing in '${text}' (${shown})`)
    }
    if (apiVersion !== apiVersionOf(type))
      throw badRequest(
        `the API version in the data (${String(apiVersion)}) does not match the expected API version (${apiVersionOf(type)})`,
      )
    if (kind !== type.kind)
      throw invalid({ group: type.group, kind: String(kind) }, String(at(body, 'metadata', 'name') ?? ''), [
        { type: 'FieldValueInvalid', field: 'kind', badValue: kind, detail: `must be ${type.kind}` },
      ])
  } else {
    const cannot = (why: string): StatusError =>
      badRequest(
        `${String(kind || type.kind)} in version "${String(apiVersion || type.version)
          .split('/')
          .at(-1)}" cannot be handled as a ${type.kind}: ${why}`,
      )
    if (apiVersion !== '' && apiVersion !== apiVersionOf(type))
      throw cannot(
        `no kind "${String(kind || type.kind)}" is registered for version "${String(apiVersion)}" in scheme "pkg/runtime/scheme.go:111"`,
      )
    if (kind !== '' && kind !== type.kind)
      throw cannot(
        `converting (${type.version}.${String(kind)}) to (${type.group === '' ? 'core' : type.group}.${type.kind}): unknown conversion`,
      )
  }
  const metadata = before && body['metadata'] === before.metadata ? before.metadata : metaOf(type, body['metadata'])
  const object = { ...body, apiVersion: apiVersionOf(type), kind: type.kind, metadata }
  const root = type.isCustom ? undefined : typeInfoOf(type)?.root
  const found = root ? findingsOf(root, body, before) : unusual
  const strict = info.query.get('fieldValidation') || 'Warn'
  const twice = strict === 'Ignore' ? [] : (request.duplicates ?? []).map((path) => `duplicate field "${path}"`)
  const unknown = (strict === 'Ignore' || found !== unusual ? [] : unknownIn(type, body, before)).map(
    (path) => `unknown field "${path}"`,
  )
  const odd = [...twice, ...unknown]
  if (odd.length > 0 && strict === 'Strict')
    throw badRequest(
      `${type.kind} in version "${type.version}" cannot be handled as a ${type.kind}: strict decoding error: ${odd.join(', ')}`,
    )
  warnings.push(...odd)
  if (!root) return object
  if (found === plain) return canonical(object, before)
  const known = keepKnown(root, object, before) as KubeObject
  return canonical(found === withNulls ? known : checkTypes(type, root, known), before)
}

/** Built-in kinds lose what they do not know as they are decoded; custom ones when they are pruned. */
const keepKnown = (type: FieldType | undefined, value: unknown, before: unknown): unknown => {
  if (value === before) return value
  if (Array.isArray(value)) {
    const { list } = type ?? {}
    const old: readonly unknown[] = Array.isArray(before) ? before : []
    return list ? withItems(value, (item, index) => keepKnown(list.element, item, old[index])) : value
  }
  if (!isObject(value) || !type?.map) return value
  const { fields, element } = type.map
  const old: Json = isObject(before) ? before : {}
  return withFields(value, (item, key) => {
    if (item === undefined || (item === null && !element)) return gone
    const field = fields.get(key)?.type ?? element
    if (item === null && element?.scalar === 'string') return ''
    return !field || isEmptyMap(field, item) ? gone : keepKnown(field, item, old[key])
  })
}

/** Go leaves out a map of texts without entries. */
const isEmptyMap = ({ map }: FieldType, value: unknown): boolean =>
  map?.element?.scalar === 'string' && map.fields.size === 0 && isObject(value) && Object.keys(value).length === 0

function checkTypes(type: ResourceType, root: FieldType, object: KubeObject): KubeObject {
  const [first] = typeErrors(root, object, true)
  if (first !== undefined)
    throw badRequest(`${type.kind} in version "${type.version}" cannot be handled as a ${type.kind}: json: ${first}`)
  return object
}

const unknownIn = (type: ResourceType, body: Json, before: KubeObject | undefined): readonly string[] => {
  const isAsBefore = before !== undefined && body['metadata'] === before.metadata
  const inMeta = Object.keys(!isAsBefore && isObject(body['metadata']) ? body['metadata'] : {})
    .filter((key) => !isMetaField.has(key))
    .map((key) => `metadata.${key}`)
  if (type.isCustom) return type.schema ? [...inMeta, ...unknownFields(type.schema, body)].sort() : inMeta
  const info = typeInfoOf(type)
  const found: string[] = []
  const visit = (known: FieldType | undefined, value: unknown, path: string): void => {
    if (Array.isArray(value))
      for (const [index, item] of value.entries()) visit(known?.list?.element, item, `${path}[${index}]`)
    if (!isObject(value) || !known?.map) return
    for (const [key, item] of Object.entries(value)) {
      const next = path === '' ? key : `${path}.${key}`
      const field = known.map.fields.get(key)?.type ?? known.map.element
      if (field) visit(field, item, next)
      else if (path !== 'metadata') found.push(next)
    }
  }
  visit(info?.root, body, '')
  return [...inMeta, ...found]
}

const metaFields = [
  ...['name', 'generateName', 'namespace', 'uid', 'resourceVersion', 'generation', 'creationTimestamp', 'labels'],
  ...[
    'deletionTimestamp',
    'deletionGracePeriodSeconds',
    'annotations',
    'finalizers',
    'ownerReferences',
    'managedFields',
  ],
  'selfLink',
]
const isMetaField: ReadonlySet<string> = new Set(metaFields)

/** Known fields only, without empty ones, as Go's ObjectMeta keeps them. */
function metaOf(type: ResourceType, value: unknown): Meta {
  const given = isObject(value) ? value : {}
  const refuse = (found: unknown, field: string, wanted: string): StatusError => {
    return badRequest(
      `${type.kind} in version "${type.version}" cannot be handled as a ${type.kind}: json: cannot unmarshal ${goShape(found)} into Go struct field ObjectMeta.${type.isCustom ? '' : 'metadata.'}${field} of type ${wanted}`,
    )
  }
  const isKept = (key: string, item: unknown): boolean => {
    if (!isMetaField.has(key) || key === 'selfLink' || item === null || item === '') return false
    if (key === 'labels' || key === 'annotations') {
      if (!isObject(item)) throw refuse(item, key, 'map[string]string')
      for (const text of Object.values(item))
        if (typeof text !== 'string' && text !== null) throw refuse(text, key, 'string')
      return Object.keys(item).length > 0
    }
    if (key === 'finalizers' || key === 'ownerReferences') {
      if (!Array.isArray(item)) throw refuse(item, key, key === 'finalizers' ? '[]string' : '[]v1.OwnerReference')
      return item.length > 0
    }
    if (key === 'generation' || key === 'deletionGracePeriodSeconds' || key === 'managedFields') return true
    if (typeof item !== 'string') throw refuse(item, key, 'string')
    return true
  }
  // each field was looked at
  return withFields(given, (item, key) => (isKept(key, item) ? withTexts(key, item) : gone)) as Meta
}

/** Go reads null as a map's empty text. */
const withTexts = (key: string, item: unknown): unknown =>
  (key === 'labels' || key === 'annotations') && isObject(item) ? withFields(item, (text) => text ?? '') : item

const optionKinds = { create: 'CreateOptions', update: 'UpdateOptions', patch: 'PatchOptions' } as const

/** 422 for options that the real server does not know. */
export function checkWriteOptions({ info, request }: Call, verb: keyof typeof optionKinds): void {
  const isApply = verb === 'patch' && /^application\/apply-patch/.test(request.headers['content-type'] ?? '')
  const errors: FieldError[] = []
  const dryRun = info.query.getAll('dryRun')
  const validation = info.query.get('fieldValidation') ?? ''
  const unsupported = (field: string, badValue: unknown, values: readonly string[]): FieldError => ({
    type: 'FieldValueNotSupported',
    field,
    badValue,
    detail: `supported values: ${values.map((each) => `"${each}"`).join(', ')}`,
  })
  if (dryRun.some((each) => each !== 'All')) errors.push(unsupported('dryRun', dryRun, ['All']))
  if (!['', 'Ignore', 'Strict', 'Warn'].includes(validation))
    errors.push(unsupported('fieldValidation', validation, ['', 'Ignore', 'Strict', 'Warn']))
  if (verb === 'patch') errors.push(...forceErrors(info.query, isApply))
  errors.push(...managerErrors(info.query.get('fieldManager') ?? '', isApply))
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind: optionKinds[verb] }, '', errors)
}

const forceErrors = (query: URLSearchParams, isApply: boolean): readonly FieldError[] =>
  query.has('force') && !isApply
    ? [{ type: 'FieldValueForbidden', field: 'force', detail: 'may not be specified for non-apply patch' }]
    : []

function managerErrors(manager: string, isNeeded: boolean): readonly FieldError[] {
  const field = 'fieldManager'
  if (manager === '' && isNeeded) return [{ type: 'FieldValueRequired', field, detail: 'is required for apply patch' }]
  if (Buffer.byteLength(manager) > 128)
    return [{ type: 'FieldValueTooLong', field, detail: 'may not be more than 128 bytes' }]
  const at = manager.search(/[^\P{C}\p{Cf}]/u)
  const code = manager.codePointAt(at) ?? 0
  const detail = `invalid character U+${code.toString(16).toUpperCase().padStart(4, '0')} (at position ${at})`
  return at < 0 ? [] : [{ type: 'FieldValueInvalid', field, badValue: manager, detail }]
}
