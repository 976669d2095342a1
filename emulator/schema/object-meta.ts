import { isSame } from './correlation.ts'
import { type FieldError, forbidden, goQuote, invalid, isRecord, own, required, tooLong } from './field-error.ts'
import { labelValueFaults, qualifiedNameFaults, subdomainFaults } from './names.ts'

const ANNOTATION_BYTES = 256 * 1024
const immutable = [
  'name',
  'namespace',
  'uid',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
] as const

type Meta = Readonly<Record<string, unknown>>
export type Scope = 'Namespaced' | 'Cluster'

/** The metadata of a new object, after the server has filled it in. Pure. */
export function validateMeta(meta: Meta, scope: Scope, nameFaults = subdomainFaults): readonly FieldError[] {
  const name = textOf(meta, 'name')
  const generateName = textOf(meta, 'generateName')
  const errors: FieldError[] = []
  // A name is made by adding five letters: a prefix may end with a dash.
  if (generateName !== '')
    for (const fault of nameFaults(generateName.replace(/-$/, 'a')))
      errors.push(invalid('metadata.generateName', generateName, fault))
  if (name === '') errors.push(required('metadata.name', 'name or generateName is required'))
  else for (const fault of nameFaults(name)) errors.push(invalid('metadata.name', name, fault))
  const namespace = textOf(meta, 'namespace')
  if (scope === 'Namespaced' && namespace === '') errors.push(required('metadata.namespace', ''))
  if (scope === 'Cluster' && namespace !== '') errors.push(forbidden('metadata.namespace', 'not allowed on this type'))
  const generation = Number(meta['generation'] ?? 0)
  if (generation < 0) errors.push(invalid('metadata.generation', generation, 'must be greater than or equal to 0'))
  const finalizers = listOf(meta, 'finalizers')
  return [...errors, ...commonErrors(meta), ...finalizerErrors(finalizers)]
}

/** The metadata of a changed object. Pure. */
export function validateMetaUpdate(meta: Meta, old: Meta): readonly FieldError[] {
  const errors: FieldError[] = []
  if (old['deletionTimestamp']) {
    const before = listOf(old, 'finalizers')
    const added = listOf(meta, 'finalizers').filter((each) => !before.includes(each))
    if (added.length > 0) {
      const list = [...new Set(added)].sort().map((each) => goQuote(String(each)))
      const detail = `no new finalizers can be added if the object is being deleted, found new finalizers []string{${list.join(', ')}}`
      errors.push(forbidden('metadata.finalizers', detail))
    }
  }
  if (textOf(meta, 'resourceVersion') === '')
    errors.push(invalid('metadata.resourceVersion', '', 'must be specified for an update'))
  if (Number(meta['generation'] ?? 0) < Number(old['generation'] ?? 0))
    errors.push(invalid('metadata.generation', meta['generation'] ?? 0, 'must not be decremented'))
  for (const key of immutable) {
    if (!isSame(meta[key], old[key]))
      errors.push(
        invalid(
          `metadata.${key}`,
          meta[key] ?? (key.endsWith('s') || key.endsWith('Timestamp') ? null : ''),
          'field is immutable',
        ),
      )
  }
  return [...errors, ...commonErrors(meta)]
}

function commonErrors(meta: Meta): readonly FieldError[] {
  const errors: FieldError[] = []
  const labels = mapOf(meta, 'labels')
  for (const key of Object.keys(labels)) {
    const value = labels[key]
    for (const fault of qualifiedNameFaults(key)) errors.push(invalid('metadata.labels', key, fault))
    for (const fault of labelValueFaults(String(value))) errors.push(invalid('metadata.labels', value, fault))
  }
  const annotations = mapOf(meta, 'annotations')
  let size = 0
  for (const key of Object.keys(annotations)) {
    for (const fault of qualifiedNameFaults(key.toLowerCase())) errors.push(invalid('metadata.annotations', key, fault))
    size += Buffer.byteLength(key) + Buffer.byteLength(String(annotations[key]))
  }
  if (size > ANNOTATION_BYTES) errors.push(tooLong('metadata.annotations', ANNOTATION_BYTES))
  return [...errors, ...ownerErrors(listOf(meta, 'ownerReferences').filter(isRecord))]
}

function ownerErrors(owners: readonly Meta[]): readonly FieldError[] {
  const path = 'metadata.ownerReferences'
  const errors: FieldError[] = []
  let controller: string | undefined
  for (const owner of owners) {
    for (const key of ['apiVersion', 'kind', 'name', 'uid']) {
      if (textOf(owner, key) === '')
        errors.push(invalid(`${path}.${key}`, '', `${key === 'apiVersion' ? 'version ' : ''}must not be empty`))
    }
    if (textOf(owner, 'apiVersion') === 'v1' && owner['kind'] === 'Event')
      errors.push(invalid(path, ownerValue(owner), '/v1, Kind=Event is disallowed from being an owner'))
    if (owner['controller'] !== true) continue
    const name = `${owner['kind']}/${owner['name']}`
    if (controller === undefined) controller = name
    else {
      const detail = `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${name}`
      errors.push(invalid(path, owners.map(ownerValue), detail))
    }
  }
  return errors
}

// In the order of the Go struct.
const ownerValue = (owner: Meta): ReadonlyMap<string, unknown> =>
  new Map(
    ['apiVersion', 'kind', 'name', 'uid', 'controller', 'blockOwnerDeletion'].flatMap((key) =>
      owner[key] === undefined ? [] : [[key, owner[key]]],
    ),
  )

function finalizerErrors(finalizers: readonly unknown[]): readonly FieldError[] {
  const path = 'metadata.finalizers'
  const faults = finalizers.flatMap((each) =>
    qualifiedNameFaults(String(each)).map((fault) => invalid(path, each, fault)),
  )
  if (!finalizers.includes('orphan') || !finalizers.includes('foregroundDeletion')) return faults
  return [...faults, invalid(path, finalizers, 'finalizer orphan and foregroundDeletion cannot be both set')]
}

const textOf = (meta: Meta, key: string): string => (typeof meta[key] === 'string' ? meta[key] : '')
const listOf = (meta: Meta, key: string): readonly unknown[] => (Array.isArray(meta[key]) ? meta[key] : [])
const mapOf = (meta: Meta, key: string): Meta => {
  const value = own(meta, key)
  return isRecord(value) ? value : {}
}
