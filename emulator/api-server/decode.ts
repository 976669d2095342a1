import { named } from '../patch/built-in-types.ts'
import type { FieldType } from '../patch/types.ts'
import { unknownFields } from '../schema/prune.ts'
import { gone, withFields, withItems } from '../schema/rebuild.ts'
import { apiVersionOf, type Call, typeInfoOf } from './context.ts'
import { conversionFault, converted, jsonFault, type Literals } from './decode-faults.ts'
import { canonical } from './defaults/canonical.ts'
import { type Findings, findingsOf, plain, unusual } from './findings.ts'
import { at, goShape, isObject, without } from './json.ts'
import { badRequest, cannotHandle, invalid, StatusError } from './status.ts'
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

/** What Go reads a body with: its JSON decoder, or the conversion that strategic merge patches and applied objects go through. */
type Way = 'json' | 'conversion'

/**
 * A request's body as an object of the resource's kind, with its metadata decoded. Throws 400 and 415. What of it is the very same value
 * as in `before`, which was decoded once, is not looked at again.
 */
export function decodeBody(call: Call, before?: KubeObject, way: Way = 'json'): KubeObject {
  const { request, type } = call
  checkMediaType(request)
  const { body, malformed } = request
  if (malformed)
    throw unrecognized(
      type,
      `couldn't get version/kind; json parse error: ${malformed.fault} (${excerpt(malformed.text)})`,
    )
  if (body === null) return asObject(call, {}, before, way)
  if (!isObject(body)) throw unrecognized(type, bodyObjection(body))
  return asObject(call, body, before, way)
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

function asObject(call: Call, body: Json, before: KubeObject | undefined, way: Way): KubeObject {
  const { type, warnings, request } = call
  checkKind(type, body)
  const root = type.isCustom ? undefined : typeInfoOf(type)?.root
  const { metadata: given } = body
  const found = root ? findingsOf(root, body, before) : unusual
  const foundInMeta = root ? found : findingsOf(objectMeta, given ?? {}, before?.metadata)
  const refuse = (why: string): never => {
    throw cannotHandle(type.kind, type.version, why)
  }
  const { literals = new Map() } = request
  if (foundInMeta === unusual || literals.size > 0) {
    const fault = typeFault(type, root, body, { way, literals })
    if (fault !== undefined) refuse(fault)
  }
  const odd = oddFields(call, () => (found === unusual ? unknownIn(type, root, body, before, foundInMeta) : []))
  if (odd.length > 0 && call.info.query.get('fieldValidation') === 'Strict')
    refuse(`strict decoding error: ${odd.join(', ')}`)
  warnings.push(...odd)
  const isAsBefore = before !== undefined && given === before.metadata
  const known = foundInMeta === plain ? given : keepKnown(objectMeta, given, before?.metadata)
  const metadata = isAsBefore ? before.metadata : metaOf(known)
  const object = { ...body, apiVersion: apiVersionOf(type), kind: type.kind, metadata }
  if (!root) return { ...object, metadata: canonical(objectMeta, metadata, before?.metadata, refuse) as Meta }
  const kept = found === plain ? object : keepKnown(root, object, before)
  const whole = way === 'conversion' && found === unusual ? converted(root, kept) : kept
  return canonical(root, whole, before, refuse) as KubeObject // an object stays one
}

/** 400 for a body of another kind or version, 422 for one of a custom kind's version. */
function checkKind(type: ResourceType, body: Json): void {
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
    const version = String(apiVersion || type.version)
    const cannot = (why: string): StatusError =>
      cannotHandle(type.kind, version.split('/').at(-1) ?? '', why, String(kind || type.kind))
    if (apiVersion !== '' && apiVersion !== apiVersionOf(type))
      throw cannot(
        `no kind "${String(kind || type.kind)}" is registered for version "${String(apiVersion)}" in scheme "pkg/runtime/scheme.go:111"`,
      )
    if (kind !== '' && kind !== type.kind)
      throw cannot(
        `converting (${type.version}.${String(kind)}) to (${type.group === '' ? 'core' : type.group}.${type.kind}): unknown conversion`,
      )
  }
}

type Decoded = { readonly way: Way; readonly literals: Literals }

function typeFault(type: ResourceType, root: FieldType | undefined, body: Json, { way, literals }: Decoded) {
  if (!root) return jsonFault(objectMeta, body['metadata'], 'ObjectMeta', literals, 'metadata')
  return way === 'json' ? jsonFault(root, body, type.kind, literals) : conversionFault(root, body)
}

/** What is said of fields that come twice, and of unknown ones, unless nobody wants to know. */
function oddFields({ info, request }: Call, unknown: () => readonly string[]): readonly string[] {
  if (info.query.get('fieldValidation') === 'Ignore') return []
  return [
    ...(request.duplicates ?? []).map((path) => `duplicate field "${path}"`),
    ...unknown().map((path) => `unknown field "${path}"`),
  ]
}

const objectMeta = named('ObjectMeta')

/** Built-in kinds lose what they do not know as they are decoded; custom ones when they are pruned. */
const keepKnown = (type: FieldType | undefined, value: unknown, before: unknown): unknown => {
  if (value === before) return value
  if (Array.isArray(value)) {
    const { list } = type ?? {}
    const old: readonly unknown[] = Array.isArray(before) ? before : []
    if (!list) return value
    return withItems(value, (item, index) => keepKnown(list.element, item ?? zeroOf(list.element), old[index]))
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

/** What null is in a list. */
const zeroOf = ({ scalar, list, map }: FieldType): unknown => {
  if (scalar && (list || map)) return null
  if (scalar === 'string') return ''
  if (scalar === 'numeric') return 0
  if (scalar === 'boolean') return false
  return map?.name === undefined ? null : {}
}

function unknownIn(
  type: ResourceType,
  root: FieldType | undefined,
  body: Json,
  before: KubeObject | undefined,
  foundInMeta: Findings,
): readonly string[] {
  const isAsBefore = before !== undefined && body['metadata'] === before.metadata
  const inMeta = isAsBefore || foundInMeta !== unusual ? [] : fieldsOutside(objectMeta, body['metadata'], 'metadata')
  if (!root) return type.schema ? [...inMeta, ...unknownFields(type.schema, body)].sort() : inMeta
  return [...inMeta, ...fieldsOutside(root, without(body, 'metadata'), '')]
}

/** The paths of fields that the type does not have. */
function fieldsOutside(type: FieldType, value: unknown, path: string): readonly string[] {
  const { list, map } = type
  if (Array.isArray(value))
    return list ? value.flatMap((item, index) => fieldsOutside(list.element, item, `${path}[${index}]`)) : []
  if (!isObject(value) || !map) return []
  return Object.entries(value).flatMap(([key, item]) => {
    const next = path === '' ? key : `${path}.${key}`
    const field = map.fields.get(key)?.type ?? map.element
    return field ? fieldsOutside(field, item, next) : [next]
  })
}

/** Metadata of known fields and right types without empty ones, as Go's ObjectMeta keeps it. */
const metaOf = (value: unknown): Meta =>
  withFields(isObject(value) ? value : {}, (item, key) => (isEmpty(key, item) ? gone : item)) as Meta // as it was decoded

/** managedFields are left, since an empty list says something; times are refused when they are empty. */
function isEmpty(key: string, value: unknown): boolean {
  if (key === 'selfLink') return true // which is never stored
  if (key === 'managedFields') return value === null
  if (Array.isArray(value)) return value.length === 0
  if (value === '') return !key.endsWith('Timestamp')
  return value === null || value === 0 || (isObject(value) && Object.keys(value).length === 0)
}

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
