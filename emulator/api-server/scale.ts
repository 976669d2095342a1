import { goPlain } from '../patch/check-type.ts'
import { jsonPatch } from '../patch/json-patch.ts'
import { mergePatch } from '../patch/merge-patch.ts'
import { scaleType } from '../patch/scale.ts'
import { checkPolicies } from './admission/policies.ts'
import type { Call } from './context.ts'
import { conversionFault, converted, jsonFault } from './decode-faults.ts'
import { at, isObject } from './json.ts'
import { get } from './list.ts'
import { invalidPatch, literalsOf } from './patch.ts'
import { badRequest, cannotHandle, invalid, notImplemented, StatusError } from './status.ts'
import type { FieldError, Json, KubeObject } from './types.ts'
import { replace } from './update.ts'

/** PUT of a Scale: the object with its new number of replicas. */
export function rescale(call: Call): KubeObject {
  const { type, info, request } = call
  const { body } = request
  if (!isObject(body)) throw badRequest('the body of the request is no Scale')
  const fault = jsonFault(scaleType.root, body, 'Scale', request.literals)
  if (fault !== undefined) throw cannotHandle('Scale', 'v1', fault)
  const wanted = Number(at(body, 'spec', 'replicas') ?? 0)
  const stored = get(call)
  const name = at(body, 'metadata', 'name')
  if (name !== info.name)
    throw badRequest(`the name of the object (${String(name)}) does not match the name on the URL (${info.name})`)
  if (wanted < 0 && !type.isCustom)
    throw invalid({ group: 'autoscaling', kind: 'Scale' }, info.name, [
      negative('spec.replicas', wanted, 'must be greater than or equal to 0'),
    ])
  const version = at(body, 'metadata', 'resourceVersion')
  const resourceVersion =
    typeof version === 'string' && version !== '' ? version : (stored.metadata.resourceVersion ?? '')
  const path = type.scalePaths?.replicas.split('.') ?? ['spec', 'replicas']
  const changed = withValue(stored, path, wanted) as KubeObject // of an object, with one number changed
  const next = { ...changed, metadata: { ...changed.metadata, resourceVersion } }
  const errors =
    type.isCustom && wanted < 0
      ? [negative(`.${type.scalePaths?.replicas}`, wanted, 'should be a non-negative integer')]
      : []
  if (errors.length === 0)
    checkPolicies(call, {
      operation: 'UPDATE',
      object: scaleOf(call, next, false),
      old: scaleOf(call, stored, false),
      kind: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
    })
  return replace(call, stored, next, 'update', errors)
}

const negative = (field: string, badValue: number, detail: string): FieldError => ({
  type: 'FieldValueInvalid',
  field,
  badValue,
  detail,
})

const withValue = (object: Json, [key = '', ...rest]: readonly string[], value: unknown): Json => {
  const inner = object[key]
  return { ...object, [key]: rest.length === 0 ? value : withValue(isObject(inner) ? inner : {}, rest, value) }
}

/** PATCH of a Scale by a JSON, a merge or a strategic merge patch. */
export function patchScale(call: Call): KubeObject {
  const { request } = call
  const media = (request.headers['content-type'] ?? '').split(';')[0]?.trim() ?? ''
  const scale = scaleOf(call, get(call), false)
  const literals = literalsOf(media, request) ?? new Map<string, string>()
  const rescaled = (body: unknown): KubeObject => rescale({ ...call, request: { ...request, body, literals } })
  const decoded = (body: unknown): KubeObject => {
    const fault = jsonFault(scaleType.root, body, 'Scale', literals)
    if (fault !== undefined) throw invalidPatch(JSON.stringify(body), fault)
    return rescaled(body)
  }
  switch (media) {
    case 'application/json-patch+json':
      return decoded(jsonPatch(scale, request.body))
    case 'application/merge-patch+json':
      return decoded(mergePatch(scale, request.body))
    case 'application/strategic-merge-patch+json': {
      const body = mergePatch(scale, request.body) // a Scale has no lists
      const fault = conversionFault(scaleType.root, body)
      if (fault !== undefined) throw invalidPatch(goPlain(request.body), fault)
      return rescaled(converted(scaleType.root, body))
    }
    default:
      throw notImplemented(`a patch of scale as ${media}`)
  }
}

/** The Scale of a Deployment or a custom object. Throws 500 where that says no number of replicas, unless it may. */
export function scaleOf({ type }: Call, object: KubeObject, needsReplicas = true): KubeObject {
  const { name = '', namespace, uid = '', resourceVersion = '', creationTimestamp = '' } = object.metadata
  const metadata = { name, ...(namespace !== undefined && { namespace }), uid, resourceVersion, creationTimestamp }
  const scale = (replicas: unknown, current: unknown, selector: string): KubeObject => ({
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata,
    spec: { ...(replicas !== 0 && replicas !== undefined && { replicas }) },
    status: { replicas: current ?? 0, ...(selector && { selector }) },
  })
  const { scalePaths } = type
  if (scalePaths) {
    const read = (path: string): unknown => at(object, ...path.split('.'))
    const replicas = read(scalePaths.replicas)
    if (replicas === undefined && needsReplicas) {
      const message = `the spec replicas field ".${scalePaths.replicas}" does not exist`
      throw new StatusError(500, 'InternalError', `Internal error occurred: ${message}`, { causes: [{ message }] })
    }
    return scale(replicas, read(scalePaths.current), String((scalePaths.selector && read(scalePaths.selector)) ?? ''))
  }
  const spec = object['spec'] as { replicas?: number; selector?: { matchLabels?: Record<string, string> } } // validated
  const labels = Object.entries(spec.selector?.matchLabels ?? {}).sort()
  const selector = labels.map(([key, value]) => `${key}=${value}`).join(',')
  return scale(spec.replicas ?? 1, at(object, 'status', 'replicas'), selector)
}
