import { jsonPatch } from '../patch/json-patch.ts'
import { mergePatch } from '../patch/merge-patch.ts'
import type { Call } from './context.ts'
import { at, isObject } from './json.ts'
import { get } from './list.ts'
import { badRequest, notImplemented, qualified } from './status.ts'
import type { KubeObject } from './types.ts'
import { replace } from './update.ts'

/** PUT of a Scale: the object with its new number of replicas. */
export function rescale(call: Call): KubeObject {
  const { body } = call.request
  const wanted = at(body, 'spec', 'replicas') ?? 0
  if (!isObject(body) || typeof wanted !== 'number') throw badRequest('the body of the request is no Scale')
  const stored = get(call)
  scaleOf(call, stored)
  const name = at(body, 'metadata', 'name')
  if (name !== call.info.name)
    throw badRequest(`the name of the object (${String(name)}) does not match the name on the URL (${call.info.name})`)
  const version = at(body, 'metadata', 'resourceVersion')
  const resourceVersion =
    typeof version === 'string' && version !== '' ? version : (stored.metadata.resourceVersion ?? '')
  const spec = { ...(isObject(stored['spec']) && stored['spec']), replicas: wanted }
  return replace(call, stored, { ...stored, metadata: { ...stored.metadata, resourceVersion }, spec })
}

/** PATCH of a Scale by a JSON or a merge patch. */
export function patchScale(call: Call): KubeObject {
  const { request } = call
  const media = (request.headers['content-type'] ?? '').split(';')[0]?.trim() ?? ''
  const scale = scaleOf(call, get(call))
  switch (media) {
    case 'application/json-patch+json':
      return rescale({ ...call, request: { ...request, body: jsonPatch(scale, request.body) } })
    case 'application/merge-patch+json':
      return rescale({ ...call, request: { ...request, body: mergePatch(scale, request.body) } })
    default:
      throw notImplemented(`a patch of scale as ${media}`)
  }
}

/** Deployments; `scale` of custom resources is not there yet. */
export function scaleOf({ type }: Call, object: KubeObject): KubeObject {
  if (type.isCustom) throw notImplemented(`the scale subresource of custom resources (${qualified(type)})`)
  const { name = '', namespace = '', uid = '', resourceVersion = '', creationTimestamp = '' } = object.metadata
  const spec = object['spec'] as { replicas?: number; selector?: { matchLabels?: Record<string, string> } } // validated
  const status = object['status'] as { replicas?: number } | undefined
  const selector = Object.entries(spec.selector?.matchLabels ?? {})
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { ...(spec.replicas !== 0 && { replicas: spec.replicas ?? 1 }) },
    status: {
      replicas: status?.replicas ?? 0,
      selector: selector
        .sort()
        .map(([key, value]) => `${key}=${value}`)
        .join(','),
    },
  }
}
