import { compare, decode, encode, type Path, type PathElement } from './path-element.ts'
import type { JsonObject } from './types.ts'

/** A set of paths, as a tree. A path may be in it with and without paths below it. Never changed. */
export type FieldSet = ReadonlyMap<string, FieldNode>

type FieldNode = { readonly element: PathElement; readonly isMember: boolean; readonly below: FieldSet }

export const emptySet: FieldSet = new Map()

export const isEmpty = (set: FieldSet): boolean => set.size === 0

const isGone = ({ isMember, below }: FieldNode): boolean => !isMember && isEmpty(below)

export function setOf(...paths: readonly Path[]): FieldSet {
  const set: MutableSet = new Map()
  for (const path of paths) insert(set, path)
  return set
}

type MutableSet = Map<string, MutableNode>
type MutableNode = { readonly element: PathElement; isMember: boolean; readonly below: MutableSet }

/** Collects paths one by one; `set` is what came together. The root is not a path. */
export function collector(): { readonly insert: (path: Path) => void; readonly set: FieldSet } {
  const set: MutableSet = new Map()
  return { insert: (path) => insert(set, path), set }
}

function insert(root: MutableSet, path: Path): void {
  let set = root
  for (const [at, element] of path.entries()) {
    const name = encode(element)
    const node = set.get(name) ?? { element, isMember: false, below: new Map() }
    if (at === path.length - 1) node.isMember = true
    set.set(name, node)
    set = node.below
  }
}

/** Builds a set of the nodes of `one` and `other` which `combine` makes of each pair; nodes left with nothing go. */
function combined(names: Iterable<string>, combine: (name: string) => FieldNode | undefined): FieldSet {
  const result = new Map<string, FieldNode>()
  for (const name of names) {
    const node = combine(name)
    if (node && !isGone(node)) result.set(name, node)
  }
  return result
}

export const union = (one: FieldSet, other: FieldSet): FieldSet =>
  combined(new Set([...one.keys(), ...other.keys()]), (name) => {
    const left = one.get(name)
    const right = other.get(name)
    if (!left || !right) return left ?? right
    return {
      element: left.element,
      isMember: left.isMember || right.isMember,
      below: union(left.below, right.below),
    }
  })

export const intersection = (one: FieldSet, other: FieldSet): FieldSet =>
  combined(one.keys(), (name) => {
    const left = one.get(name)
    const right = other.get(name)
    if (!left || !right) return undefined
    return {
      element: left.element,
      isMember: left.isMember && right.isMember,
      below: intersection(left.below, right.below),
    }
  })

export const difference = (one: FieldSet, other: FieldSet): FieldSet =>
  combined(one.keys(), (name) => {
    const left = one.get(name)
    const right = other.get(name)
    if (!left || !right) return left
    return {
      element: left.element,
      isMember: left.isMember && !right.isMember,
      below: difference(left.below, right.below),
    }
  })

/** Also without everything below the paths of `other`. */
export const recursiveDifference = (one: FieldSet, other: FieldSet): FieldSet =>
  combined(one.keys(), (name) => {
    const left = one.get(name)
    const right = other.get(name)
    if (!left || !right) return left
    if (right.isMember) return undefined
    return { element: left.element, isMember: left.isMember, below: recursiveDifference(left.below, right.below) }
  })

export const below = (set: FieldSet, element: PathElement): FieldSet => set.get(encode(element))?.below ?? emptySet

export const hasMember = (set: FieldSet, element: PathElement): boolean => set.get(encode(element))?.isMember ?? false

export function has(set: FieldSet, path: Path): boolean {
  let at = set
  for (const element of path.slice(0, -1)) at = below(at, element)
  const last = path.at(-1)
  return last !== undefined && hasMember(at, last)
}

/** In the server's order: at each level first the paths that end there. */
export function pathsOf(set: FieldSet, prefix: Path = []): readonly Path[] {
  const nodes = sorted(set)
  return [
    ...nodes.filter(({ isMember }) => isMember).map(({ element }) => [...prefix, element]),
    ...nodes.flatMap(({ element, below: inner }) => pathsOf(inner, [...prefix, element])),
  ]
}

/** The nodes of one level, in the server's order. */
export const sorted = (set: FieldSet): readonly FieldNode[] =>
  [...set.values()].toSorted((one, other) => compare(one.element, other.element))

/** As in `fieldsV1`. */
export function toFieldsV1(set: FieldSet): JsonObject {
  return Object.fromEntries(
    sorted(set).map(({ element, isMember, below: inner }) => {
      const fields = toFieldsV1(inner)
      return [encode(element), isMember && inner.size > 0 ? { '.': {}, ...fields } : fields]
    }),
  )
}

/** Throws for what cannot be read. */
export function fromFieldsV1(fields: JsonObject): FieldSet {
  const set = new Map<string, FieldNode>()
  for (const [name, value] of Object.entries(fields)) {
    if (name === '.') continue
    const element = decode(name)
    if (!element) continue
    if (typeof value !== 'object' || value === null)
      throw new Error(`expect { or n, but found ${JSON.stringify(value)}`)
    const inner = fromFieldsV1(value as JsonObject) // seen to be an object
    set.set(encode(element), { element, isMember: '.' in value || inner.size === 0, below: inner })
  }
  return set
}
