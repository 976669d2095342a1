import protobuf from 'protobufjs/minimal.js'
import { type Field, fieldsOf, messageOf } from './fields.ts'
import { specialTypes } from './special-types.ts'

/** What a client sent is no protobuf of Kubernetes, or broken: the `message` says how. */
export class ProtobufError extends Error {}

/** Before each message, so that it can be told from others: `k8s` and a zero. */
const magic = Buffer.from('k8s\0')

/**
 * A request's body (`runtime.Unknown` after four bytes of its own) as the JSON that the same client would have sent. `undefined` for a kind
 * that the table of fields has not. Throws ProtobufError. Pure.
 */
export function decodeProtobuf(body: Uint8Array): {
  object?: Record<string, unknown>
  apiVersion: string
  kind: string
} {
  if (!Buffer.from(body.subarray(0, magic.length)).equals(magic))
    throw new ProtobufError('provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]')
  try {
    const unknown = decodeMessage(body.subarray(magic.length), 'runtime.Unknown')
    const { apiVersion = '', kind = '', '-': encoded = '' } = unknown as Readonly<Record<string, string>>
    const message = messageOf(apiVersion, kind)
    if (message === undefined) return { apiVersion, kind }
    return { apiVersion, kind, object: { kind, apiVersion, ...decodeMessage(Buffer.from(encoded, 'base64'), message) } }
  } catch (error) {
    if (error instanceof ProtobufError) throw error
    throw new ProtobufError(error instanceof Error ? error.message : String(error), { cause: error })
  }
}

function decodeMessage(bytes: Uint8Array, message: string): Record<string, unknown> {
  const fields = fieldsOf(message)
  if (!fields) throw new ProtobufError(`there is no message ${message}`)
  const reader = protobuf.Reader.create(bytes)
  const object: Record<string, unknown> = {}
  while (reader.pos < reader.len) {
    const tag = reader.uint32()
    const field = fields.get(tag >>> 3)
    if (!field) reader.skipType(tag & 7)
    else put(object, field, reader, tag & 7)
  }
  return object
}

function put(object: Record<string, unknown>, field: Field, reader: protobuf.Reader, wireType: number): void {
  const { name, type, shape, isInline, isOmittedWhenZero } = field
  if (shape === 'map') {
    const [key, value] = entry(reader, type)
    object[name] = { ...(object[name] as object | undefined), [key]: value }
    return
  }
  if (shape === 'list') {
    const list = (object[name] ?? []) as unknown[]
    object[name] = list
    if (wireType === 2 && type in packable) {
      const end = reader.uint32() + reader.pos
      while (reader.pos < end) list.push(read(reader, type))
    } else list.push(read(reader, type))
    return
  }
  const value = read(reader, type)
  if (isInline) Object.assign(object, value)
  else if (value === undefined || (isOmittedWhenZero && isZero(value))) delete object[name]
  else object[name] = value
}

const isZero = (value: unknown): boolean => value === '' || value === 0 || value === false

function entry(reader: protobuf.Reader, type: string): readonly [string, unknown] {
  const end = reader.uint32() + reader.pos
  let key = ''
  let value: unknown
  while (reader.pos < end) {
    const tag = reader.uint32()
    if (tag >>> 3 === 1) key = reader.string()
    else if (tag >>> 3 === 2) value = read(reader, type)
    else reader.skipType(tag & 7)
  }
  return [key, value ?? (type === 'string' || type === 'bytes' ? '' : {})]
}

const packable: Readonly<Record<string, (reader: protobuf.Reader) => unknown>> = {
  int32: (reader) => reader.int32(),
  int64: (reader) => Number(reader.int64()),
  bool: (reader) => reader.bool(),
  double: (reader) => reader.double(),
}

/** Bytes are base64 in JSON. `undefined` for a value that JSON leaves out, such as no time. */
function read(reader: protobuf.Reader, type: string): unknown {
  const scalar = packable[type]
  if (scalar) return scalar(reader)
  if (type === 'string') return reader.string()
  const bytes = reader.bytes()
  if (type === 'bytes') return Buffer.from(bytes).toString('base64')
  const special = specialTypes[type]
  const message = (): Record<string, unknown> => decodeMessage(bytes, type)
  return special ? special(message()) : message()
}
