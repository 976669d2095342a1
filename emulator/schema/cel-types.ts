import { type Environment, evaluate } from '@marcbachmann/cel-js'
import { isRecord, NotImplementedError, own } from './field-error.ts'
import { additionalOf, type Schema } from './structural.ts'

/** How values of a schema look to CEL: the name of the type, and a value of it from JSON. */
export type CelType = { readonly name: string; readonly valueOf: (value: unknown) => unknown }

const reserved =
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  )
const symbols: Readonly<Record<string, string>> = {
  __: '__underscores__',
  '.': '__dot__',
  '-': '__dash__',
  '/': '__slash__',
}

/** The name of a field in an expression, or `undefined` if it has none. Pure. */
export function escapedName(name: string): string | undefined {
  if (!/^[A-Za-z_./-][A-Za-z0-9_./-]*$/.test(name)) return undefined
  if (reserved.includes(name)) return `__${name}__`
  return name.replace(/__|[./-]/g, (symbol) => symbols[symbol] ?? symbol)
}

const text: Schema = { type: 'string' }

/** Makes types of schemas known to an environment. `nameOf` says how expressions write a field, `undefined` for not at all. */
export function celTypes(environment: Environment, known: Map<string, Schema>, nameOf = escapedName) {
  let count = 0

  const typeOf = (schema: Schema, isRoot: boolean): CelType | undefined => {
    const plain = plainTypeOf(schema, isRoot)
    if (!plain || !schema.nullable) return plain
    return { name: 'dyn', valueOf: (value) => (value === null ? null : plain.valueOf(value)) }
  }

  const plainTypeOf = (schema: Schema, isRoot: boolean): CelType | undefined => {
    if (schema['x-kubernetes-int-or-string'])
      return { name: 'dyn', valueOf: (value) => (typeof value === 'number' ? BigInt(value) : value) }
    if (schema.type === 'array') {
      const items = schema.items && typeOf(schema.items, schema.items['x-kubernetes-embedded-resource'] === true)
      if (!items) return undefined
      return {
        name: `list<${items.name}>`,
        valueOf: (value) => (Array.isArray(value) ? value.map(items.valueOf) : wrong(value)),
      }
    }
    if (schema.type === 'object' || isRoot) return objectTypeOf(schema, isRoot)
    return scalarTypeOf(schema)
  }

  const objectTypeOf = (schema: Schema, isRoot: boolean): CelType | undefined => {
    const additional = additionalOf(schema)
    if (additional && !isRoot) {
      const values = typeOf(additional, additional['x-kubernetes-embedded-resource'] === true)
      if (!values) return undefined
      return {
        name: `map<string, ${values.name}>`,
        valueOf: (value) =>
          isRecord(value)
            ? new Map(Object.entries(value).map(([key, each]) => [key, values.valueOf(each)]))
            : wrong(value),
      }
    }
    const properties: Readonly<Record<string, Schema>> = isRoot
      ? {
          ...schema.properties,
          kind: text,
          apiVersion: text,
          metadata: { type: 'object', properties: { name: text, generateName: text } },
        }
      : (schema.properties ?? {})
    const fields = Object.entries(properties).flatMap(([key, property]) => {
      const name = nameOf(key)
      const type = typeOf(property, property['x-kubernetes-embedded-resource'] === true)
      return name !== undefined && type ? [{ key, name, type }] : []
    })
    const typeName = `Object${++count}`
    const Ctor = messageClass(fields)
    environment.registerType(typeName, {
      ctor: Ctor,
      fields: Object.fromEntries(fields.map(({ name, type }) => [name, type.name])),
    })
    environment.registerOperator(`${typeName} == ${typeName}`, isEqual)
    known.set(typeName, schema)
    return {
      name: typeName,
      valueOf: (value) => {
        return isRecord(value) ? new Ctor(value) : wrong(value)
      },
    }
  }

  return { typeOf }
}

type MessageField = { readonly key: string; readonly name: string; readonly type: CelType }

// Symbols, for a schema may name a field in any other way.
const VALUES = Symbol('values')
const MADE = Symbol('made')
const NAMES = Symbol('names')
type Message = {
  readonly [VALUES]: Readonly<Record<string, unknown>>
  readonly [MADE]: unknown[]
  readonly [NAMES]: readonly string[]
}

/** Objects with these fields. One is read when an expression asks for it: what it does not ask for may be of a wrong type. */
function messageClass(fields: readonly MessageField[]) {
  const Class = class {
    readonly [VALUES]: Readonly<Record<string, unknown>>
    readonly [MADE]: unknown[] = []
    constructor(values: Readonly<Record<string, unknown>>) {
      this[VALUES] = values
    }
  }
  Object.defineProperty(Class.prototype, NAMES, { value: fields.map(({ name }) => name) })
  for (const [index, { key, name, type }] of fields.entries()) {
    const absent = name === 'constructor' ? Class : undefined
    Object.defineProperty(Class.prototype, name, {
      get(this: Message) {
        const each = own(this[VALUES], key)
        if (each === undefined) return absent
        const known = this[MADE][index]
        if (known !== undefined) return known
        const made = type.valueOf(each)
        this[MADE][index] = made
        return made
      },
    })
  }
  return Class
}

/** CEL's equality of two values of one type. Pure. */
function isEqual(a: unknown, b: unknown): boolean {
  if (a instanceof Map && b instanceof Map)
    return a.size === b.size && [...a].every(([key, each]) => b.has(key) && isEqual(each, b.get(key)))
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((each, index) => isEqual(each, b[index]))
  if (a instanceof Date && b instanceof Date) return a.getTime() === b.getTime()
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b) === 0
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b
  if (a.constructor.name === 'Duration') return String(a) === String(b)
  const names = (a as Partial<Message>)[NAMES]
  if (names) return names.every((name) => isEqual(a[name as never], b[name as never]))
  const fields = Object.keys(a)
  return (
    fields.length === Object.keys(b).length &&
    fields.every((key) => Object.hasOwn(b, key) && isEqual(a[key as never], b[key as never]))
  )
}

function scalarTypeOf(schema: Schema): CelType | undefined {
  switch (schema.type) {
    case 'boolean':
      return { name: 'bool', valueOf: (value) => (typeof value === 'boolean' ? value : wrong(value)) }
    case 'number':
      return { name: 'double', valueOf: (value) => (typeof value === 'number' ? value : wrong(value)) }
    case 'integer':
      return { name: 'int', valueOf: integerOf }
    case 'string':
      return textTypeOf(schema.format)
    default:
      return undefined
  }
}

function textTypeOf(format: string | undefined): CelType {
  const from = (read: (value: string) => unknown) => (value: unknown) =>
    typeof value === 'string' ? read(value) : wrong(value)
  switch (format) {
    case 'byte':
      return { name: 'bytes', valueOf: from((value) => new Uint8Array(Buffer.from(value, 'base64'))) }
    case 'duration':
      return { name: 'google.protobuf.Duration', valueOf: from(durationOf) }
    case 'date':
    case 'date-time':
      return { name: 'google.protobuf.Timestamp', valueOf: from(timestampOf) }
    default:
      return { name: 'string', valueOf: from((value) => value) }
  }
}

function integerOf(value: unknown): bigint {
  if (typeof value !== 'number' || !Number.isInteger(value)) throw wrong(value)
  if (!Number.isSafeInteger(value)) throw new NotImplementedError(`CEL on the integer ${value}, beyond 2^53`)
  return BigInt(value)
}

function timestampOf(value: string): Date {
  if (/\.\d{4,}/.test(value)) throw new NotImplementedError(`CEL on the time ${value}, finer than a millisecond`)
  const time = Date.parse(value.toUpperCase())
  if (Number.isNaN(time)) throw new NotImplementedError(`CEL on the time ${value}`)
  return new Date(time)
}

/** Of Go's notation, such as 1h30m. Throws `NotImplementedError` for others. Pure. */
function durationOf(value: string): unknown {
  if (!/^((\d+)(h|ms|m|s|us|ns))+$/.test(value)) throw new NotImplementedError(`CEL on the duration ${value}`)
  return evaluate(`duration("${value}")`)
}

function wrong(value: unknown): never {
  throw new NotImplementedError(`CEL on a value that is not of its schema's type: ${JSON.stringify(value)}`)
}
