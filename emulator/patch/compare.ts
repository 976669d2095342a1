import { collector, emptySet, type FieldSet, fieldStep, type Step, stepOf } from './field-set.ts'
import { type NewNode, newSet } from './fields-v1.ts'
import { elementOf, equal, hasSameShapes, isObject, shapeOf, typeOfField } from './shapes.ts'
import type { FieldType, JsonObject, ListType, MapType } from './types.ts'

export type Comparison = { readonly removed: FieldSet; readonly modified: FieldSet; readonly added: FieldSet }

/** Which fields differ from one object to the other, managedFields aside (structured-merge-diff's `Compare`). Pure. */
export function compareObjects(type: FieldType, before: unknown, after: unknown): Comparison {
  const removed = collector()
  const modified = collector()
  const added = collector()

  /** Of the values in hand; one array for all. */
  const path: Step[] = []

  /** `undefined` is no value; `null` is one. What is the same object has no differences: most of a changed object is. */
  const compare = (type: FieldType, one: unknown, other: unknown): void => {
    if (one === other) return
    if (one === undefined && path.length > 0) {
      added.insert(path, fieldsOfNew(type, other))
      return
    }
    const left = shapeOf(type, one)
    const right = shapeOf(type, other)
    let isLeaf: boolean
    if (other === undefined) isLeaf = visit(left, one, other)
    else if (one === undefined || hasSameShapes(left, right)) isLeaf = visit(right, one, other)
    else {
      visit(left, one, other)
      isLeaf = visit(right, one, other)
    }
    if (isLeaf) return
    if (one === undefined) added.insert(path)
    else if (other === undefined) removed.insert(path)
  }

  const leaf = (one: unknown, other: unknown): true => {
    if (one === undefined) added.insert(path)
    else if (other === undefined) removed.insert(path)
    else if (!equal(one, other)) modified.insert(path)
    return true
  }

  /** Says whether the value was one leaf. A map comes first where more shapes are allowed. */
  const visit = ({ map, scalar, list }: FieldType, one: unknown, other: unknown): boolean => {
    if (map) {
      const left = isObject(one) ? one : nothing
      const right = isObject(other) ? other : nothing
      if (map.relation === 'atomic' || (isVoid(left) && isVoid(right))) return leaf(one, other)
      compareMaps(map, left, right)
      return false
    }
    if (scalar) return leaf(one, other)
    if (!list) throw new Error('schema error: invalid atom: inlined')
    const left = Array.isArray(one) ? one : []
    const right = Array.isArray(other) ? other : []
    if (list.relation === 'atomic' || (left.length === 0 && right.length === 0)) return leaf(one, other)
    compareLists(list, left, right)
    return false
  }

  const compareAt = (step: Step, type: FieldType, one: unknown, other: unknown): void => {
    path.push(step)
    compare(type, one, other)
    path.pop()
  }

  const compareMaps = (type: MapType, one: JsonObject, other: JsonObject): void => {
    const isMetadata = path.length === 1 && path[0]?.name === 'f:metadata'
    for (const field of Object.keys(one)) {
      if (isMetadata && field === 'managedFields') continue
      const after = Object.hasOwn(other, field) ? other[field] : undefined
      if (one[field] !== after) compareAt(fieldStep(field), typeOfField(type, field), one[field], after)
    }
    for (const field of Object.keys(other))
      if (!Object.hasOwn(one, field) && !(isMetadata && field === 'managedFields'))
        compareAt(fieldStep(field), typeOfField(type, field), undefined, other[field])
  }

  const compareLists = (type: ListType, one: readonly unknown[], other: readonly unknown[]): void => {
    const left = grouped(type, one)
    const right = grouped(type, other)
    for (const [name, { step }] of left) compareItems(type, step, left.get(name), right.get(name))
    for (const [name, { step }] of right) if (!left.has(name)) compareItems(type, step, undefined, right.get(name))
  }

  const compareItems = (type: ListType, step: Step, left: Group | undefined, right: Group | undefined): void => {
    const before = left?.items ?? []
    const after = right?.items ?? []
    path.push(step)
    if (before.length <= 1 && after.length <= 1) compare(type.element, before[0], after[0])
    else if (before.length >= 2 && after.length >= 2) {
      if (!equal(before, after)) modified.insert(path)
    } else if (before.length >= 2) {
      if (after.length > 0) compare(type.element, undefined, after[0])
      removed.insert(path)
    } else {
      if (before.length > 0) compare(type.element, before[0], undefined)
      added.insert(path)
    }
    path.pop()
  }

  compare(type, before, after)
  return { removed: removed.set, modified: modified.set, added: added.set }
}

/** All that is below a value that was not there before. */
function fieldsOfNew(type: FieldType, value: unknown): FieldSet {
  const { map, scalar, list } = shapeOf(type, value)
  if (map) {
    if (map.relation === 'atomic' || !isObject(value)) return emptySet
    const nodes: NewNode[] = []
    for (const field of Object.keys(value))
      nodes.push({ name: `f:${field}`, below: fieldsOfNew(typeOfField(map, field), value[field]) })
    return newSet(nodes, (at) => ({ field: (nodes[at]?.name ?? '').slice(2) }))
  }
  if (scalar) return emptySet
  if (!list) throw new Error('schema error: invalid atom: inlined')
  if (list.relation === 'atomic' || !Array.isArray(value)) return emptySet
  const groups = [...grouped(list, value).values()]
  const nodes = groups.map(({ step: { name }, items }) => ({
    name,
    below: items.length === 1 ? fieldsOfNew(list.element, items[0]) : emptySet,
  }))
  return newSet(nodes, (at) => groups[at]?.step.element ?? { field: '' })
}

const nothing: JsonObject = {}

const isVoid = (object: JsonObject): boolean => {
  for (const _ in object) return false
  return true
}

type Group = { readonly step: Step; readonly items: unknown[] }

/** Items by their name; more than one where the list has duplicates. */
function grouped(type: ListType, list: readonly unknown[]): ReadonlyMap<string, Group> {
  const groups = new Map<string, Group>()
  for (const item of list) {
    const step = stepOf(elementOf(type, item))
    const group = groups.get(step.name)
    if (group) group.items.push(item)
    else groups.set(step.name, { step, items: [item] })
  }
  return groups
}
