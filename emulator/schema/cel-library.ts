import type { Environment } from '@marcbachmann/cel-js'
import { NotImplementedError } from './field-error.ts'
import { compileRegexp } from './regexp.ts'

/** What an expression cannot have done to it; the text is cel-go's. */
export class CelFailure extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'CelFailure'
  }
}

/** Functions of the engine that differ from cel-go's, and how ours are called. */
export const replaced: Readonly<Record<string, string>> = {
  matches: 'k8sMatches',
  indexOf: 'k8sIndexOf',
  lastIndexOf: 'k8sLastIndexOf',
  substring: 'k8sSubstring',
  lowerAscii: 'k8sLowerAscii',
  upperAscii: 'k8sUpperAscii',
  trim: 'k8sTrim',
  split: 'k8sSplit',
}

/** As `replaced`, for functions that are no methods. */
export const replacedCalls: Readonly<Record<string, string>> = { int: 'k8sInt', double: 'k8sDouble' }

const macros = ['has', 'all', 'exists', 'exists_one', 'map', 'filter']
/** Whose meaning in the engine was compared with cel-go's. Everything else is refused. */
export const functions: readonly string[] = [
  ...macros,
  ...Object.keys(replaced),
  ...['size', 'startsWith', 'endsWith', 'contains', 'type', 'int', 'double', 'string', 'bool', 'dyn', 'join'],
  ...['timestamp', 'duration', 'getFullYear', 'getHours', 'getMinutes', 'getSeconds'],
  ...['of', 'none', 'hasValue', 'value', 'orValue', 'or'],
  ...['charAt', 'replace', 'find', 'findAll', 'isSorted', 'sum', 'min', 'max'],
  ...['isURL', 'isQuantity', 'quantity', 'isInteger', 'asInteger', 'asApproximateFloat', 'sign', 'add', 'sub'],
  ...['isGreaterThan', 'isLessThan', 'compareTo'],
]

const letters = (text: string): readonly string[] => [...text]
const outOfRange = (index: bigint): never => {
  throw new CelFailure(`index out of range: ${index}`)
}
const findFrom = (list: readonly string[], part: readonly string[], from: number): number => {
  for (let at = from; at <= list.length - part.length; at++) {
    if (part.every((letter, index) => list[at + index] === letter)) return at
  }
  return -1
}
const findLast = (list: readonly string[], part: readonly string[], from: number): number => {
  for (let at = Math.min(from, list.length - part.length); at >= 0; at--) {
    if (part.every((letter, index) => list[at + index] === letter)) return at
  }
  return -1
}

/** Adds what Kubernetes offers to expressions and the engine does not have, or not the same. */
export function registerLibrary(environment: Environment): void {
  const method = (signature: string, handler: (...values: never[]) => unknown): void => {
    environment.registerFunction(signature, handler as (...values: unknown[]) => unknown)
  }
  method('k8sInt(dyn): int', intOf)
  method('k8sDouble(dyn): double', doubleOf)
  method('string.k8sMatches(string): bool', (text: string, pattern: string) => {
    try {
      return compileRegexp(pattern).test(text)
    } catch (error) {
      throw error instanceof NotImplementedError ? error : new CelFailure((error as Error).message)
    }
  })
  method('string.find(string): string', (text: string, pattern: string) => compileRegexp(pattern).exec(text)?.[0] ?? '')
  method('string.findAll(string): list<string>', (text: string, pattern: string) => findAll(text, pattern, -1n))
  method('string.findAll(string, int): list<string>', findAll)
  method('string.k8sIndexOf(string): int', (text: string, part: string) =>
    BigInt(findFrom(letters(text), letters(part), 0)),
  )
  method('string.k8sIndexOf(string, int): int', (text: string, part: string, from: bigint) => {
    if (part === '') return from
    if (from < 0n) return outOfRange(from)
    return BigInt(findFrom(letters(text), letters(part), Number(from)))
  })
  method('string.k8sLastIndexOf(string): int', (text: string, part: string) =>
    BigInt(part === '' ? letters(text).length : findLast(letters(text), letters(part), Infinity)),
  )
  method('string.k8sLastIndexOf(string, int): int', (text: string, part: string, from: bigint) => {
    if (part === '') return from
    if (from < 0n || from >= letters(text).length) return outOfRange(from)
    return BigInt(findLast(letters(text), letters(part), Number(from)))
  })
  method('string.k8sSubstring(int): string', (text: string, from: bigint) =>
    from < 0n || from > letters(text).length ? outOfRange(from) : letters(text).slice(Number(from)).join(''),
  )
  method('string.k8sSubstring(int, int): string', (text: string, from: bigint, to: bigint) => {
    const size = letters(text).length
    if (from > to) throw new CelFailure(`invalid substring range. start: ${from}, end: ${to}`)
    if (from < 0n || from > size) return outOfRange(from)
    if (to < 0n || to > size) return outOfRange(to)
    return letters(text).slice(Number(from), Number(to)).join('')
  })
  method('string.k8sLowerAscii(): string', (text: string) => text.replace(/[A-Z]/g, (each) => each.toLowerCase()))
  method('string.k8sUpperAscii(): string', (text: string) => text.replace(/[a-z]/g, (each) => each.toUpperCase()))
  method('string.k8sTrim(): string', (text: string) => text.replace(/^[\p{White_Space}]+|[\p{White_Space}]+$/gu, ''))
  method('string.k8sSplit(string): list<string>', (text: string, by: string) => splitOf(text, by, -1n))
  method('string.k8sSplit(string, int): list<string>', splitOf)
  method('string.charAt(int): string', (text: string, at: bigint) => {
    const all = letters(text)
    return at < 0n || at > all.length ? outOfRange(at) : (all[Number(at)] ?? '')
  })
  method('string.replace(string, string): string', (text: string, from: string, to: string) =>
    replaceIn(text, from, to, -1n),
  )
  method('string.replace(string, string, int): string', replaceIn)
  registerLists(method)
  method('isURL(string): bool', (text: string) => {
    if (/^(\/(?!\/)[\w./~-]*|https?:\/\/[A-Za-z0-9.-]+(:\d+)?(\/[\w./~-]*)?(\?[\w=&.-]*)?)$/.test(text)) return true
    if (text === '' || /^[\w.-]+$/.test(text)) return false
    throw new NotImplementedError(`isURL of ${text}`)
  })
  registerQuantities(environment, method)
}

type Method = (signature: string, handler: (...values: never[]) => unknown) => void

function registerLists(method: Method): void {
  const compare = (a: unknown, b: unknown): number => ((a as number) < (b as number) ? -1 : a === b ? 0 : 1)
  const empty = (what: string): never => {
    throw new CelFailure(`${what} called on empty list`)
  }
  for (const type of ['int', 'double', 'string']) {
    const extreme = (list: readonly unknown[], what: string, sign: number): unknown =>
      list.length === 0 ? empty(what) : list.reduce((a, b) => (compare(a, b) * sign <= 0 ? a : b))
    method(`list<${type}>.min(): ${type}`, (list: readonly unknown[]) => extreme(list, 'min', 1))
    method(`list<${type}>.max(): ${type}`, (list: readonly unknown[]) => extreme(list, 'max', -1))
    method(`list<${type}>.isSorted(): bool`, (list: readonly unknown[]) =>
      list.every((each, index) => index === 0 || compare(list[index - 1], each) <= 0),
    )
    method(`list<${type}>.k8sIndexOf(${type}): int`, (list: readonly unknown[], each: unknown) =>
      BigInt(list.indexOf(each)),
    )
    method(`list<${type}>.indexOf(${type}): int`, (list: readonly unknown[], each: unknown) =>
      BigInt(list.indexOf(each)),
    )
    method(`list<${type}>.k8sLastIndexOf(${type}): int`, (list: readonly unknown[], each: unknown) =>
      BigInt(list.lastIndexOf(each)),
    )
    method(`list<${type}>.lastIndexOf(${type}): int`, (list: readonly unknown[], each: unknown) =>
      BigInt(list.lastIndexOf(each)),
    )
  }
  method('list<int>.sum(): int', (list: readonly bigint[]) => {
    const sum = list.reduce((a, b) => a + b, 0n)
    if (sum >= 2n ** 63n || sum < -(2n ** 63n)) throw new CelFailure('integer overflow')
    return sum
  })
  method('list<double>.sum(): double', (list: readonly number[]) => list.reduce((a, b) => a + b, 0))
}

/** A number as a fraction of 10^-9, which is as fine as a quantity gets. */
class Quantity {
  readonly billionths: bigint
  constructor(billionths: bigint) {
    this.billionths = billionths
  }
}
const scales: Readonly<Record<string, bigint>> = {
  n: 1n,
  u: 10n ** 3n,
  m: 10n ** 6n,
  '': 10n ** 9n,
  k: 10n ** 12n,
  M: 10n ** 15n,
  G: 10n ** 18n,
  T: 10n ** 21n,
  P: 10n ** 24n,
  E: 10n ** 27n,
  Ki: 2n ** 10n * 10n ** 9n,
  Mi: 2n ** 20n * 10n ** 9n,
  Gi: 2n ** 30n * 10n ** 9n,
  Ti: 2n ** 40n * 10n ** 9n,
  Pi: 2n ** 50n * 10n ** 9n,
  Ei: 2n ** 60n * 10n ** 9n,
}

function quantityOf(text: string): Quantity | undefined {
  const parts = /^([+-]?)(\d*)(?:\.(\d*))?([numkMGTPE]|[KMGTPE]i|[eE][+-]?\d+)?$/.exec(text)
  if (!parts || !/\d/.test(`${parts[2]}${parts[3] ?? ''}`)) return undefined
  const [, sign = '', whole = '', fraction = '', suffix = ''] = parts
  if (/^[eE]./.test(suffix) || fraction.length > 9 || whole.length > 15)
    throw new NotImplementedError(`the quantity ${text}`)
  const scaled = BigInt(`${whole}${fraction}`) * (scales[suffix] ?? 1n)
  const divisor = 10n ** BigInt(fraction.length)
  if (scaled % divisor !== 0n) throw new NotImplementedError(`the quantity ${text}`)
  return new Quantity((sign === '-' ? -1n : 1n) * (scaled / divisor))
}

function registerQuantities(environment: Environment, method: Method): void {
  const ONE = 10n ** 9n
  environment.registerType('kubernetes.Quantity', { ctor: Quantity, fields: {} })
  const type = 'kubernetes.Quantity'
  method('isQuantity(string): bool', (text: string) => quantityOf(text) !== undefined)
  method(`quantity(string): ${type}`, (text: string) => {
    const quantity = quantityOf(text)
    if (quantity) return quantity
    throw new NotImplementedError(`the error of quantity(${JSON.stringify(text)})`)
  })
  method(`${type}.isInteger(): bool`, ({ billionths }: Quantity) => billionths % ONE === 0n)
  method(`${type}.asInteger(): int`, ({ billionths }: Quantity) => {
    if (billionths % ONE !== 0n) throw new CelFailure('cannot convert value to integer')
    return billionths / ONE
  })
  method(`${type}.asApproximateFloat(): double`, ({ billionths }: Quantity) => Number(billionths) / 1e9)
  method(`${type}.sign(): int`, ({ billionths }: Quantity) => (billionths > 0n ? 1n : billionths < 0n ? -1n : 0n))
  method(`${type}.isGreaterThan(${type}): bool`, (a: Quantity, b: Quantity) => a.billionths > b.billionths)
  method(`${type}.isLessThan(${type}): bool`, (a: Quantity, b: Quantity) => a.billionths < b.billionths)
  method(`${type}.compareTo(${type}): int`, (a: Quantity, b: Quantity) =>
    a.billionths > b.billionths ? 1n : a.billionths < b.billionths ? -1n : 0n,
  )
  method(`${type}.add(${type}): ${type}`, (a: Quantity, b: Quantity) => new Quantity(a.billionths + b.billionths))
  method(`${type}.sub(${type}): ${type}`, (a: Quantity, b: Quantity) => new Quantity(a.billionths - b.billionths))
  method(`${type}.add(int): ${type}`, (a: Quantity, b: bigint) => new Quantity(a.billionths + b * ONE))
  method(`${type}.sub(int): ${type}`, (a: Quantity, b: bigint) => new Quantity(a.billionths - b * ONE))
}

const cannotBe = (type: string): never => {
  throw new CelFailure(`type conversion error from 'string' to '${type}'`)
}

function intOf(value: unknown): bigint {
  if (typeof value === 'bigint') return value
  if (typeof value === 'number' && Math.abs(value) < 2 ** 63) return BigInt(Math.trunc(value))
  if (typeof value !== 'string') throw new NotImplementedError(`CEL's int(${String(value)})`)
  if (!/^[+-]?\d+$/.test(value)) return cannotBe('int')
  const int = BigInt(value.replace('+', ''))
  return int >= 2n ** 63n || int < -(2n ** 63n) ? cannotBe('int') : int
}

function doubleOf(value: unknown): number {
  if (typeof value === 'bigint' || typeof value === 'number') return Number(value)
  if (typeof value !== 'string' || /[xpni_]/i.test(value.slice(1)))
    throw new NotImplementedError(`CEL's double(${String(value)})`)
  return /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(value) ? Number(value) : cannotBe('double')
}

function findAll(text: string, pattern: string, limit: bigint): readonly string[] {
  const { source, flags } = compileRegexp(pattern)
  const found = [...text.matchAll(new RegExp(source, `${flags}g`))].map(([each]) => each)
  return limit < 0n ? found : found.slice(0, Number(limit))
}

function splitOf(text: string, by: string, limit: bigint): readonly string[] {
  if (limit === 0n) return []
  const parts = by === '' ? letters(text) : text.split(by)
  if (limit < 0n || parts.length <= limit) return parts
  const kept = Number(limit) - 1
  return [...parts.slice(0, kept), parts.slice(kept).join(by)]
}

function replaceIn(text: string, from: string, to: string, limit: bigint): string {
  if (from === '') throw new NotImplementedError("CEL's replace of ''")
  const parts = text.split(from)
  const count = limit < 0n ? parts.length - 1 : Math.min(Number(limit), parts.length - 1)
  return (
    parts.slice(0, count + 1).join(to) +
    parts
      .slice(count + 1)
      .map((part) => from + part)
      .join('')
  )
}
