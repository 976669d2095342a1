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

type Sort = 'amounts' | 'quantity' | 'bytes' | 'microTime' | 'time' | 'other'
const sorts = new Map<string, Map<string, Sort>>()

/** What a field of a struct is; there are some hundred of them. */
function sortOf(struct: string, key: string): Sort {
  const ofStruct = sorts.get(struct) ?? new Map<string, Sort>()
  sorts.set(struct, ofStruct)
  const found = ofStruct.get(key) ?? readSort(struct, key)
  ofStruct.set(key, found)
  return found
}

const readSort = (struct: string, key: string): Sort => {
  if (quantityMaps[struct]?.includes(key)) return 'amounts'
  if (quantities[struct]?.includes(key)) return 'quantity'
  if (bytes[struct]?.includes(key)) return 'bytes'
  if (microTimes[struct]?.includes(key)) return 'microTime'
  return times.test(key) ? 'time' : 'other'
}

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
  const walkOn = (item: unknown, key: string): unknown => walk(map.fields.get(key)?.type, item, old[key], refuse)
  return withFields(value, (item, key) => {
    if (item === null || item === undefined || item === old[key]) return item
    switch (sortOf(name, key)) {
      case 'amounts':
        return isObject(item) ? withFields(item, (text) => quantity(text, refuse, MILLI)) : walkOn(item, key)
      case 'quantity':
        return quantity(item, refuse)
      case 'bytes':
        if (isObject(item)) for (const text of Object.values(item)) checkBase64(text, refuse)
        return walkOn(item, key)
      case 'microTime':
        return microTime(String(item), refuse)
      case 'time':
        return typeof item === 'string' ? time(item, refuse) : walkOn(item, key)
      default:
        return walkOn(item, key)
    }
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
  if (text === lastTime) return text
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}([.,]\d+)?(Z|[+-]\d{2}:\d{2})$/.test(text))
    return refuse(`parsing time "${text}" as "2006-01-02T15:04:05Z07:00": cannot parse "${text}" as "2006"`)
  const moment = Date.parse(text.replace(',', '.'))
  if (Number.isNaN(moment)) return refuse(`parsing time "${text}": day out of range`)
  lastTime = `${new Date(moment).toISOString().slice(0, 19)}Z`
  return lastTime
}

/** Most are of one moment, and canonical. */
let lastTime = ''
