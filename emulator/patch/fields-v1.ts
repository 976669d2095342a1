import { emptySet, type FieldNode, type FieldSet } from './field-set.ts'
import { compare, decode, encode, type PathElement } from './path-element.ts'
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
  let key = ''
  const nodes: [string, FieldNode][] = []
  for (const [name, node] of set) {
    const below = canonical(node.below)
    nodes.push([name, below === node.below ? node : { ...node, below }])
    key += keyPart(name, node.isMember, below)
  }
  return sets.get(key) ?? remember(key, nodes)
}

/** One of the nodes of a level that are all there as new: each is a member. */
export type NewNode = { readonly name: string; readonly below: FieldSet }

/** The set with these nodes, as `toFieldsV1` knows it; `elementAt` is asked only for one that was not met before. */
export function newSet(nodes: readonly NewNode[], elementAt: (index: number) => PathElement): FieldSet {
  if (nodes.length === 0) return emptySet
  let key = ''
  for (const { name, below } of nodes) key += keyPart(name, true, below)
  const known = sets.get(key)
  if (known) return known
  return remember(
    key,
    nodes.map(({ name, below }, index) => [name, { element: elementAt(index), isMember: true, below }]),
  )
}

const keyPart = (name: string, isMember: boolean, below: FieldSet): string =>
  `${name.length}:${name}${isMember ? '+' : '-'}${below.size === 0 ? 0 : (numbers.get(below) ?? 0)};`

/** Under its key in the order at hand, and in the server's. */
function remember(key: string, nodes: readonly [string, FieldNode][]): FieldSet {
  const inOrder = nodes.toSorted(([, one], [, other]) => compare(one.element, other.element))
  const orderedKey = inOrder.map(([name, { isMember, below }]) => keyPart(name, isMember, below)).join('')
  const known = sets.get(orderedKey)
  const set = known ?? new Map(inOrder)
  if (!known) numbers.set(set, ++lastNumber)
  if (sets.size >= MOST_SETS) sets.clear()
  sets.set(key, set)
  sets.set(orderedKey, set)
  return set
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
