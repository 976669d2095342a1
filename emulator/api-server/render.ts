import { apiVersionOf, type Call } from './context.ts'
import { isObject, without } from './json.ts'
import type { List } from './list.ts'
import { rowConditions } from './pod-columns.ts'
import { badRequest, notImplemented, StatusError } from './status.ts'
import type { Json, KubeObject, Request } from './types.ts'

/** What the client accepts: objects as they are, rows of a Table, or their metadata alone. */
export type Shape = 'object' | 'table' | 'metadata'

const json = ['application/json', '*/*', '']

/** Throws 406 when nothing that the client accepts is there, 501 when it is but on the real server. */
export function shapeOf({ request, type }: Pick<Call, 'request' | 'type'>): Shape {
  const { accept = '' } = request.headers
  let isTransformed = type.isCustom
  for (const part of accept.split(',')) {
    const [media = '', ...rest] = part.split(';').map((each) => each.trim())
    if (!json.includes(media)) continue
    const as = rest.find((each) => each.startsWith('as='))?.slice(3)
    const isMeta = rest.includes('g=meta.k8s.io') && rest.includes('v=v1')
    if (as === undefined) return 'object'
    if (as === 'Table' && isMeta) return 'table'
    if ((as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList') && isMeta) return 'metadata'
    isTransformed = true
  }
  refuseOthers(accept)
  if (isTransformed)
    throw new StatusError(
      406,
      'NotAcceptable',
      'only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf',
    )
  throw new StatusError(
    406,
    'NotAcceptable',
    '406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, application/vnd.kubernetes.protobuf',
    {},
  )
}

/** 501 for who takes only what the real server can write, and this one cannot. */
function refuseOthers(accept: string): void {
  const other = /application\/(?:yaml|vnd\.kubernetes\.protobuf)/.exec(accept)?.[0]
  if (other) throw notImplemented(`answers as ${other}`)
}

const everything = 'application/json, application/yaml, application/vnd.kubernetes.protobuf'

/** 406 for who does not take JSON from /version, /api and below. */
export function checkAccepts({ headers: { accept = '' } }: Request, path: string): void {
  if (!/^\/(version|apis?)(\/|$)/.test(path)) return
  const media = accept.split(',').map((part) => part.split(';')[0]?.trim() ?? '')
  if (media.some((each) => json.includes(each) || each === 'application/*')) return
  if (!path.startsWith('/version')) refuseOthers(accept)
  const known = path.startsWith('/version') ? 'application/json' : everything
  throw new StatusError(406, 'NotAcceptable', `406: Not Acceptable\n\nAvailable representations: ${known}`, {})
}

/** 406 for a list that is asked for as one object. */
function checkList({ request, type }: Call): void {
  if (!/;\s*as=PartialObjectMetadata\s*(;|,|$)/.test(request.headers['accept'] ?? '')) return
  const goType = type.isCustom
    ? 'unstructured.UnstructuredList'
    : `${type.group.split('.')[0] || 'core'}.${type.listKind}`
  throw new StatusError(
    406,
    'NotAcceptable',
    `you requested PartialObjectMetadata, but the requested object is a list (*${goType})`,
  )
}

const partial = ({ metadata }: KubeObject): Json => ({
  kind: 'PartialObjectMetadata',
  apiVersion: 'meta.k8s.io/v1',
  metadata,
})

/** One object, in the shape that was asked for. */
export function rendered(call: Call, object: KubeObject, shape: Shape, columns = true): Json {
  if (shape === 'metadata') return partial(object)
  if (shape === 'table')
    return table(call, [object], { resourceVersion: object.metadata.resourceVersion ?? '' }, columns)
  return object
}

export function renderedList(call: Call, { objects, revision, continueAt, remaining }: List, shape: Shape): Json {
  if (shape === 'metadata') checkList(call)
  const { type } = call
  const page = {
    ...(continueAt !== undefined && { continue: continueAt }),
    ...(remaining !== undefined && { remainingItemCount: remaining }),
  }
  const metadata = { resourceVersion: String(revision), ...page }
  if (shape === 'table') return table(call, objects, metadata, true)
  if (shape === 'metadata')
    return { kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1', metadata, items: objects.map(partial) }
  if (type.isCustom)
    return {
      apiVersion: apiVersionOf(type),
      items: objects,
      kind: type.listKind,
      metadata: { continue: '', ...metadata },
    }
  return {
    kind: type.listKind,
    apiVersion: apiVersionOf(type),
    metadata,
    items: objects.map((each) => without(each, 'apiVersion', 'kind')),
  }
}

function table({ core, type, info }: Call, objects: readonly KubeObject[], metadata: Json, withColumns: boolean): Json {
  const now = core.world.now()
  const include = info.query.get('includeObject') || 'Metadata'
  if (!['Metadata', 'Object', 'None'].includes(include))
    throw badRequest(
      `Unable to convert to Table as requested: includeObject: Invalid value: ${JSON.stringify(include)}: must be 'Metadata', 'Object', 'None', or empty`,
    )
  const shown = (object: KubeObject): Json | undefined =>
    include === 'None' ? undefined : include === 'Object' ? object : partial(object)
  const rows = objects.map((object) => {
    const found = shown(object)
    const conditions = rowConditions(object)
    return {
      cells: type.columns.map((column) => column.cell(object, now)),
      ...(conditions.length > 0 && { conditions }),
      object: isObject(found) ? found : null,
    }
  })
  const columnDefinitions = type.columns.map(({ name, type: kind, format = '', description = '', priority = 0 }) => ({
    name,
    type: kind,
    format,
    description,
    priority,
  }))
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: withColumns ? columnDefinitions : null,
    rows,
  }
}
