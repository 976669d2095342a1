import { validateStatus } from '../schema/validate.ts'
import { admitted, mutated } from './admission/admit.ts'
import { apiVersionOf, type Call, inVersion, isDryRun, keyFor, tableOf } from './context.ts'
import { CRDS, withCrdDefaults, withStoredVersion } from './crd.ts'
import {
  asDecoded,
  crdErrors,
  createObject,
  inNamespace,
  permitCreate,
  schemaErrors,
  settleNames,
  withOwners,
} from './create.ts'
import { checkWriteOptions, decodeBody } from './decode.ts'
import { asStored } from './defaults/as-stored.ts'
import { allocated } from './defaults/service.ts'
import { removeIfDone } from './delete.ts'
import { equal, without } from './json.ts'
import { metaErrors } from './meta-errors.ts'
import { fitting } from './size.ts'
import { badRequest, conflict, invalid, notFound, qualified, StatusError, storageConflict } from './status.ts'
import type { FieldError, KubeObject, Meta } from './types.ts'
import { refuseUnseen } from './validation/accepted.ts'
import { warningsOf } from './validation/warnings.ts'

/** PUT. `created` where it made the object. */
export function update(call: Call): { readonly object: KubeObject; readonly created: boolean } {
  checkWriteOptions(call, 'update')
  const { core, info, type } = call
  const old = core.store.get(tableOf(type), keyFor(call))
  const decoded = decodeBody(call, old && inVersion(old, type))
  checkName(call, decoded)
  const object = inNamespace(call, decoded)
  if (!old) {
    if (!type.allowsCreateOnUpdate || info.subresource !== '') throw notFound(type, info.name)
    const { uid, resourceVersion: _, ...metadata } = object.metadata
    permitCreate(call)
    if (uid !== undefined) throw uidConflict(call, uid)
    return { object: createObject(call, { ...object, metadata }), created: true }
  }
  return { object: replace(call, old, object), created: false }
}

/** 400 unless the object has the name that the path says. */
export function checkName({ info }: Call, { metadata }: KubeObject): void {
  const { name = '' } = metadata
  if (name === '')
    throw badRequest(`the name of the object (${info.name} based on URL) was undeterminable: name must be provided`)
  if (name !== info.name)
    throw badRequest(`the name of the object (${name}) does not match the name on the URL (${info.name})`)
}

/** An applied object has its managedFields already. */
type From = 'update' | 'patch' | 'apply'

/** A patch may not change the uid, a PUT then is of another object. */
export function replace(
  call: Call,
  stored: KubeObject,
  given: KubeObject,
  from: From = 'update',
  earlier: readonly FieldError[] = [],
): KubeObject {
  const { core, type, info } = call
  const old = inVersion(stored, type)
  const wanted = type.setDefaults?.(given, old) ?? given
  const { uid } = wanted.metadata
  const asked = wanted.metadata.resourceVersion ?? ''
  const resourceVersion = asked === '0' ? '' : asked
  if (uid !== undefined && uid !== old.metadata.uid && from === 'update') throw uidConflict(call, uid, old)
  if (resourceVersion === '' && !type.allowsUnconditionalUpdate)
    throw invalid({ group: '', kind: qualified(type) }, info.name, [
      {
        type: 'FieldValueInvalid',
        field: 'metadata.resourceVersion',
        badValue: 0,
        detail: 'must be specified for an update',
      },
    ]).withDetails({ name: info.name, ...(type.group && { group: type.group }), kind: type.plural })
  if (resourceVersion !== '' && !/^\d+$/.test(resourceVersion))
    throw new StatusError(500, '', `strconv.ParseUint: parsing ${JSON.stringify(resourceVersion)}: invalid syntax`)
  if (resourceVersion !== '' && resourceVersion !== old.metadata.resourceVersion)
    throw conflict(
      type,
      info.name,
      'the object has been modified; please apply your changes to the latest version and try again',
    )
  const next = withGeneration(call, merged(call, old, mutated(call, wanted, old), from), old)
  if (!type.isCustom) refuseUnseen(next, old)
  const changes = changeErrors(next, old) // the real server looks at them twice
  const meta = [...metaErrors(next, type), ...changes, ...changes]
  const errors = [...earlier, ...meta, ...specErrors(call, next, old, meta)]
  if (errors.length > 0) throw invalid(type, info.name, errors)
  if (info.subresource === '') call.warnings.push(...warningsOf(next, old))
  const settle = admitted(call, next, old)
  const isService = type.kind === 'Service' && !type.isCustom && info.subresource === ''
  const placed = asStored(call, isService ? allocated(next, core.store, core.world) : next, old)
  const owned = from === 'apply' ? placed.stored : withOwners(call, old, placed)
  // What was written under another schema, and reads otherwise now, is written anew.
  const isAsRead = old === stored || equal(old, { ...stored, apiVersion: old.apiVersion })
  if (isAsRead && isNoChange(owned, old) && !isFinished(owned)) return old
  if (isDryRun(call)) return owned
  const table = tableOf(type)
  if (isFinished(owned)) {
    core.store.remove(table, keyFor(call), stored)
    removeIfDone(core, type)
    return owned
  }
  const written = core.store.put(table, keyFor(call), fitting(owned, keyFor(call)))
  if (table === CRDS && info.subresource === '') settleNames(call, written)
  settle(written)
  return written
}

/** Gone with this write: its deletion waited for the finalizers alone. */
const isFinished = ({ metadata, kind, spec }: KubeObject): boolean =>
  metadata.deletionTimestamp !== undefined &&
  (metadata.finalizers ?? []).length === 0 &&
  (metadata.deletionGracePeriodSeconds ?? 0) === 0 &&
  (kind !== 'Namespace' || ((spec as { finalizers?: readonly unknown[] } | undefined)?.finalizers ?? []).length === 0)

/** Nothing but times of managedFields differs. */
function isNoChange(next: KubeObject, old: KubeObject): boolean {
  const { metadata, ...rest } = next
  const { metadata: oldMetadata, ...oldRest } = old
  if (!equal(rest, oldRest)) return false
  const timeless = ({ managedFields, ...others }: Meta): unknown => ({
    ...others,
    managedFields: managedFields?.map(({ time: _, ...entry }) => entry),
  })
  return equal(timeless(metadata), timeless(oldMetadata))
}

const uidConflict = ({ type, info }: Call, uid: string, old?: KubeObject): StatusError =>
  storageConflict(
    type,
    { name: info.name, ...(info.namespace !== undefined && { namespace: info.namespace }) },
    `UID in precondition: ${uid}, UID in object meta: ${old?.metadata.uid ?? ''}`,
  )

/** What of the wanted object this path may write; the rest stays as it was. */
function merged(call: Call, old: KubeObject, wanted: KubeObject, from: From): KubeObject {
  const { type, info, core } = call
  const metadata: Meta = {
    ...wanted.metadata,
    uid: wanted.metadata.uid ?? old.metadata.uid ?? '',
    resourceVersion: old.metadata.resourceVersion ?? '',
    creationTimestamp: old.metadata.creationTimestamp ?? '',
    ...kept(old.metadata, 'generation', 'deletionTimestamp', 'deletionGracePeriodSeconds'),
    ...kept(wanted.metadata, 'deletionGracePeriodSeconds'),
    ...(wanted.metadata.managedFields === undefined && from !== 'apply' && kept(old.metadata, 'managedFields')),
  }
  if (old.metadata.deletionTimestamp === undefined) {
    delete (metadata as { deletionGracePeriodSeconds?: number }).deletionGracePeriodSeconds
  }
  if (old.metadata.generation === undefined) delete (metadata as { generation?: number }).generation
  const ofKind = { ...wanted, apiVersion: apiVersionOf(type), metadata }
  if (info.subresource === 'status') {
    const before = without(old, 'status', 'metadata')
    const keepsMeta = type.isCustom || tableOf(type) === CRDS
    const meta = keepsMeta ? { ...old.metadata, managedFields: metadata.managedFields ?? [] } : metadata
    const body = { ...before, metadata: meta.managedFields?.length === 0 ? without(meta, 'managedFields') : meta }
    const next = (wanted['status'] === undefined ? body : { ...body, status: wanted['status'] }) as KubeObject
    return asDecoded(type, next, from === 'apply')
  }
  if (info.subresource === 'finalize') return { ...old, metadata, spec: wanted['spec'] } as KubeObject
  const hasStatus = type.subresources.includes('status')
  const body = hasStatus ? { ...without(ofKind, 'status'), ...('status' in old && { status: old['status'] }) } : ofKind
  const clean = asDecoded(type, body as KubeObject, from === 'apply')
  const allowed = type.kind === 'Namespace' && type.group === '' ? { ...clean, spec: old['spec'] } : clean
  const prepared = type.prepareForUpdate?.(allowed, old, core.world) ?? allowed
  return tableOf(type) === CRDS ? withStoredVersion(withCrdDefaults(prepared)) : prepared
}

function kept(meta: Meta, ...keys: readonly (keyof Meta)[]): Meta {
  const found: Record<string, unknown> = {}
  for (const key of keys) if (meta[key] !== undefined) found[key] = meta[key]
  return found
}

/** Custom objects: any change outside metadata and status; built-in ones: of the spec. */
function withGeneration({ type, info }: Call, next: KubeObject, old: KubeObject): KubeObject {
  if (!type.hasGeneration || info.subresource === 'status') return next
  const ignored = type.subresources.includes('status') ? ['metadata', 'status'] : ['metadata']
  const watched = (object: KubeObject): unknown => (type.isCustom ? without(object, ...ignored) : object['spec'])
  if (equal(watched(next), watched(old))) return next
  return { ...next, metadata: { ...next.metadata, generation: (old.metadata.generation ?? 0) + 1 } }
}

function specErrors(
  call: Call,
  next: KubeObject,
  old: KubeObject,
  earlier: readonly FieldError[],
): readonly FieldError[] {
  const { type, info } = call
  if (info.subresource !== 'status')
    return [
      ...(type.validate?.(next, old, info.subresource) ?? []),
      ...schemaErrors(call, next, old, earlier),
      ...crdErrors(call, next, old),
    ]
  if (!type.isCustom) return type.validate?.(next, old, 'status') ?? []
  return type.schema ? validateStatus(type.schema, next, old, earlier) : []
}

const goStrings = (list: readonly string[]): string =>
  `[]string{${list.map((each) => JSON.stringify(each)).join(', ')}}`

function changeErrors({ metadata: next }: KubeObject, { metadata: old }: KubeObject): readonly FieldError[] {
  const errors: FieldError[] = []
  if (old.deletionTimestamp !== undefined) {
    const added = (next.finalizers ?? []).filter((each) => !old.finalizers?.includes(each)).sort()
    if (added.length > 0)
      errors.push({
        type: 'FieldValueForbidden',
        field: 'metadata.finalizers',
        detail: `no new finalizers can be added if the object is being deleted, found new finalizers ${goStrings(added)}`,
      })
  }
  for (const key of ['uid', 'deletionTimestamp', 'deletionGracePeriodSeconds'] as const)
    if (next[key] !== old[key])
      errors.push({
        type: 'FieldValueInvalid',
        field: `metadata.${key}`,
        badValue: next[key],
        detail: 'field is immutable',
      })
  return errors
}
