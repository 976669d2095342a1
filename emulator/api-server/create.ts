import { managerFromUserAgent, trackUpdate, withManagedFields } from '../patch/track-update.ts'
import { checkSchema } from '../schema/check-schema.ts'
import { applyDefaults } from '../schema/defaults.ts'
import { prune } from '../schema/prune.ts'
import { validate } from '../schema/validate.ts'
import { admitted, mutated } from './admission/admit.ts'
import { authorize, refusal } from './authorize.ts'
import { apiVersionOf, type Call, cleaned, isDryRun, keyFor, tableOf, typeInfoOf } from './context.ts'
import { CRDS, initialCrdStatus, withCrdDefaults } from './crd.ts'
import { crdColumns } from './crd-columns.ts'
import { withNamesAccepted } from './crd-conditions.ts'
import { definitionErrors } from './crd-validation.ts'
import { checkWriteOptions, decodeBody } from './decode.ts'
import { asStored, type Stored } from './defaults/as-stored.ts'
import { allocated } from './defaults/service.ts'
import { generatedName } from './generated-name.ts'
import { at, listAt, timestamp, without } from './json.ts'
import { metaErrors, metaWarnings } from './meta-errors.ts'
import { fitting } from './size.ts'
import { alreadyExists, badRequest, forbidden, invalid, notFound, StatusError } from './status.ts'
import type { FieldError, KubeObject, Meta, ResourceType } from './types.ts'
import { refuseUnseen } from './validation/accepted.ts'
import { warningsOf } from './validation/warnings.ts'

/** POST to a collection: the object as it is stored then. */
export function create(call: Call): KubeObject {
  checkWriteOptions(call, 'create')
  return createObject(call, decodeBody(call))
}

/**
 * 403 for who may not create: asked again where a PUT or an apply of a missing object is about to. The request as such was allowed before.
 */
export function permitCreate({ core, request, type, info }: Call): void {
  const { group, plural } = type
  const { namespace, name } = info
  const wanted = { verb: 'create', group, resource: plural, name, ...(namespace !== undefined && { namespace }) }
  if (!authorize(core.store, request.user, wanted).isAllowed) throw forbidden(type, name, refusal(request.user, wanted))
}

/** Also for a PUT or an apply of an object that does not exist. `tracked` objects have their managedFields already. */
export function createObject(call: Call, decoded: KubeObject, tracked = false): KubeObject {
  const { core, type } = call
  const { world, store } = core
  const placed = inNamespace(call, type.setDefaults?.(decoded) ?? decoded)
  checkNamespace(call, placed)
  const given = mutated(call, placed)
  const { uid: _, resourceVersion, deletionTimestamp: __, deletionGracePeriodSeconds: ___, ...asked } = given.metadata
  const name = asked.name ?? (asked.generateName ? generatedName(asked.generateName, world.random) : undefined)
  const metadata: Meta = {
    ...asked,
    ...(name !== undefined && { name }),
    uid: world.uuid(),
    ...(type.hasGeneration && { generation: 1 }),
    creationTimestamp: timestamp(world.now()),
  }
  const clean = asDecoded(
    type,
    { ...without(given, ...(hasStatus(call) ? ['status'] : [])), metadata } as KubeObject,
    tracked,
  )
  const prepared = type.prepareForCreate?.(clean, world) ?? clean
  const object = tableOf(type) === CRDS ? initialCrdStatus(withCrdDefaults(prepared)) : prepared
  if (!type.isCustom) refuseUnseen(object)
  const meta = metaErrors(object, type)
  call.warnings.push(...metaWarnings(object, type))
  const errors = [
    ...meta,
    ...(type.validate?.(object) ?? []),
    ...schemaErrors(call, object, undefined, meta),
    ...crdErrors(call, object),
  ]
  if (errors.length > 0) throw invalid(type, name ?? '', errors)
  call.warnings.push(...warningsOf(object))
  const settle = admitted(call, object)
  if (/^0*[1-9]\d*$/.test(resourceVersion ?? ''))
    throw new StatusError(500, '', 'resourceVersion should not be set on objects to be created')
  const key = keyFor(call, name)
  const existing = store.get(tableOf(type), key)
  if (existing) throw alreadyExists(type, name ?? '', existing.metadata.deletionTimestamp !== undefined)
  const isService = type.kind === 'Service' && !type.isCustom
  const placedAt = asStored(call, isService ? allocated(object, store, world) : object)
  const owned = tracked ? placedAt.stored : withOwners(call, undefined, placedAt)
  if (isDryRun(call)) return owned
  const stored = store.put(tableOf(type), key, fitting(owned, key))
  if (tableOf(type) === CRDS) settleNames(call, stored)
  settle(stored)
  return stored
}

/** The status of a new Node is taken as it is given. */
const hasStatus = ({ type }: Call): boolean =>
  type.subresources.includes('status') && (type.isCustom || type.kind !== 'Node')

/** 400 for an object of another namespace; else with the namespace of the path. */
export function inNamespace({ type, info }: Call, object: KubeObject): KubeObject {
  const { namespace, ...rest } = object.metadata
  if (!type.namespaced) {
    if (namespace !== undefined)
      throw badRequest('the namespace of the provided object does not match the namespace sent on the request')
    return { ...object, metadata: rest }
  }
  if (namespace !== undefined && namespace !== info.namespace)
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request')
  return namespace === undefined
    ? { ...object, metadata: { ...object.metadata, namespace: info.namespace ?? '' } }
    : object
}

function checkNamespace({ core, type, info }: Call, { metadata }: KubeObject): void {
  const crd = type.isCustom ? core.store.get(CRDS, tableOf(type)) : undefined
  if (type.namespaced) {
    const name = info.namespace ?? ''
    const namespace = core.store.get('namespaces', name)
    if (!namespace) throw notFound({ group: '', plural: 'namespaces' }, name)
    if (at(namespace, 'status', 'phase') === 'Terminating')
      throw forbidden(
        type,
        metadata.name ?? '',
        `unable to create new content in namespace ${name} because it is being terminated`,
        [
          {
            reason: 'NamespaceTerminating',
            message: `namespace ${name} is being terminated`,
            field: 'metadata.namespace',
          },
        ],
      )
  }
  if (crd?.metadata.deletionTimestamp)
    throw forbidden(type, metadata.name ?? '', 'create not allowed while custom resource definition is terminating')
}

/** Nulls that mean nothing go as a body is decoded: those that an apply has made stay, to be refused. */
export function asDecoded(type: ResourceType, object: KubeObject, isApplied: boolean): KubeObject {
  if (!isApplied || !type.isCustom || !type.schema) return cleaned(type, object)
  return applyDefaults(type.schema, prune(type.schema, object))
}

export function schemaErrors(
  { type }: Call,
  object: KubeObject,
  old: KubeObject | undefined,
  earlier: readonly FieldError[],
): readonly FieldError[] {
  return type.isCustom && type.schema ? validate(type.schema, object, old, earlier) : []
}

/** What the real server refuses in a CRD, as far as it is checked here. Throws 501 for a column that is not implemented. */
export function crdErrors({ type }: Call, object: KubeObject, old?: KubeObject): readonly FieldError[] {
  if (tableOf(type) !== CRDS) return []
  const errors = definitionErrors(object, old)
  if (errors.length > 0) return errors
  for (const version of listAt(object, 'spec', 'versions')) crdColumns(listAt(version, 'additionalPrinterColumns'))
  return checkSchema(object as unknown as Parameters<typeof checkSchema>[0])
}

/** Writes what the controllers of the real server make of a definition's names. */
export function settleNames({ core: { store, world } }: Call, crd: KubeObject): void {
  const named = withNamesAccepted(crd, store.list(CRDS, '') ?? [], world.now())
  if (named !== crd) store.put(CRDS, crd.metadata.name ?? '', named)
}

export const managerOf = ({ request, info }: Call): string =>
  info.query.get('fieldManager') || managerFromUserAgent(request.headers['user-agent'] ?? '')

/** With managedFields as after a create, update or patch; unchanged for a kind that emulator/patch does not know. */
export function withOwners(call: Call, before: KubeObject | undefined, { stored, tracked }: Stored): KubeObject {
  const known = typeInfoOf(call.type)
  if (!known) return stored
  const { subresource } = call.info
  const apiVersion = apiVersionOf(call.type)
  const entries = trackUpdate({
    type: known,
    before,
    after: tracked.apiVersion === apiVersion ? tracked : { ...tracked, apiVersion },
    manager: managerOf(call),
    now: call.core.world.now(),
    ...(subresource !== '' && { subresource }),
  })
  return withManagedFields(stored, entries) as KubeObject
}
