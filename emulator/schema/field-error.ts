/** The machine-readable kinds of apimachinery's field.Error; also the `reason` of a Status cause. */
export type FieldErrorType =
  | 'FieldValueInvalid'
  | 'FieldValueRequired'
  | 'FieldValueNotSupported'
  | 'FieldValueTypeInvalid'
  | 'FieldValueTooLong'
  | 'FieldValueTooMany'
  | 'FieldValueDuplicate'
  | 'FieldValueForbidden'
  | 'FieldValueNotFound'
  | 'InternalError'

/** `field` is `<nil>` for the object itself, as in Go; without `badValue` none is rendered. */
export type FieldError = {
  readonly field: string
  readonly type: FieldErrorType
  readonly badValue?: unknown
  readonly detail: string
}

/** What the real server does here is not built yet: to be answered with 501. */
export class NotImplementedError extends Error {
  readonly code = 501

  constructor(what: string) {
    super(what)
    this.name = 'NotImplementedError'
  }
}

const words: Readonly<Record<FieldErrorType, string>> = {
  FieldValueInvalid: 'Invalid value',
  FieldValueRequired: 'Required value',
  FieldValueNotSupported: 'Unsupported value',
  FieldValueTypeInvalid: 'Invalid value',
  FieldValueTooLong: 'Too long',
  FieldValueTooMany: 'Too many',
  FieldValueDuplicate: 'Duplicate value',
  FieldValueForbidden: 'Forbidden',
  FieldValueNotFound: 'Not found',
  InternalError: 'Internal error',
}
const withoutValue: readonly FieldErrorType[] = [
  'FieldValueRequired',
  'FieldValueForbidden',
  'FieldValueTooLong',
  'InternalError',
]

/** The text of one error as in a Status cause: without its field. Pure. */
export function bodyOf(error: FieldError): string {
  const word = words[error.type]
  const isBare = withoutValue.includes(error.type) || !('badValue' in error)
  const text = isBare ? word : `${word}: ${valueText(error.badValue)}`
  return error.detail === '' ? text : `${text}: ${error.detail}`
}

/** The text of one error as the real server's messages have it. Pure. */
export function messageOf(error: FieldError): string {
  return `${error.field}: ${bodyOf(error)}`
}

/** All errors as a Status message lists them: one alone as it is, more in brackets. Equal ones count once. Pure. */
export function aggregateOf(errors: readonly FieldError[]): string {
  const texts = [...new Set(errors.map(messageOf))]
  return texts.length === 1 ? (texts[0] ?? '') : `[${texts.join(', ')}]`
}

export const invalid = (field: string, badValue: unknown, detail: string): FieldError => ({
  field: rooted(field),
  type: 'FieldValueInvalid',
  badValue,
  detail,
})
export const required = (field: string, detail: string): FieldError => ({
  field: rooted(field),
  type: 'FieldValueRequired',
  detail,
})
export const forbidden = (field: string, detail: string): FieldError => ({
  field: rooted(field),
  type: 'FieldValueForbidden',
  detail,
})
export const internalError = (field: string, detail: string): FieldError => ({
  field: rooted(field),
  type: 'InternalError',
  detail,
})
export const duplicate = (field: string, badValue: unknown): FieldError => ({
  field: rooted(field),
  type: 'FieldValueDuplicate',
  badValue,
  detail: '',
})
export const tooLong = (field: string, maximum: number): FieldError => ({
  field: rooted(field),
  type: 'FieldValueTooLong',
  detail: maximum >= 0 ? `may not be more than ${maximum} ${maximum === 1 ? 'byte' : 'bytes'}` : 'value is too long',
})
export const tooMany = (field: string, actual: number, maximum: number): FieldError => ({
  field: rooted(field),
  type: 'FieldValueTooMany',
  badValue: actual,
  detail: maximum >= 0 ? `must have at most ${maximum} ${maximum === 1 ? 'item' : 'items'}` : 'has too many items',
})
export const notSupported = (field: string, badValue: unknown, values: readonly string[]): FieldError => ({
  field: rooted(field),
  type: 'FieldValueNotSupported',
  badValue,
  detail: values.length === 0 ? '' : `supported values: ${values.map(goQuote).join(', ')}`,
})

const rooted = (field: string): string => (field === '' ? '<nil>' : field)

/** Paths are texts here; `''` is the object itself. */
export const child = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`)
export const atKey = (path: string, key: string): string => `${path}[${key}]`
export const atIndex = (path: string, index: number): string => `${path}[${index}]`

function valueText(value: unknown): string {
  if (typeof value === 'string') return goQuote(value)
  if (typeof value === 'number') return goNumber(value)
  return goJson(value)
}

/** Go's %v of a JSON number, which is an int64 when it is whole. Pure. */
export const goNumber = (value: number): string => (isInt64(value) ? BigInt(value).toString() : goFloat(value))

/** Go's %v of a float64: with an exponent below 1e-4 and from 1e6 on. Pure. */
export function goFloat(value: number): string {
  if (value === 0) return '0'
  const exponent = Number(value.toExponential().split('e')[1])
  if (exponent >= -4 && exponent < 6) return String(value)
  const [digits, power = '+0'] = value.toExponential().split('e')
  const padded = power.slice(1).padStart(2, '0')
  return `${digits}e${power[0]}${padded}`
}

const isWhole = (value: number): boolean => Number.isInteger(value)

/** Whether Go's JSON decoder would make an int64 of it. (A literal such as 1.0 it would not, but that is lost here.) */
export const isInt64 = (value: unknown): value is number =>
  typeof value === 'number' && isWhole(value) && value >= -(2 ** 63) && value < 2 ** 63

const escapes: Readonly<Record<string, string>> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
  '"': '\\"',
}

/** Go's strconv.Quote. Pure. */
export function goQuote(text: string): string {
  const quoted = [...text].map((letter) => {
    const escaped = escapes[letter]
    if (escaped) return escaped
    const code = letter.codePointAt(0) ?? 0
    if (letter === ' ' || !/[\p{C}\p{Z}]/u.test(letter)) return letter
    if (code < 0x80) return `\\x${code.toString(16).padStart(2, '0')}`
    return code < 0x10000 ? `\\u${code.toString(16).padStart(4, '0')}` : `\\U${code.toString(16).padStart(8, '0')}`
  })
  return `"${quoted.join('')}"`
}

/** Go's json.Marshal of plain JSON: sorted keys (those of a Map as they come), and <, > and & escaped. Pure. */
export function goJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(goJson).join(',')}]`
  if (value instanceof Map) return `{${[...value].map(([key, each]) => `${goJson(key)}:${goJson(each)}`).join(',')}}`
  if (isRecord(value)) {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
    return `{${entries.map(([key, each]) => `${goJson(key)}:${goJson(each)}`).join(',')}}`
  }
  if (isInt64(value)) return BigInt(value).toString()
  return (JSON.stringify(value) ?? 'null').replace(
    /[<>&\u2028\u2029]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The value under a key that the object has itself: JSON may have a key such as `constructor`. */
export const own = <T>(record: Readonly<Record<string, T>> | undefined, key: string): T | undefined =>
  record && Object.hasOwn(record, key) ? record[key] : undefined
