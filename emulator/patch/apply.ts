import { StatusError } from '../api-server/status.ts'
import { typeErrors } from './check-type.ts'
import { conflictError, conflictsOf, type FieldConflict } from './conflicts.ts'
import { badRequest, internal } from './errors.ts'
import { difference, emptySet, type FieldSet, intersection, isEmpty, recursiveDifference, union } from './field-set.ts'
import { fieldsOf, withNamedFields, withoutFields } from './fields-of.ts'
import { isAllowedByLastApplied, withLastApplied } from './last-applied.ts'
import {
  decodeOwners,
  encodeOwners,
  entriesOf,
  idOf,
  keyOf,
  type Owner,
  type Owners,
  stamp,
  withEntries,
} from './managed-fields.ts'
import { mergeObjects } from './merge.ts'
import { afterChange, afterUpdate, inServedVersions, owned } from './ownership.ts'
import { resetFields } from './reset-fields.ts'
import { equal, isObject } from './shapes.ts'
import { withStructs } from './structs.ts'
import type { JsonObject, TypeInfo } from './types.ts'

export type Apply = {
  readonly type: TypeInfo
  /** As stored; `undefined` where the apply creates the object. */
  readonly live: JsonObject | undefined
  /** The body, decoded; of `type`'s apiVersion and kind. */
  readonly applied: JsonObject
  readonly manager: string
  readonly force: boolean
  readonly now: number
  readonly subresource?: string
}

/**
 * Server-side apply. The object that comes back has its managedFields and is not yet defaulted; that of an apply which
 * changes nothing is the live one. Throws `StatusError`: 400 for a body that may not be applied, 409 with the causes for
 * conflicts, 500 (as the real server) for what does not fit the schema. Pure.
 */
export function apply(request: Apply): JsonObject {
  const { type, applied, manager } = request
  check(request)
  const result = attempt(request)
  if (!('conflicts' in result)) return withLastApplied(result.object, applied, manager)
  if (manager !== 'kubectl' || !request.live) throw conflictError(result.conflicts)
  const left = result.conflicts.filter((conflict) => !isAllowedByLastApplied(type, request.live, conflict.path))
  if (left.length > 0) throw conflictError(left)
  const forced = attempt({ ...request, force: true })
  if ('conflicts' in forced) throw new Error('apply: a forced apply has no conflicts')
  return withLastApplied(forced.object, applied, manager)
}

function check({ type, applied }: Apply): void {
  const { apiVersion, kind, metadata } = applied
  if (apiVersion !== type.apiVersion || kind !== type.kind) {
    throw badRequest(`invalid object type: ${groupVersionKind(textOf(apiVersion), textOf(kind))}`)
  }
  if (isObject(metadata) && metadata['managedFields'] !== undefined && metadata['managedFields'] !== null) {
    throw badRequest('metadata.managedFields must be nil')
  }
  const errors = typeErrors(type.root, applied)
  if (errors.length === 0) return
  const { name = '', namespace = '' } = isObject(metadata) ? metadata : {}
  throw internal(
    `failed to create typed patch object (${namespace}/${name}; ${groupVersionKind(type.apiVersion, type.kind)}): ${
      errors.length === 1 ? errors[0] : ['errors:', ...errors.map((error) => `  ${error}`)].join('\n')
    }`,
  )
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

function groupVersionKind(apiVersion: string, kind: string): string {
  return `${apiVersion.includes('/') ? apiVersion : `/${apiVersion}`}, Kind=${kind}`
}

type Result = { readonly object: JsonObject } | { readonly conflicts: readonly FieldConflict[] }

function attempt({ type, live: stored, applied, manager, force, now, subresource = '' }: Apply): Result {
  const live = withEntries(stored ?? type.empty, [])
  const id = idOf({ manager, operation: 'Apply', apiVersion: type.apiVersion, subresource })
  const key = keyOf(id)
  const before = inServedVersions(ownersOf({ type, live, stored, now, subresource }), type)

  const merged = mergeObjects(type.root, live, applied)
  const last = before.get(key)
  const fields = recursiveDifference(fieldsOf(type.root, applied), resetFields(type, subresource))
  const self: Owner = { id, fields, apiVersion: type.apiVersion, operation: 'Apply', time: last?.time }
  const owners = new Map(before).set(key, self)
  const pruned = prune(type, merged, owners, last?.fields ?? emptySet)
  if (!isObject(pruned)) throw internal(`failed to convert new typed object: failed to convert value to unstructured`)

  const change = afterChange({ type, before: live, after: pruned, owners, subresource }, key)
  if (!force && change.conflicts.length > 0) return { conflicts: conflictsOf(change.conflicts) }

  const isNoop = equal(live, pruned)
  const result = new Map(change.owners)
  const kept = owned(fields)
  if (isEmpty(kept)) result.delete(key)
  else result.set(key, { ...self, fields: kept, time: isNoop ? self.time : stamp(now) })
  const object = isNoop ? live : withStructs(type, pruned)
  return { object: withEntries(object, encodeOwners(result)) }
}

type Known = Pick<Apply, 'type' | 'now'> & {
  readonly live: JsonObject
  readonly stored: JsonObject | undefined
  readonly subresource: string
}

/** An object that nobody owned is owned by `before-first-apply` from now on. */
function ownersOf({ type, live, stored, now, subresource }: Known): Owners {
  const entries = entriesOf(stored) ?? []
  const owners = decodeOwners(entries)
  if (!owners) throw internal('failed to decode managed fields')
  if (owners.size > 0 || !stored) return owners
  const id = idOf({ manager: 'before-first-apply', operation: 'Update', apiVersion: type.apiVersion, subresource })
  return afterUpdate({ type, before: type.empty, after: live, owners, subresource }, id, stamp(now))
}

/** Without what the applier applied before and does not now, unless somebody else owns it. */
function prune(type: TypeInfo, merged: unknown, owners: Owners, last: FieldSet): unknown {
  if (isEmpty(last)) return merged
  const { root } = type
  const lastFields = withNamedFields(root, last)
  const pruned = withoutFields(root, merged, lastFields)
  const mergedFields = withNamedFields(root, fieldsOf(root, merged))
  const managed = [...owners.values()].reduce((all, { fields }) => union(all, fields), emptySet)
  const stay = union(withNamedFields(root, fieldsOf(root, pruned)), withNamedFields(root, managed))
  const withOwned = withoutFields(root, merged, difference(mergedFields, stay))
  const left = withNamedFields(root, fieldsOf(root, withOwned))
  return withoutFields(root, merged, intersection(difference(mergedFields, left), lastFields))
}

/** 422 where an apply has no `fieldManager`. */
export const managerRequired = (): StatusError =>
  new StatusError(
    422,
    'Invalid',
    'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
    {
      group: 'meta.k8s.io',
      kind: 'PatchOptions',
      causes: [
        { reason: 'FieldValueRequired', message: 'Required value: is required for apply patch', field: 'fieldManager' },
      ],
    },
  )
