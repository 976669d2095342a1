import { withStructs } from '../../patch/structs.ts'
import { withItems } from '../../schema/rebuild.ts'
import { type Call, typeInfoOf } from '../context.ts'
import { at, isObject, listAt } from '../json.ts'
import type { Json, KubeObject } from '../types.ts'
import { withTemplateLabels } from './workloads.ts'

const record = (value: unknown): Json => (isObject(value) ? value : {})
/** A list that is written even when it is empty; the store's format does not tell that from none. */
const orNull = (object: Json, key: string): Json => (listAt(object, key).length === 0 ? { [key]: null } : {})
type Change = (item: Json) => Json
/** The list under `key` with each new item changed. */
const eachNew = (object: Json, before: unknown, key: string, change: Change): Json => {
  const old = listAt(before, key)
  const list = object[key]
  return Array.isArray(list)
    ? { [key]: withItems(list, (item, index) => (isObject(item) && item === old[index] ? item : change(record(item)))) }
    : {}
}
// Go writes times even when there is none, where they are no pointers.
const conditions = (status: Json, before: unknown): Json =>
  eachNew(status, before, 'conditions', (item) => ({ lastProbeTime: null, lastTransitionTime: null, ...item }))

const states = (container: Json): Json => {
  const state = (given: Json): Json => ({
    ...given,
    ...(isObject(given['running']) && { running: { startedAt: null, ...given['running'] } }),
    ...(isObject(given['terminated']) && { terminated: { startedAt: null, finishedAt: null, ...given['terminated'] } }),
  })
  return { ...container, state: state(record(container['state'])), lastState: state(record(container['lastState'])) }
}

export type Stored = {
  readonly stored: KubeObject
  /** The same as its fields are owned: with structs, without nulls that mean nothing. Of a kind without field types the same object. */
  readonly tracked: KubeObject
}

/** Of these, all that the store adds means nothing. */
const withNullsAdded: readonly string[] = ['Event', 'Pod', 'PersistentVolumeClaim']

/**
 * A built-in object after its way into the store and back: Go's zero values are left out or filled in. What is the very same value in
 * `before`, which is stored, stays so. Pure.
 */
export function asStored({ type }: Call, object: KubeObject, before?: KubeObject): Stored {
  const info = typeInfoOf(type)
  if (!info) return { stored: object, tracked: object }
  const filled = withStructs(info, object, before) as KubeObject
  if (type.isCustom || type.kind === 'CustomResourceDefinition') return { stored: object, tracked: filled }
  const stored = ofKind(filled, before)
  const isAsFilled = stored === filled || withNullsAdded.includes(type.kind)
  return { stored, tracked: isAsFilled ? filled : (withStructs(info, stored, before) as KubeObject) }
}

function ofKind(object: KubeObject, before: KubeObject | undefined): KubeObject {
  const spec = record(object['spec'])
  const status = record(object['status'])
  const old = before?.['status']
  switch (object.kind) {
    case 'Event':
      return { eventTime: null, firstTimestamp: null, lastTimestamp: null, ...object }
    case 'Role':
    case 'ClusterRole':
      return { ...object, ...orNull(object, 'rules') }
    case 'LimitRange':
      return { ...object, spec: { ...spec, ...orNull(spec, 'limits') } }
    case 'Pod': {
      if (isObject(old) && status === old) return object
      const all = ['containerStatuses', 'initContainerStatuses'].map((key) => eachNew(status, old, key, states))
      return { ...object, status: Object.assign({ ...status }, conditions(status, old), ...all) as Json }
    }
    case 'PersistentVolumeClaim':
      return { ...object, status: { ...status, ...conditions(status, old) } }
    case 'Job': {
      const policy = spec['podFailurePolicy']
      const failing = isObject(policy) && { podFailurePolicy: { ...policy, ...orNull(policy, 'rules') } }
      const made = {
        ...object,
        ...(failing && spec !== before?.['spec'] && { spec: { ...spec, ...failing } }),
        ...((!isObject(old) || status !== old) && { status: { ...status, ...conditions(status, old) } }),
      }
      return at(made, 'metadata', 'labels') === undefined ? withTemplateLabels(made) : made
    }
    default:
      return object
  }
}
