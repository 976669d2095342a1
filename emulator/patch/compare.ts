import { collector, type FieldSet } from './field-set.ts'
import { encode, type Path, type PathElement } from './path-element.ts'
import { elementOf, equal, handle, hasSameShapes, isObject, shapeOf, typeOfField } from './shapes.ts'
import type { FieldType, JsonObject, ListType, MapType } from './types.ts'

export type Comparison = { readonly removed: FieldSet; readonly modified: FieldSet; readonly added: FieldSet }

/** Which fields differ from one object to the other (structured-merge-diff's `Compare`). Pure. */
export function compareObjects(type: FieldType, before: unknown, after: unknown): Comparison {
  const removed = collector()
  const modified = collector()
  const added = collector()

  /** Says whether the value was one leaf. `undefined` is no value; `null` is one. */
  const compare = (type: FieldType, one: unknown, other: unknown, path: Path): void => {
    const left = shapeOf(type, one)
    const right = shapeOf(type, other)
    let isLeaf: boolean
    if (other === undefined) isLeaf = visit(left, one, other, path)
    else if (one === undefined || hasSameShapes(left, right)) isLeaf = visit(right, one, other, path)
    else {
      visit(left, one, other, path)
      isLeaf = visit(right, one, other, path)
    }
    if (isLeaf) return
    if (one === undefined) added.insert(path)
    else if (other === undefined) removed.insert(path)
  }

  const leaf = (one: unknown, other: unknown, path: Path): true => {
    if (one === undefined) added.insert(path)
    else if (other === undefined) removed.insert(path)
    else if (!equal(one, other)) modified.insert(path)
    return true
  }

  const visit = (type: FieldType, one: unknown, other: unknown, path: Path): boolean =>
    handle(type, {
      scalar: () => leaf(one, other, path),
      list: (list) => {
        const left = Array.isArray(one) ? one : []
        const right = Array.isArray(other) ? other : []
        if (list.relation === 'atomic' || (left.length === 0 && right.length === 0)) return leaf(one, other, path)
        compareLists(list, left, right, path)
        return false
      },
      map: (map) => {
        const left = isObject(one) ? one : {}
        const right = isObject(other) ? other : {}
        const isVoid = Object.keys(left).length === 0 && Object.keys(right).length === 0
        if (map.relation === 'atomic' || isVoid) return leaf(one, other, path)
        compareMaps(map, left, right, path)
        return false
      },
    })

  const compareMaps = (type: MapType, one: JsonObject, other: JsonObject, path: Path): void => {
    for (const field of new Set([...Object.keys(one), ...Object.keys(other)])) {
      compare(typeOfField(type, field), one[field], other[field], [...path, { field }])
    }
  }

  const compareLists = (type: ListType, one: readonly unknown[], other: readonly unknown[], path: Path): void => {
    const left = grouped(type, one)
    const right = grouped(type, other)
    const elements = new Map([...left, ...right].map(([name, { element }]) => [name, element]))
    for (const [name, element] of elements) {
      const before = left.get(name)?.items ?? []
      const after = right.get(name)?.items ?? []
      const at = [...path, element]
      if (before.length <= 1 && after.length <= 1) compare(type.element, before[0], after[0], at)
      else if (before.length >= 2 && after.length >= 2) {
        if (!equal(before, after)) modified.insert(at)
      } else if (before.length >= 2) {
        if (after.length > 0) compare(type.element, undefined, after[0], at)
        removed.insert(at)
      } else {
        if (before.length > 0) compare(type.element, before[0], undefined, at)
        added.insert(at)
      }
    }
  }

  compare(type, before, after, [])
  return { removed: removed.set, modified: modified.set, added: added.set }
}

type Group = { readonly element: PathElement; readonly items: unknown[] }

/** Items by their name; more than one where the list has duplicates. */
function grouped(type: ListType, list: readonly unknown[]): ReadonlyMap<string, Group> {
  const groups = new Map<string, Group>()
  for (const item of list) {
    const element = elementOf(type, item)
    const name = encode(element)
    const group = groups.get(name)
    if (group) group.items.push(item)
    else groups.set(name, { element, items: [item] })
  }
  return groups
}
