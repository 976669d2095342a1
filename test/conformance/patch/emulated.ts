import { apply, managerRequired } from '#emulator/patch/apply.ts'
import { jsonPatch } from '#emulator/patch/json-patch.ts'
import { mergePatch } from '#emulator/patch/merge-patch.ts'
import { strategicMergePatch } from '#emulator/patch/strategic-merge-patch.ts'
import { withStructs } from '#emulator/patch/structs.ts'
import { trackUpdate, withManagedFields } from '#emulator/patch/track-update.ts'
import type { JsonObject, TypeInfo } from '#emulator/patch/types.ts'
import type { Answer, Step } from './case.ts'

/** What `emulator/patch` answers to a step, with the little of a server around it that the cases need. Pure. */
export function emulated(type: TypeInfo, before: JsonObject | undefined, step: Step, now: number): Answer {
  try {
    const object = written(type, before, step, now)
    if (type.isCustom && type.hasStatus && (hasNull(object['spec']) || hasNull(object['status']))) {
      return { code: 422, reason: 'Invalid', message: `${type.kind} is invalid: null`, causes: [] }
    }
    return before ? { code: 200, object } : { code: 201, object: inNamespace(type, object) }
  } catch (error) {
    const { code, message, reason, details } = error as {
      code?: number
      message: string
      reason?: string
      details?: { causes?: readonly JsonObject[] }
    }
    if (code === undefined) throw error
    return { code, message, reason: reason ?? '', causes: details?.causes ?? [] }
  }
}

function written(type: TypeInfo, before: JsonObject | undefined, step: Step, now: number): JsonObject {
  const { verb, manager = 'test', subresource = '' } = step
  if (verb === 'apply') {
    if (step.manager === '') throw managerRequired()
    const { force = false } = step
    const applied = step.body as JsonObject
    const result = apply({ type, live: before, applied, manager, force, now, subresource })
    return withStructs(type, kept(type, before, result, subresource))
  }
  const after = withStructs(type, changed(type, before, step))
  const update = { type, before, after, manager, now, subresource }
  return kept(type, before, withManagedFields(after, trackUpdate(update)), subresource)
}

function changed(type: TypeInfo, before: JsonObject | undefined, { verb, body }: Step): JsonObject {
  switch (verb) {
    case 'create':
      return body as JsonObject
    case 'update':
      return mergePatch(before ?? {}, body)
    case 'json':
      return jsonPatch(before ?? {}, body) as JsonObject
    case 'merge':
      return mergePatch(before ?? {}, body)
    case 'strategic':
      return strategicMergePatch(before ?? {}, body, type)
    case 'apply':
      throw new Error('apply is no change of the whole object')
  }
}

/** What the endpoint does not write stays as it was. */
function kept(type: TypeInfo, before: JsonObject | undefined, after: JsonObject, subresource: string): JsonObject {
  if (!type.hasStatus) return after
  const { status: _, ...others } = after
  if (subresource === '') return before?.['status'] === undefined ? others : { ...others, status: before['status'] }
  const { managedFields } = after['metadata'] as { managedFields?: unknown }
  const { managedFields: __, ...metadata } = (before?.['metadata'] ?? {}) as { managedFields?: unknown }
  const { status: ___, ...rest } = before ?? {}
  return {
    ...rest,
    metadata: { ...metadata, ...(managedFields !== undefined && { managedFields }) },
    ...(after['status'] !== undefined && { status: after['status'] }),
  }
}

function inNamespace({ kind }: TypeInfo, object: JsonObject): JsonObject {
  return kind === 'Namespace' ? object : mergePatch(object, { metadata: { namespace: 'default' } })
}

/** The schema has no nullable field; what is inside `free` is free. */
function hasNull(value: unknown): boolean {
  if (value === null) return true
  if (typeof value !== 'object') return false
  return Object.entries(value).some(([name, inner]) => (name === 'free' ? inner === null : hasNull(inner)))
}
