import { apply } from '../patch/apply.ts'
import { jsonPatch } from '../patch/json-patch.ts'
import { mergePatch } from '../patch/merge-patch.ts'
import { strategicMergePatch } from '../patch/strategic-merge-patch.ts'
import { apiVersionOf, type Call, inVersion, keyFor, tableOf, typeInfoOf } from './context.ts'
import { createObject, inNamespace } from './create.ts'
import { checkWriteOptions, decodeBody } from './decode.ts'
import { isObject } from './json.ts'
import { badRequest, notFound, notImplemented, StatusError } from './status.ts'
import type { Json, KubeObject } from './types.ts'
import { checkName, replace } from './update.ts'

/** PATCH by its content type. `created` where an apply made the object. */
export function patch(call: Call): { readonly object: KubeObject; readonly created: boolean } {
  checkWriteOptions(call, 'patch')
  const { core, info, type, request } = call
  const media = (request.headers['content-type'] ?? '').split(';')[0]?.trim() ?? ''
  const change = changeOf(call, media)
  const stored = core.store.get(tableOf(type), keyFor(call))
  if (media === 'application/apply-patch+yaml') return applied(call, stored)
  if (!stored) throw notFound(type, info.name)
  const before = inVersion(stored, type)
  const after = change(before)
  if (!isObject(after)) throw badRequest('a patch may not turn an object into something else')
  const { resourceVersion } = before.metadata
  const decoded = decodeBody({ ...call, request: { ...request, headers: {}, body: after } }, before)
  checkName(call, decoded)
  const wanted = inNamespace(call, decoded)
  const isStale = wanted.metadata.resourceVersion === undefined
  const current = isStale
    ? { ...wanted, metadata: { ...wanted.metadata, resourceVersion: resourceVersion ?? '' } }
    : wanted
  return { object: replace(call, stored, current, 'patch'), created: false }
}

type Change = (object: KubeObject) => unknown

function changeOf({ type, request }: Call, media: string): Change {
  const { body } = request
  switch (media) {
    case 'application/json-patch+json':
      return (object) => jsonPatch(object, body)
    case 'application/merge-patch+json':
      return (object) => mergePatch(object, body)
    case 'application/apply-patch+yaml':
      return (object) => object
    case 'application/strategic-merge-patch+json': {
      if (type.isCustom) throw unknownFormat()
      const info = typeInfoOf(type)
      if (!info) throw notImplemented(`strategic merge patch of ${type.plural}`)
      return (object) => strategicMergePatch(object, body, info)
    }
    default:
      throw new StatusError(415, 'UnsupportedMediaType', '415: Unsupported Media Type', {})
  }
}

const unknownFormat = (): StatusError =>
  new StatusError(
    415,
    'UnsupportedMediaType',
    'the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml',
  )

function applied(call: Call, stored: KubeObject | undefined): { object: KubeObject; created: boolean } {
  const { core, info, type, request } = call
  const known = typeInfoOf(type)
  if (!known) throw notImplemented(`server-side apply of ${type.plural}`)
  const manager = info.query.get('fieldManager') ?? ''
  if (!isObject(request.body)) throw badRequest('error decoding YAML: the body is no object')
  if (!stored && info.subresource !== '') throw notFound(type, info.name)
  const live = stored && inVersion(stored, type)
  const result = apply({
    type: known,
    live,
    applied: request.body,
    manager,
    force: info.query.get('force') === 'true' || info.query.get('force') === '1',
    now: core.world.now(),
    ...(info.subresource !== '' && { subresource: info.subresource }),
  }) as Json
  const decoded = decodeBody({
    ...call,
    request: { ...request, headers: {}, body: { ...result, apiVersion: apiVersionOf(type), kind: type.kind } },
  })
  const given =
    decoded.metadata.name === undefined ? { ...decoded, metadata: { ...decoded.metadata, name: info.name } } : decoded
  checkName(call, given)
  const wanted = inNamespace(call, given)
  if (!stored || !live) return { object: createObject(call, wanted, true), created: true }
  const { resourceVersion = '' } = live.metadata
  const current = {
    ...wanted,
    metadata: { ...wanted.metadata, resourceVersion: wanted.metadata.resourceVersion ?? resourceVersion },
  }
  return { object: replace(call, stored, current, 'apply'), created: false }
}
