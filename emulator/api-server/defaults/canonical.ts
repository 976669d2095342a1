import type { FieldType, GoType } from '../../patch/types.ts'
import { withFields, withItems } from '../../schema/rebuild.ts'
import { parseGoTime } from '../go-time.ts'
import { isObject } from '../json.ts'
import type { Json } from '../types.ts'
import { quantityOf, quantityText } from '../validation/quantity.ts'

/**
 * A value of a built-in type with quantities and times as the server writes them. `refuse` throws for what Go's types cannot take, told why.
 * What is the very same value in `before`, where that is done, is not looked at. Pure.
 */
export const canonical = (type: FieldType, value: unknown, before: unknown, refuse: Refuse): unknown =>
  walk(type, value, before, refuse)

type Refuse = (why: string) => never

function walk(type: FieldType | undefined, value: unknown, before: unknown, refuse: Refuse, step = 1n): unknown {
  if (value === before || value === null || value === undefined || !type) return value
  if (type.go !== undefined) return scalar(type.go, value, refuse, step)
  if (typeof value !== 'object' || type.scalar) return value
  if (Array.isArray(value)) {
    const old: readonly unknown[] = Array.isArray(before) ? before : []
    const element = type.list?.element
    return element ? withItems(value, (item, index) => walk(element, item, old[index], refuse)) : value
  }
  const { map } = type
  if (!isObject(value) || !map || map.name === 'FieldsV1') return value
  const { fields, element } = map
  if (element?.scalar === 'string' && element.go === undefined) return value
  const old: Json = isObject(before) ? before : {}
  const amounts = element?.go === 'quantity' ? MILLI : undefined
  return withFields(value, (item, key) => walk(fields.get(key)?.type ?? element, item, old[key], refuse, amounts))
}

function scalar(go: GoType, value: unknown, refuse: Refuse, step: bigint): unknown {
  switch (go) {
    case 'quantity':
      return quantity(value, refuse, step)
    case 'bytes':
      checkBase64(value, refuse)
      return value
    case 'microTime':
      return microTime(String(value), refuse)
    case 'time':
      return time(String(value), refuse)
    default:
      return value
  }
}

/** Amounts of resources are no finer than thousandths. */
const MILLI = 1_000_000n

const quantity = (value: unknown, refuse: Refuse, step = 1n): string => {
  const found = typeof value === 'object' ? undefined : quantityOf(value)
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
  const parsed = parseGoTime(text, true)
  if ('fault' in parsed) return refuse(parsed.fault)
  return `${new Date(parsed.ms).toISOString().slice(0, 19)}${parsed.fraction}Z`
}

const time = (text: string, refuse: Refuse): string => {
  if (text === lastTime) return text
  const parsed = parseGoTime(text)
  if ('fault' in parsed) return refuse(parsed.fault)
  const canonical = `${new Date(parsed.ms).toISOString().slice(0, 19)}Z`
  lastTime = canonical
  return canonical
}

/** Most are of one moment, and canonical. */
let lastTime: string | undefined
