import { emptySet, type FieldNode, type FieldSet } from './field-set.ts'
import { compare, decode, encode, type PathElement } from './path-element.ts'
import type { JsonObject } from './types.ts'

/**
 * Most objects of a kind are written in the same way, and own the same fields. Equal sets become one set here, with one encoding: what
 * is stored shares it, and is read again without parsing. None of that can be seen from outside.
 */
const sets = new Map<string, KnownSet>()
const MOST_SETS = 20_000
let lastNumber = 0
/** Of whole sets: what is below them is read with them. */
const decodings = new WeakMap<JsonObject, FieldSet>()
const nothing: JsonObject = {}

class KnownSet extends Map<string, FieldNode> {
  readonly number = ++lastNumber
  encoded: JsonObject | undefined
  /** As encoded below a path that is a member too. */
  dotted: JsonObject | undefined
}

const known = (set: FieldSet): KnownSet => set as KnownSet // those that `canonical` and `newSet` give

/** As in `fieldsV1`. */
export function toFieldsV1(set: FieldSet): JsonObject {
  const one = canonical(set)
  const made = encoded(one)
  if (made !== nothing) decodings.set(made, one)
  return made
}

/** Throws for what cannot be read. */
export const fromFieldsV1 = (fields: JsonObject): FieldSet => decodings.get(fields) ?? canonical(parsed(fields))

/** The one set of all that are equal to this. */
function canonical(set: FieldSet): FieldSet {
  if (set.size === 0) return emptySet
  if (set instanceof KnownSet) return set
  let key = ''
  const belows: FieldSet[] = []
  set.forEach(({ isMember, below }, name) => {
    const one = canonical(below)
    belows.push(one)
    key += keyPart(name, isMember, one)
  })
  return sets.get(key) ?? remember(key, nodesWith(set, belows))
}

function nodesWith(set: FieldSet, belows: readonly FieldSet[]): [string, FieldNode][] {
  let at = 0
  return Array.from(set, ([name, node]) => {
    const below = belows[at++] ?? emptySet
    return [name, below === node.below ? node : { ...node, below }]
  })
}

/** One of the nodes of a level that are all there as new: each is a member. */
export type NewNode = { readonly name: string; readonly below: FieldSet }

/** The set with these nodes, as `toFieldsV1` knows it; `elementAt` is asked only for one that was not met before. */
export function newSet(nodes: readonly NewNode[], elementAt: (index: number) => PathElement): FieldSet {
  if (nodes.length === 0) return emptySet
  let key = ''
  for (const { name, below } of nodes) key += keyPart(name, true, below)
  return (
    sets.get(key) ??
    remember(
      key,
      nodes.map(({ name, below }, index) => [name, { element: elementAt(index), isMember: true, below }]),
    )
  )
}

const keyPart = (name: string, isMember: boolean, below: FieldSet): string =>
  `${name.length}:${name}${isMember ? '+' : '-'}${below.size === 0 ? 0 : known(below).number};`

/** Under its key in the order at hand, and in the server's. */
function remember(key: string, nodes: [string, FieldNode][]): FieldSet {
  nodes.sort(([, one], [, other]) => compare(one.element, other.element))
  let orderedKey = ''
  for (const [name, { isMember, below }] of nodes) orderedKey += keyPart(name, isMember, below)
  const set = sets.get(orderedKey) ?? new KnownSet(nodes)
  if (sets.size >= MOST_SETS) sets.clear()
  sets.set(key, set)
  sets.set(orderedKey, set)
  return set
}

function encoded(set: FieldSet): JsonObject {
  if (set.size === 0) return nothing
  const one = known(set)
  if (one.encoded) return one.encoded
  const made: Record<string, unknown> = {}
  // A name is never `__proto__`: each begins with what it is, as in `f:name`.
  set.forEach(({ isMember, below }, name) => {
    made[name] = isMember && below.size > 0 ? withDot(known(below)) : encoded(below)
  })
  one.encoded = made
  return made
}

function withDot(set: KnownSet): JsonObject {
  set.dotted ??= { '.': nothing, ...encoded(set) }
  return set.dotted
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
