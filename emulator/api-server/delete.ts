import { checkPolicies } from './admission/policies.ts'
import { type Call, type Core, inVersion, isDryRun, keyFor, tableOf } from './context.ts'
import { CRDS, cleanupFinalizer } from './crd.ts'
import { terminating, withCondition } from './crd-conditions.ts'
import { checkMediaType, kindObjection, noObject } from './decode.ts'
import { at, equal, goShape, isObject, listAt, textAt, timestamp } from './json.ts'
import { integer } from './list.ts'
import { badRequest, conflict, deletedStatus, forbidden, invalid, notFound, storageConflict } from './status.ts'
import { keyOf } from './store.ts'
import type { FieldError, Json, KubeObject, Meta, ResourceType } from './types.ts'

type Options = {
  readonly policy: string | undefined
  readonly graceSeconds: number | undefined
  readonly uid: string | undefined
  readonly resourceVersion: string | undefined
}

const orphanWarning =
  'child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning'
const immortal = ['default', 'kube-system', 'kube-public']

/** Whether policies are asked: an eviction was itself allowed before. */
type Admission = 'asked' | 'given'

/** DELETE of one object: the object where it lives on or the kind answers it, else a Status. */
export function remove(call: Call, admission: Admission = 'asked'): unknown {
  const { core, type, info } = call
  const options = optionsOf(call)
  warn(call, options)
  const object = core.store.get(tableOf(type), keyFor(call))
  if (type.kind === 'Namespace' && type.group === '' && immortal.includes(info.name))
    throw forbidden(type, info.name, 'this namespace may not be deleted')
  if (!object) throw notFound(type, info.name)
  const { isGone, object: left } = removeObject(call, object, options, admission)
  if (isGone && !type.returnsDeletedObject) return deletedStatus(type, info.name, left.metadata.uid ?? '')
  return inVersion(left, type)
}

function warn({ type, warnings }: Call, { policy }: Options): void {
  if (type.defaultPropagation === 'Orphan' && policy === undefined) warnings.push(orphanWarning)
}

/** As a DELETE of one after the other. */
export function removeAll(call: Call, objects: readonly KubeObject[]): void {
  const options = optionsOf(call)
  warn(call, options)
  for (const object of objects) removeObject(call, object, options, 'asked')
}

function removeObject(
  call: Call,
  object: KubeObject,
  options: Options,
  admission: Admission,
): { isGone: boolean; object: KubeObject } {
  const { core, type } = call
  const { metadata } = object
  const name = metadata.name ?? ''
  const record = { group: type.group, plural: type.kind }
  if (options.uid !== undefined && options.uid !== metadata.uid)
    throw conflict(
      record,
      name,
      `the UID in the precondition (${options.uid}) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`,
    )
  if (options.resourceVersion !== undefined && options.resourceVersion !== metadata.resourceVersion)
    throw conflict(
      record,
      name,
      `the ResourceVersion in the precondition (${options.resourceVersion}) does not match the ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`,
    )
  const table = tableOf(type)
  const key = keyOf(object)
  const marked = markedFor(call, object, options)
  const { finalizers = [], deletionGracePeriodSeconds: grace = 0 } = marked.metadata
  const staysForSpec = type.kind === 'Namespace' && listAt(marked, 'spec', 'finalizers').length > 0
  const isGone = finalizers.length === 0 && grace === 0 && !staysForSpec
  // The real server forgets the precondition's version on this way, and then misses it.
  if (isGone && marked !== object && options.resourceVersion !== undefined && type.kind !== 'Pod')
    throw storageConflict(
      type,
      { name, ...(metadata.namespace !== undefined && { namespace: metadata.namespace }) },
      `ResourceVersion in precondition: , ResourceVersion in object meta: ${metadata.resourceVersion}`,
    )
  const isPod = type.kind === 'Pod' && type.group === ''
  const isUnderWay = isPod && marked === object && !isGone
  if (admission === 'asked' && !isUnderWay)
    checkPolicies(call, { operation: 'DELETE', old: type.isCustom ? inVersion(object, type) : object })
  if (isDryRun(call)) return { isGone, object: marked }
  const mustMark = marked !== object && (!isGone || isPod)
  const stored = mustMark ? core.store.put(table, key, marked) : object
  if (table === CRDS) return finishCrd(core, stored)
  if (!isGone) return { isGone, object: stored }
  const last = core.store.remove(table, key, stored)
  removeIfDone(core, type)
  return { isGone, object: last }
}

/** With deletionTimestamp, grace period and the finalizers of the propagation policy; the object itself if it has all. */
function markedFor({ core, type }: Call, object: KubeObject, options: Options): KubeObject {
  const { metadata } = object
  const now = core.world.now()
  if (tableOf(type) === CRDS) {
    if (metadata.deletionTimestamp) return object
    const finalizers = [...(metadata.finalizers ?? []), cleanupFinalizer]
    const marked = { ...object, metadata: { ...metadata, deletionTimestamp: timestamp(now), finalizers } }
    return withCondition(marked, terminating.pending, now)
  }
  if (type.kind === 'Namespace') {
    if (metadata.deletionTimestamp) return object
    const status = { ...(isObject(object['status']) && object['status']), phase: 'Terminating' }
    return { ...object, metadata: { ...metadata, deletionTimestamp: timestamp(now) }, status }
  }
  const finalizers = finalizersFor(type, metadata, options.policy)
  const isSame = finalizers.join() === (metadata.finalizers ?? []).join()
  const asked = type.kind === 'Pod' ? graceOf(object, options) : 0
  if (metadata.deletionTimestamp) {
    const before = metadata.deletionGracePeriodSeconds ?? 0
    if (isSame && (options.graceSeconds === undefined || asked >= before)) return object
    const shorter = Math.min(asked, before)
    return {
      ...object,
      metadata: withFinalizers(
        { ...metadata, deletionGracePeriodSeconds: shorter, deletionTimestamp: timestamp(now + shorter * 1000) },
        finalizers,
      ),
    }
  }
  if (type.kind !== 'Pod' && finalizers.length === 0)
    return isSame ? object : { ...object, metadata: withFinalizers(metadata, finalizers) }
  const generation = metadata.generation === undefined ? {} : { generation: metadata.generation + 1 }
  const deleted = { deletionTimestamp: timestamp(now + asked * 1000), deletionGracePeriodSeconds: asked }
  return { ...object, metadata: withFinalizers({ ...metadata, ...generation, ...deleted }, finalizers) }
}

const withFinalizers = ({ finalizers: _, ...metadata }: Meta, finalizers: readonly string[]): Meta =>
  finalizers.length === 0 ? metadata : { ...metadata, finalizers }

const finalizersFor = (
  type: ResourceType,
  { finalizers = [] }: Meta,
  policy: string | undefined,
): readonly string[] => {
  const others = finalizers.filter((each) => each !== 'orphan' && each !== 'foregroundDeletion')
  if (policy === undefined && others.length < finalizers.length) return finalizers
  const effective = policy ?? type.defaultPropagation
  if (effective === 'Orphan') return [...others, 'orphan']
  return effective === 'Foreground' ? [...others, 'foregroundDeletion'] : others
}

/** A Pod on no node, or one that has finished, waits for nobody. */
const graceOf = (pod: KubeObject, { graceSeconds }: Options): number => {
  const phase = textAt(pod, 'status', 'phase')
  if (textAt(pod, 'spec', 'nodeName') === '' || phase === 'Failed' || phase === 'Succeeded') return 0
  const seconds = graceSeconds ?? Number(at(pod, 'spec', 'terminationGracePeriodSeconds') ?? 30)
  return seconds < 0 ? 1 : seconds
}

/** A CRD that is deleted takes its objects along, and goes when the last of them has gone. */
function finishCrd(core: Core, crd: KubeObject): { isGone: boolean; object: KubeObject } {
  const type = core.types().find((each) => each.isCustom && tableOf(each) === crd.metadata.name)
  if (!type) {
    core.store.remove(CRDS, keyOf(crd), crd)
    return { isGone: false, object: crd }
  }
  const now = core.world.now()
  const next = withCondition(crd, terminating.inProgress, now)
  if (!equal(next['status'], crd['status'])) core.store.put(CRDS, keyOf(crd), next)
  for (const object of core.store.list(tableOf(type), '') ?? []) {
    const { metadata } = object
    if ((metadata.finalizers ?? []).length === 0) core.store.remove(tableOf(type), keyOf(object), object)
    else if (!metadata.deletionTimestamp) {
      const deletionTimestamp = timestamp(now)
      const generation = (metadata.generation ?? 0) + 1
      core.store.put(tableOf(type), keyOf(object), {
        ...object,
        metadata: { ...metadata, generation, deletionTimestamp, deletionGracePeriodSeconds: 0 },
      })
    }
  }
  removeIfDone(core, type)
  return { isGone: false, object: crd }
}

/** To be called when an object has gone: it may have been the last that kept its CRD. */
export function removeIfDone(core: Core, type: ResourceType): void {
  if (!type.isCustom) return
  const crd = core.store.get(CRDS, tableOf(type))
  if (!crd?.metadata.deletionTimestamp || core.store.count(tableOf(type)) > 0) return
  const others = (crd.metadata.finalizers ?? []).filter((each) => each !== cleanupFinalizer)
  const metadata = withFinalizers(crd.metadata, others)
  const left = withCondition({ ...crd, metadata }, terminating.completed, core.world.now())
  if (others.length === 0) core.store.remove(CRDS, keyOf(crd), left)
  else core.store.put(CRDS, keyOf(crd), left)
}

function optionsOf({ request, info }: Call): Options {
  const { body, malformed } = request
  if (body !== undefined || malformed) checkMediaType(request)
  if (malformed) throw badRequest(`couldn't get version/kind; json parse error: ${malformed.fault}`)
  if (body !== undefined && body !== null && !isObject(body)) throw badRequest(noObject(body))
  const given: Json = isObject(body) ? body : {}
  const objection = kindObjection(given)
  if (objection !== undefined) throw badRequest(objection)
  const kind = textAt(given, 'kind')
  if (kind !== '' && kind !== 'DeleteOptions')
    throw badRequest(
      `no kind "${kind}" is registered for version "${textAt(given, 'apiVersion') || 'meta.k8s.io/v1'}" in scheme "pkg/runtime/scheme.go:111"`,
    )
  checkShape(given)
  // With a body the real server does not look at the query.
  const query = isObject(body) ? new URLSearchParams() : info.query
  const policy = (at(given, 'propagationPolicy') as string | undefined) ?? query.get('propagationPolicy') ?? undefined
  const orphan = at(given, 'orphanDependents') ?? query.get('orphanDependents') ?? undefined
  const errors: FieldError[] = []
  if (policy !== undefined && orphan !== undefined)
    errors.push({
      type: 'FieldValueInvalid',
      field: 'propagationPolicy',
      badValue: policy,
      detail: 'orphanDependents and deletionPropagation cannot be both set',
    })
  else if (policy !== undefined && !['Foreground', 'Background', 'Orphan'].includes(policy))
    errors.push({
      type: 'FieldValueNotSupported',
      field: 'propagationPolicy',
      badValue: policy,
      detail: 'supported values: "Foreground", "Background", "Orphan", "nil"',
    })
  const dryRun = [...query.getAll('dryRun'), ...listAt(given, 'dryRun').map(String)]
  if (dryRun.some((each) => each !== 'All'))
    errors.push({
      type: 'FieldValueNotSupported',
      field: 'dryRun',
      badValue: dryRun,
      detail: 'supported values: "All"',
    })
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', errors)
  if (isObject(body)) info.query.delete('dryRun')
  if (dryRun.length > 0) info.query.set('dryRun', 'All')
  const grace =
    at(given, 'gracePeriodSeconds') ??
    (query.get('gracePeriodSeconds') ? integer(query.get('gracePeriodSeconds')) : undefined)
  const orphaned = orphan === true || orphan === 'true' ? 'Orphan' : orphan === undefined ? undefined : 'Background'
  return {
    policy: policy ?? orphaned,
    graceSeconds: grace === undefined ? undefined : Number(grace),
    uid: (at(given, 'preconditions', 'uid') ?? undefined) as string | undefined,
    resourceVersion: (at(given, 'preconditions', 'resourceVersion') ?? undefined) as string | undefined,
  }
}

const goTypes = {
  gracePeriodSeconds: ['number', 'int64'],
  preconditions: ['object', 'v1.Preconditions'],
  propagationPolicy: ['string', 'v1.DeletionPropagation'],
  orphanDependents: ['bool', 'bool'],
  dryRun: ['array', '[]string'],
} as const

const conditionTypes = { uid: 'types.UID', resourceVersion: 'string' } as const

/** 400 for a field that is of another type. */
function checkShape(options: Json): void {
  const refuse = (found: unknown, field: string, goType: string): Error =>
    badRequest(
      `json: cannot unmarshal ${goShape(found)}${typeof found === 'number' && !Number.isInteger(found) ? ` ${found}` : ''} into Go struct field ${field} of type ${goType}`,
    )
  for (const [field, [wanted, goType]] of Object.entries(goTypes)) {
    const found = options[field] ?? undefined
    if (found === undefined) continue
    const isWhole = goType !== 'int64' || Number.isInteger(found)
    if (goShape(found) !== wanted || !isWhole) throw refuse(found, `DeleteOptions.${field}`, goType)
  }
  for (const each of listAt(options, 'dryRun'))
    if (each !== null && typeof each !== 'string') throw refuse(each, 'DeleteOptions.dryRun', 'string')
  for (const [field, goType] of Object.entries(conditionTypes)) {
    const found = at(options, 'preconditions', field) ?? undefined
    if (found !== undefined && typeof found !== 'string')
      throw refuse(found, `Preconditions.preconditions.${field}`, goType)
  }
}
