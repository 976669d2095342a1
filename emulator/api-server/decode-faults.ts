import type { FieldType, GoType, MapType } from '../patch/types.ts'
import { withFields, withItems } from '../schema/rebuild.ts'
import { goShape, isObject } from './json.ts'

/** Numbers as they stand in a body's text, by path, where that is not how JavaScript writes the same number: `1.0`, `1e3`. */
export type Literals = ReadonlyMap<string, string>

/** Where in a body something stands: the Go struct, the Go fields on the way there, and the path in JSON. */
type Place = { readonly struct: string; readonly names: readonly string[]; readonly path: string }

/** A fault of a type with a decoder of its own ends all decoding; others are kept, and the first is told. */
type Fault = { readonly why: string; readonly isLast?: true }

/** How Go reads a body into its types, and complains. */
type Reader = {
  readonly mismatch: (type: FieldType, value: unknown, place: Place) => string
  readonly integer: (go: GoType, value: number, place: Place) => string | undefined
  /** Of types that read JSON themselves. */
  readonly opaque: (found: string, go: string, place: Place) => string
  readonly literals: Literals
}

const none: Literals = new Map()
const nowhere: Place = { struct: '', names: [], path: '' }

/**
 * What Go's encoding/json says of a value that is not of its type; `undefined` where nothing is wrong. `struct` is what the value is
 * decoded into: the kind, or `ObjectMeta` where metadata is decoded by itself. Unknown fields and null are nobody's fault. Pure.
 */
export function jsonFault(
  type: FieldType,
  value: unknown,
  struct: string,
  literals: Literals = none,
  path = '',
): string | undefined {
  const wrong = (found: string, go: string, { struct, names }: Place): string =>
    names.length === 0
      ? `json: cannot unmarshal ${found} into Go value of type v1.${struct}`
      : `json: cannot unmarshal ${found} into Go struct field ${struct}.${names.join('.')} of type ${go}`
  const reader: Reader = {
    mismatch: (type, value, place) => wrong(goShape(value), goName(type, place), place),
    integer: (go, value, place) => {
      const text = literals.get(place.path) ?? String(value)
      return isWithin(go, text) ? undefined : wrong(`number ${text}`, go, place)
    },
    opaque: wrong,
    literals,
  }
  return faultOf(type, value, { struct, names: [], path }, reader)?.why
}

/**
 * As `jsonFault`, in the words of the conversion that strategic merge patches and applied objects go through. It takes whole numbers of
 * any notation and size, of which `converted` then keeps the lower bits. Pure.
 */
export function conversionFault(type: FieldType, value: unknown): string | undefined {
  const reader: Reader = {
    mismatch: conversionMismatch,
    integer: (go, value) => (Number.isInteger(value) ? undefined : `cannot convert float64 to ${go}`),
    opaque: (found, go) => `json: cannot unmarshal ${found} into Go value of type ${go}`,
    literals: none,
  }
  return faultOf(type, value, nowhere, reader)?.why
}

function faultOf(type: FieldType, value: unknown, place: Place, reader: Reader): Fault | undefined {
  if (value === null || value === undefined) return undefined
  const { scalar, list, map, go } = type
  if (scalar && (list || map)) return undefined
  const mismatch = (): Fault => ({ why: reader.mismatch(type, value, place) })
  if (go === 'intOrString') return intOrStringFault(value, place, reader)
  if (go === 'time' || go === 'microTime')
    return typeof value === 'string' ? undefined : { why: reader.opaque(goShape(value), 'string', place), isLast: true }
  if (scalar === 'untyped') return undefined
  if (scalar === 'numeric') {
    if (typeof value !== 'number') return mismatch()
    const why = go && reader.integer(go, value, place)
    return why === undefined ? undefined : { why }
  }
  if (scalar) return typeof value === scalar ? undefined : mismatch()
  if (list) {
    if (!Array.isArray(value)) return mismatch()
    const into = (index: number): Place => ({ ...place, path: `${place.path}[${index}]` })
    return firstOf(value.map((item, index) => faultOf(list.element, item, into(index), reader)))
  }
  if (!map || map.name === 'FieldsV1') return undefined // which takes anything
  if (!isObject(value)) return mismatch()
  return firstOf(
    Object.entries(value).map(([key, item]) => {
      const known = map.fields.get(key)?.type ?? map.element
      return known && faultOf(known, item, inside(map, key, place), reader)
    }),
  )
}

function firstOf(faults: readonly (Fault | undefined)[]): Fault | undefined {
  return faults.find((fault) => fault?.isLast) ?? faults.find((fault) => fault !== undefined)
}

/** Go's path has the names of structs that are embedded, and no keys of maps. */
function inside(map: MapType, key: string, { struct, names, path }: Place): Place {
  const on = path === '' ? key : `${path}.${key}`
  if (!map.fields.has(key)) return { struct, names, path: on }
  const embedded = map.name === undefined ? undefined : embeddedIn[map.name]?.(key)
  return {
    struct: map.name === undefined ? struct : structName(map.name),
    names: [...names, ...(embedded === undefined ? [] : [embedded]), key],
    path: on,
  }
}

const aReference = (key: string) => (key === 'name' ? 'LocalObjectReference' : undefined)
const embeddedIn: Readonly<Record<string, (key: string) => string | undefined>> = {
  Probe: (key) => (['exec', 'httpGet', 'tcpSocket', 'grpc'].includes(key) ? 'ProbeHandler' : undefined),
  Volume: (key) => (key === 'name' ? undefined : 'VolumeSource'),
  EphemeralContainer: (key) => (key === 'targetContainerName' ? undefined : 'EphemeralContainerCommon'),
  ConfigMapKeySelector: aReference,
  SecretKeySelector: aReference,
  ConfigMapProjection: aReference,
  SecretProjection: aReference,
  ConfigMapEnvSource: aReference,
  SecretEnvSource: aReference,
  ConfigMapVolumeSource: aReference,
}

/** In the table of types two of a name are told apart. */
const structName = (name: string): string => name.replace(/2$/, '').replace(/^Admission(?=Validation$|Variable$)/, '')

function goName(type: FieldType, { names }: Place): string {
  const { scalar, list, map, go } = type
  if (go === 'bytes') return '[]uint8'
  if (go === 'int32' || go === 'int64') return go
  if (scalar === 'numeric') return 'float64'
  if (scalar === 'boolean') return 'bool'
  if (scalar) return names.at(-1) === 'uid' ? 'types.UID' : 'string'
  if (list) return `[]${goName(list.element, nowhere)}`
  if (map?.name !== undefined) return `v1.${structName(map.name)}`
  if (map?.element?.go === 'quantity') return 'v1.ResourceList'
  return `map[string]${goName(map?.element ?? {}, nowhere)}`
}

function intOrStringFault(value: unknown, place: Place, { literals, opaque }: Reader): Fault | undefined {
  if (typeof value === 'string') return undefined
  const text = typeof value === 'number' ? (literals.get(place.path) ?? String(value)) : undefined
  if (text !== undefined && isWithin('int32', text)) return undefined
  return { why: opaque(text === undefined ? goShape(value) : `number ${text}`, 'int32', place), isLast: true }
}

const bitsOf = (go: GoType): number => (go === 'int32' ? 32 : 64)

function isWithin(go: GoType, text: string): boolean {
  if (!/^-?\d+$/.test(text)) return false
  const number = BigInt(text)
  return BigInt.asIntN(bitsOf(go), number) === number
}

function conversionMismatch(type: FieldType, value: unknown, place: Place): string {
  const kind = kindOf(value)
  if (type.list) return `cannot restore slice from ${kind}`
  if (type.map?.name !== undefined) return `cannot restore struct from: ${kind}`
  if (type.map) return `cannot restore map from ${kind}`
  // Go can make a text of one number, though not so.
  if (type.scalar === 'string' && kind === 'int64') return `cannot convert int64 to ${goName(type, place)}`
  return `unrecognized type: ${type.scalar === 'string' ? 'string' : goName(type, place)}`
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'slice'
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64'
  if (typeof value === 'boolean') return 'bool'
  return typeof value === 'string' ? 'string' : 'map'
}

/** With whole numbers as that conversion keeps them: an int32 has the lower 32 bits. Of an object without `conversionFault`. Pure. */
export function converted(type: FieldType | undefined, value: unknown): unknown {
  const { go, list, map } = type ?? {}
  if (typeof value === 'number') return go === 'int32' || go === 'int64' ? lowerBits(go, value) : value
  if (Array.isArray(value)) return list ? withItems(value, (item) => converted(list.element, item)) : value
  if (!isObject(value) || !map) return value
  return withFields(value, (item, key) => converted(map.fields.get(key)?.type ?? map.element, item))
}

const LOWEST = -(2n ** 63n)

function lowerBits(go: GoType, value: number): number {
  const exact = BigInt(value)
  // What is no int64 becomes the lowest, as processors convert it.
  const whole = BigInt.asIntN(64, exact) === exact ? exact : LOWEST
  return Number(BigInt.asIntN(bitsOf(go), whole))
}
