import table from './built-in-types.json' with { type: 'json' }
import type { Field, FieldType, JsonObject, TypeInfo } from './types.ts'
import { atomic, cyclic, deduced } from './untyped.ts'

// The table was derived from the OpenAPI v3 documents of kube-apiserver 1.36.3, `empty` from the Go types. How to read it:
// s string, y one of base64, b boolean, i int32, j int64, n float64, t time, v time with microseconds, k int32 or string, q quantity,
// a any value as a whole, d any value by its fields, x either;
// `?` not written when empty; `#Name` another type of the table, with `!` a struct that is always there, `=…` a default;
// l list of, t how it is owned (its keys, set, atomic), m merge key, p patch strategy, q always there; f fields, e other
// fields, r a type.
type Encoded =
  | string
  | {
      readonly l?: Encoded
      readonly r?: Encoded
      readonly f?: Readonly<Record<string, Encoded>>
      readonly e?: Encoded
      readonly t?: string | readonly string[]
      readonly m?: string
      readonly p?: string
      readonly q?: number
    }

const encodedTypes: Readonly<Record<string, Encoded>> = table.types
const kinds: Readonly<Record<string, { readonly type: string; readonly empty: JsonObject }>> = table.kinds

/** `undefined` for a kind that is not built in, or not in the table. `kind` is that of the stored object, never `Scale`. */
export function builtInType(apiVersion: string, kind: string): TypeInfo | undefined {
  const known = kinds[`${apiVersion}/${kind}`]
  if (!known) return undefined
  const root = named(known.type)
  const hasStatus = root.map?.fields.has('status') === true
  return { apiVersion, kind, isCustom: false, hasStatus, root, empty: { apiVersion, kind, ...known.empty } }
}

const resolved = new Map<string, FieldType>()

/** The types refer to themselves: one is known before all its fields are. */
export function named(name: string): FieldType {
  const known = resolved.get(name)
  if (known) return known
  const encoded = encodedTypes[name]
  if (encoded === undefined) throw new Error(`built-in types: there is no ${name}`)
  return cyclic((self) => {
    resolved.set(name, self)
    const type = typeOf(encoded)
    return type.map ? { ...type, map: { ...type.map, name } } : type
  })
}

function typeOf(encoded: Encoded): FieldType {
  if (typeof encoded === 'string') return simple(encoded.split('=')[0] ?? '')
  if (encoded.r !== undefined) {
    const type = typeOf(encoded.r)
    if (encoded.t === undefined || !type.map) return type
    return { ...type, map: { ...type.map, relation: encoded.t === 'atomic' ? 'atomic' : 'granular' } }
  }
  if (encoded.l !== undefined) {
    const element = typeOf(encoded.l)
    if (Array.isArray(encoded.t)) return { list: { relation: 'associative', keys: encoded.t, element } }
    return { list: { relation: encoded.t === 'set' ? 'associative' : 'atomic', element } }
  }
  return {
    map: {
      relation: encoded.t === 'atomic' ? 'atomic' : 'granular',
      fields: new Map(Object.entries(encoded.f ?? {}).map(([name, field]) => [name, fieldOf(field)])),
      ...(encoded.e !== undefined && { element: typeOf(encoded.e) }),
    },
  }
}

function fieldOf(encoded: Encoded): Field {
  const type = typeOf(encoded)
  const text = typeof encoded === 'string' ? encoded : typeof encoded.r === 'string' ? encoded.r : ''
  const [, fallback] = text.split('=')
  const marks = typeof encoded === 'string' ? {} : encoded
  return {
    type,
    ...(fallback !== undefined && { default: JSON.parse(fallback) as unknown }),
    ...(marks.m !== undefined && { mergeKey: marks.m }),
    ...(marks.p !== undefined && { strategy: marks.p.split(',') as NonNullable<Field['strategy']> }), // no other in the table
    ...(text.endsWith('!') && { isStruct: true as const }),
    ...(/^[sbijn]\?/.test(text) && { isOmittedWhenZero: true as const }),
    ...(marks.q === 1 && { isRequired: true as const }),
  }
}

const scalars: Readonly<Record<string, FieldType>> = {
  s: { scalar: 'string' },
  y: { scalar: 'string', go: 'bytes' },
  b: { scalar: 'boolean' },
  i: { scalar: 'numeric', go: 'int32' },
  j: { scalar: 'numeric', go: 'int64' },
  n: { scalar: 'numeric' },
  t: { scalar: 'untyped', go: 'time' },
  v: { scalar: 'untyped', go: 'microTime' },
  k: { scalar: 'untyped', go: 'intOrString' },
  q: { scalar: 'untyped', go: 'quantity' },
}

function simple(code: string): FieldType {
  if (code.startsWith('#')) return named(code.slice(1).replace('!', ''))
  const letter = code.replace('?', '')
  const known = scalars[letter]
  if (known) return known
  switch (letter) {
    case 'a':
      return atomic
    case 'd':
    case 'x':
      return deduced
    default:
      throw new Error(`built-in types: ${code} is no type`)
  }
}
