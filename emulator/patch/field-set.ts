import { compare, encode, type Path, type PathElement } from './path-element.ts'

/** A set of paths, as a tree. A path may be in it with and without paths below it. Never changed. */
export type FieldSet = ReadonlyMap<string, FieldNode>

export type FieldNode = { readonly element: PathElement; readonly isMember: boolean; readonly below: FieldSet }

export const emptySet: FieldSet = new Map()

export const isEmpty = (set: FieldSet): boolean => set.size === 0

const isGone = ({ isMember, below }: FieldNode): boolean => !isMember && isEmpty(below)

export function setOf(...paths: readonly Path[]): FieldSet {
  const set: MutableSet = new Map()
  for (const path of paths) insert(set, path)
  return set
}

type MutableSet = Map<string, MutableNode>
type MutableNode = { readonly element: PathElement; isMember: boolean; below: MutableSet }

/** A path element with its encoding. */
export type Step = { readonly name: string; readonly element: PathElement }

export const stepOf = (element: PathElement): Step => ({ name: encode(element), element })
export const fieldStep = (field: string): Step => ({ name: `f:${field}`, element: { field } })

/** Collects paths one by one, or with all `below` them at once; `set` is what came together. The root is not a path. */
export function collector(): {
  readonly insert: (path: readonly Step[], below?: FieldSet) => void
  readonly set: FieldSet
} {
  const set: MutableSet = new Map()
  return { insert: (path, below) => insertSteps(set, path, below), set }
}

const insert = (root: MutableSet, path: Path): void => insertSteps(root, path.map(stepOf))

function insertSteps(root: MutableSet, path: readonly Step[], below?: FieldSet): void {
  let set = root
  let last: MutableNode | undefined
  for (const { name, element } of path) {
    last = set.get(name)
    if (!last) {
      last = { element, isMember: false, below: new Map() }
      set.set(name, last)
    }
    set = last.below
  }
  if (!last) return
  last.isMember = true
  if (below) last.below = below as MutableSet // nobody goes on below a path that came with all of it
}

/** `one` with each node as `combine` makes it of the pair; nodes left with nothing go. `one` itself where none changes. */
function mapped(one: FieldSet, other: FieldSet, combine: (left: FieldNode, right: FieldNode) => FieldNode | undefined) {
  let result: Map<string, FieldNode> | undefined
  other.forEach((right, name) => {
    const left = one.get(name)
    if (!left) return
    const node = combine(left, right)
    if (node === left) return
    result ??= new Map(one)
    if (node && !isGone(node)) result.set(name, node)
    else result.delete(name)
  })
  return result ?? one
}

/** The node with this below it; itself where that is no change. */
const nodeOf = (node: FieldNode, isMember: boolean, inner: FieldSet): FieldNode =>
  node.isMember === isMember && node.below === inner ? node : { element: node.element, isMember, below: inner }

export function union(one: FieldSet, other: FieldSet): FieldSet {
  if (one === other || isEmpty(other)) return one
  if (isEmpty(one)) return other
  let result: Map<string, FieldNode> | undefined
  other.forEach((right, name) => {
    const left = one.get(name)
    const node = left ? nodeOf(left, left.isMember || right.isMember, union(left.below, right.below)) : right
    if (node === left) return
    result ??= new Map(one)
    result.set(name, node)
  })
  return result ?? one
}

export function intersection(one: FieldSet, other: FieldSet): FieldSet {
  if (one === other || isEmpty(one)) return one
  let result: Map<string, FieldNode> | undefined
  other.forEach((right, name) => {
    const left = one.get(name)
    if (!left) return
    const node = nodeOf(left, left.isMember && right.isMember, intersection(left.below, right.below))
    if (isGone(node)) return
    result ??= new Map()
    result.set(name, node)
  })
  return result ?? emptySet
}

export function difference(one: FieldSet, other: FieldSet): FieldSet {
  if (isEmpty(one) || isEmpty(other)) return one
  if (one === other) return emptySet
  return mapped(one, other, (left, right) =>
    nodeOf(left, left.isMember && !right.isMember, difference(left.below, right.below)),
  )
}

/** Also without everything below the paths of `other`. */
export function recursiveDifference(one: FieldSet, other: FieldSet): FieldSet {
  if (isEmpty(one) || isEmpty(other)) return one
  return mapped(one, other, (left, right) =>
    right.isMember ? undefined : nodeOf(left, left.isMember, recursiveDifference(left.below, right.below)),
  )
}

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
