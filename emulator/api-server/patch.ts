import { apply } from '../patch/apply.ts'
import { goPlain } from '../patch/check-type.ts'
import { jsonPatch } from '../patch/json-patch.ts'
import { mergePatch } from '../patch/merge-patch.ts'
import { strategicMergePatch } from '../patch/strategic-merge-patch.ts'
import { apiVersionOf, type Call, inVersion, keyFor, tableOf, typeInfoOf } from './context.ts'
import { createObject, inNamespace, permitCreate } from './create.ts'
import { checkWriteOptions, decodeBody } from './decode.ts'
import type { Literals } from './decode-faults.ts'
import { at, isObject } from './json.ts'
import { isTrue } from './request-info.ts'
import { badRequest, conflict, invalid, notFound, notImplemented, StatusError } from './status.ts'
import type { Json, KubeObject, Request } from './types.ts'
import { checkName, replace } from './update.ts'

/** PATCH by its content type. `created` where an apply made the object. */
export function patch(call: Call): { readonly object: KubeObject; readonly created: boolean } {
  checkWriteOptions(call, 'patch')
  const { core, info, type, request } = call
  const media = (request.headers['content-type'] ?? '').split(';')[0]?.trim() ?? ''
  const change = changeOf(call, media)
  if (request.malformed || request.body === undefined) {
    const fault = request.malformed?.fault ?? 'unexpected end of JSON input'
    throw badRequest(media.startsWith('application/strategic') ? fault : `error decoding patch: ${fault}`)
  }
  const stored = core.store.get(tableOf(type), keyFor(call))
  if (media === 'application/apply-patch+yaml') return applied(call, stored)
  if (!stored) throw notFound(type, info.name)
  const before = inVersion(stored, type)
  const after = change(before)
  if (!isObject(after)) throw badRequest('a patch may not turn an object into something else')
  const duplicates = media === 'application/json-patch+json' ? [] : (request.duplicates ?? [])
  const literals = literalsOf(media, request)
  const decoded = decodedPatch(
    { ...call, request: { ...request, headers: {}, body: after, duplicates, ...(literals && { literals }) } },
    before,
    media.startsWith('application/strategic') ? request.body : undefined,
  )
  checkName(call, decoded)
  return { object: replace(call, stored, inNamespace(call, decoded), 'patch'), created: false }
}

/** Where the numbers of a patch are in the object. */
export function literalsOf(media: string, { body, literals }: Request): Literals | undefined {
  if (!literals || media === 'application/merge-patch+json') return literals
  if (media !== 'application/json-patch+json' || !Array.isArray(body)) return undefined
  return new Map(
    [...literals].flatMap(([path, text]) => {
      const [, index, rest = ''] = /^\[(\d+)\]\.value(.*)$/s.exec(path) ?? []
      const to = index === undefined ? undefined : at(body[Number(index)], 'path')
      return typeof to === 'string' ? [[pathOf(to) + rest, text]] : []
    }),
  )
}

/** `spec.ports[0]`, of `/spec/ports/0`. */
const pathOf = (pointer: string): string =>
  pointer
    .split('/')
    .slice(1)
    .map((token) => (/^\d+$/.test(token) ? `[${token}]` : `.${token.replaceAll('~1', '/').replaceAll('~0', '~')}`))
    .join('')
    .replace(/^\./, '')

/** What is no object of the kind after a patch is a fault of the patch: 422. `strategic` is the patch, where it is one. */
function decodedPatch(call: Call, before: KubeObject, strategic: unknown): KubeObject {
  try {
    return decodeBody(call, before, strategic === undefined ? 'json' : 'conversion')
  } catch (error) {
    if (!(error instanceof StatusError) || error.code !== 400) throw error
    const { body } = call.request
    const { type } = call
    const apiVersion = at(body, 'apiVersion')
    if (
      type.isCustom &&
      typeof apiVersion === 'string' &&
      apiVersion !== apiVersionOf(type) &&
      at(body, 'kind') === type.kind
    )
      throw invalid(type, call.info.name, [
        {
          type: 'FieldValueInvalid',
          field: 'apiVersion',
          badValue: apiVersion,
          detail: `must be ${apiVersionOf(type)}`,
        },
      ])
    const detail = reasonOf(error).replace(
      /^the object provided is unrecognized \(must be of type \w+\): (.*) \(.*?\)$/s,
      '$1',
    )
    throw invalidPatch(strategic === undefined ? JSON.stringify(body) : goPlain(strategic), detail)
  }
}

/** 422 for what a patch has made of an object, or for the patch itself where it is a strategic one. */
export const invalidPatch = (badValue: string, detail: string): StatusError =>
  invalid({ group: '', kind: '' }, '', [{ type: 'FieldValueInvalid', field: 'patch', badValue, detail }])

/** Why a body could not be decoded. */
const reasonOf = ({ message }: StatusError): string => message.replace(/^.*? cannot be handled as a \w+: /, '')

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
      if (type.isCustom) throw unknownFormat()
      throw new StatusError(415, 'UnsupportedMediaType', '415: Unsupported Media Type', {})
  }
}

const unknownFormat = (): StatusError =>
  new StatusError(
    415,
    'UnsupportedMediaType',
    'the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml',
  )

/** An object that was applied has the types of its schema: what Go cannot convert all the same is a fault of the server. */
function decodedApplied(call: Call): KubeObject {
  try {
    return decodeBody(call, undefined, 'conversion')
  } catch (error) {
    if (call.type.isCustom || !(error instanceof StatusError) || error.code !== 400) throw error
    const { type, info } = call
    const kind = `${type.group === '' ? '/' : `${type.group}/`}${type.version}, Kind=${type.kind}`
    throw new StatusError(
      500,
      '',
      `failed to convert new object (/${info.name}; ${kind}) to proper version: unable to convert unstructured object to ${kind}: ${reasonOf(error)}`,
    )
  }
}

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
    force: isTrue(info.query.get('force')),
    now: core.world.now(),
    ...(info.subresource !== '' && { subresource: info.subresource }),
  }) as Json
  const body = { ...result, apiVersion: apiVersionOf(type), kind: type.kind }
  const decoded = decodedApplied({ ...call, request: { ...request, headers: {}, body, literals: new Map() } })
  checkName(call, decoded)
  const wanted = inNamespace(call, decoded)
  if (!stored || !live) {
    permitCreate(call)
    const { resourceVersion: _, uid, ...metadata } = wanted.metadata
    if (uid !== undefined)
      throw conflict(
        type,
        info.name,
        `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`,
      )
    return { object: createObject(call, { ...wanted, metadata }, true), created: true }
  }
  const { resourceVersion = '' } = live.metadata
  const current = {
    ...wanted,
    metadata: { ...wanted.metadata, resourceVersion: wanted.metadata.resourceVersion ?? resourceVersion },
  }
  return { object: replace(call, stored, current, 'apply'), created: false }
}
