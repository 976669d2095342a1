import { builtInType } from '../../patch/built-in-types.ts'
import type { FieldType } from '../../patch/types.ts'
import { withFields, withItems } from '../../schema/rebuild.ts'
import { isObject } from '../json.ts'
import { badRequest } from '../status.ts'
import type { Json, KubeObject } from '../types.ts'
import { quantityOf, quantityText } from '../validation/quantity.ts'

// Fields that Go decodes into types of their own, by the struct that has them.
const quantityMaps: Readonly<Record<string, readonly string[]>> = {
  ResourceRequirements: ['limits', 'requests'],
  VolumeResourceRequirements: ['limits', 'requests'],
  LimitRangeItem: ['default', 'defaultRequest', 'max', 'maxLimitRequestRatio', 'min'],
  ResourceQuotaSpec: ['hard'],
  ResourceQuotaStatus: ['hard', 'used'],
  PersistentVolumeClaimStatus: ['capacity'],
}
const quantities: Readonly<Record<string, readonly string[]>> = {
  EmptyDirVolumeSource: ['sizeLimit'],
  ResourceFieldSelector: ['divisor'],
}
const bytes: Readonly<Record<string, readonly string[]>> = { Secret: ['data'], ConfigMap: ['binaryData'] }
const microTimes: Readonly<Record<string, readonly string[]>> = {
  LeaseSpec: ['acquireTime', 'renewTime'],
  Event2: ['eventTime'],
  EventSeries2: ['lastObservedTime'],
}
const times = /(Time|timestamp|Timestamp|startedAt|finishedAt)$/

/**
 * With quantities as the server writes them. Throws its 400 for what Go's types cannot take. What is the very same value in `before`,
 * where that is done, is not looked at. Pure.
 */
export function canonical(object: KubeObject, before?: KubeObject): KubeObject {
  const type = builtInType(object.apiVersion, object.kind)
  if (!type) return object
  const refuse = (why: string): never => {
    const version = object.apiVersion.split('/').at(-1)
    throw badRequest(`${object.kind} in version "${version}" cannot be handled as a ${object.kind}: ${why}`)
  }
  return walk(type.root, object, before, refuse) as KubeObject
}

type Refuse = (why: string) => never

function walk(type: FieldType | undefined, value: unknown, before: unknown, refuse: Refuse): unknown {
  if (typeof value !== 'object' || value === null || value === before) return value
  if (Array.isArray(value)) {
    const old: readonly unknown[] = Array.isArray(before) ? before : []
    const element = type?.list?.element
    return element ? withItems(value, (item, index) => walk(element, item, old[index], refuse)) : value
  }
  const map = type?.map
  if (!isObject(value) || !map?.name || map.name === 'ObjectMeta') return value
  const name = map.name
  const old: Json = isObject(before) ? before : {}
  return withFields(value, (item, key) => {
    if (item === null || item === undefined || item === old[key]) return item
    if (quantityMaps[name]?.includes(key) && isObject(item))
      return withFields(item, (text) => quantity(text, refuse, MILLI))
    if (quantities[name]?.includes(key)) return quantity(item, refuse)
    if (bytes[name]?.includes(key) && isObject(item)) for (const text of Object.values(item)) checkBase64(text, refuse)
    if (microTimes[name]?.includes(key)) return microTime(String(item), refuse)
    if (typeof item === 'string') return times.test(key) ? time(item, refuse) : item
    return walk(map.fields.get(key)?.type, item, old[key], refuse)
  })
}

/** Amounts of resources are no finer than thousandths. */
const MILLI = 1_000_000n

const quantity = (value: unknown, refuse: Refuse, step = 1n): string => {
  const found = quantityOf(value)
  if (found === undefined)
    return refuse("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")
  const rest = found.nano % step
  return quantityText(rest > 0n ? { ...found, nano: found.nano - rest + step } : found)
}

function checkBase64(value: unknown, refuse: Refuse): void {
  const text = String(value)
  const clean = text.replace(/[\r\n]/g, '')
  const odd = /[^A-Za-z0-9+/=]/.exec(text.replace(/[\r\n]/g, 'A'))
  if (odd) refuse(`illegal base64 data at input byte ${odd.index}`)
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(clean))
    refuse(`illegal base64 data at input byte ${Math.max(0, clean.length - (clean.length % 4))}`)
}

const microTime = (text: string, refuse: Refuse): string => {
  const layout = '2006-01-02T15:04:05.000000Z07:00'
  const parts = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(\.\d{6})?(Z|[+-]\d{2}:\d{2})$/.exec(text)
  if (!parts) return refuse(`parsing time "${text}" as "${layout}": cannot parse "${text}" as "2006"`)
  if (parts[2] === undefined)
    return refuse(`parsing time "${text}" as "${layout}": cannot parse "${parts[3]}" as ".000000"`)
  const moment = Date.parse(text)
  if (Number.isNaN(moment)) return refuse(`parsing time "${text}": day out of range`)
  return `${new Date(moment).toISOString().slice(0, 19)}${parts[2]}Z`
}

const time = (text: string, refuse: Refuse): string => {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}([.,]\d+)?(Z|[+-]\d{2}:\d{2})$/.test(text))
    return refuse(`parsing time "${text}" as "2006-01-02T15:04:05Z07:00": cannot parse "${text}" as "2006"`)
  const moment = Date.parse(text.replace(',', '.'))
  if (Number.isNaN(moment)) return refuse(`parsing time "${text}": day out of range`)
  return `${new Date(moment).toISOString().slice(0, 19)}Z`
}
