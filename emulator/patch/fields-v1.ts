import { emptySet, type FieldNode, type FieldSet } from './field-set.ts'
import { compare, decode, encode } from './path-element.ts'
import type { JsonObject } from './types.ts'

/**
 * Most objects of a kind are written in the same way, and own the same fields. Equal sets become one set here, with one encoding: what
 * is stored shares it, and is read again without parsing. None of that can be seen from outside.
 */
const sets = new Map<string, FieldSet>()
const MOST_SETS = 20_000
const numbers = new WeakMap<FieldSet, number>()
let lastNumber = 0
const encodings = new WeakMap<FieldSet, JsonObject>()
/** Of sets whose own path is a member too. */
const dotted = new WeakMap<FieldSet, JsonObject>()
const decodings = new WeakMap<JsonObject, FieldSet>()
const nothing: JsonObject = {}

/** As in `fieldsV1`. */
export const toFieldsV1 = (set: FieldSet): JsonObject => encoded(canonical(set))

/** Throws for what cannot be read. */
export const fromFieldsV1 = (fields: JsonObject): FieldSet => decodings.get(fields) ?? canonical(parsed(fields))

/** The one set of all that are equal to this. */
function canonical(set: FieldSet): FieldSet {
  if (set.size === 0) return emptySet
  if (numbers.has(set)) return set
  const nodes = [...set]
    .map(([name, node]): [string, FieldNode] => {
      const below = canonical(node.below)
      return [name, below === node.below ? node : { ...node, below }]
    })
    .sort(([, one], [, other]) => compare(one.element, other.element))
  let key = ''
  for (const [name, { isMember, below }] of nodes)
    key += `${name.length}:${name}${isMember ? '+' : '-'}${numbers.get(below) ?? 0};`
  const known = sets.get(key)
  if (known) return known
  const made = new Map(nodes)
  if (sets.size >= MOST_SETS) sets.clear()
  sets.set(key, made)
  numbers.set(made, ++lastNumber)
  return made
}

function encoded(set: FieldSet): JsonObject {
  if (set.size === 0) return nothing
  const known = encodings.get(set)
  if (known) return known
  const made = Object.fromEntries(
    [...set].map(([name, { isMember, below }]) => [name, isMember && below.size > 0 ? withDot(below) : encoded(below)]),
  )
  encodings.set(set, made)
  decodings.set(made, set)
  return made
}

function withDot(set: FieldSet): JsonObject {
  const made = dotted.get(set) ?? { '.': nothing, ...encoded(set) }
  dotted.set(set, made)
  return made
}

function parsed(fields: JsonObject): FieldSet {
  const set = new Map<string, FieldNode>()
  for (const [name, value] of Object.entries(fields)) {
    if (name === '.') continue
    const element = decode(name)
    if (!element) continue
    if (typeof value !== 'object' || value === null)
      throw new Error(`expect { or n, but found ${JSON.stringify(value)}`)
    const inner = parsed(value as JsonObject) // seen to be an object
    set.set(encode(element), { element, isMember: '.' in value || inner.size === 0, below: inner })
  }
  return set
}
