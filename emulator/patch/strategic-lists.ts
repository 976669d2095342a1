import { goPlain } from './check-type.ts'
import { internal, unprocessable } from './errors.ts'
import { isObject } from './shapes.ts'
import { mergeMaps } from './strategic-merge-patch.ts'
import type { FieldType } from './types.ts'

type Target = Record<string, unknown>

export type ListMerge = {
  readonly mergeKey: string | undefined
  readonly element: FieldType
  /** The patch names what is to go. */
  readonly isDeletion: boolean
}

export function mergedList(
  original: unknown[],
  patch: unknown[],
  { mergeKey, element, isDeletion }: ListMerge,
): unknown[] {
  if (original.length === 0 && patch.length === 0) return original
  if (!isListOfMaps(original, patch)) {
    if (isDeletion) return original.filter((item) => !patch.includes(item))
    return ordered(withoutDuplicates([...original, ...patch]), {
      order: patch,
      serverOrder: original,
      mergeKey: undefined,
    })
  }
  if (mergeKey === undefined) throw internal('cannot merge lists without merge key')
  const { kept, changes } = withSpecialItems(original as Target[], patch as Target[], mergeKey) // seen to be maps
  const merged = [...kept]
  for (const change of changes) {
    const value = keyValue(change, mergeKey)
    const at = merged.findIndex((item) => item[mergeKey] === value)
    const before = merged[at]
    if (before) merged[at] = mergeMaps(before, change, element)
    else merged.push(change)
  }
  return ordered(merged, { order: changes, serverOrder: kept, mergeKey })
}

function isListOfMaps(...lists: readonly (readonly unknown[])[]): boolean {
  const items = lists.flat()
  const [first] = items
  if (Array.isArray(first)) throw unprocessable()
  const kind = (item: unknown): string => (Array.isArray(item) ? 'list' : typeof item)
  if (items.some((item) => kind(item) !== kind(first))) {
    throw internal(`list element types are not identical: ${goPlain(lists)}`)
  }
  return isObject(first)
}

function withSpecialItems(original: Target[], patch: readonly Target[], mergeKey: string) {
  let kept = original
  let isReplaced = false
  const changes: Target[] = []
  for (const item of patch) {
    const { $patch: directive } = item
    if (directive === undefined) changes.push(item)
    else if (directive === 'delete') {
      const value = keyValue(item, mergeKey)
      kept = kept.filter((each) => each[mergeKey] !== value)
    } else if (directive === 'replace') isReplaced = true
    else if (directive === 'merge') throw internal('merging lists cannot yet be specified in the patch')
    else throw internal(`unknown patch type: ${String(directive)} in map: ${goPlain(item)}`)
  }
  return isReplaced ? { kept: changes, changes: [] } : { kept, changes }
}

function keyValue(item: Target, mergeKey: string): unknown {
  if (Object.hasOwn(item, mergeKey)) return item[mergeKey]
  throw internal(`map: ${goPlain(item)} does not contain declared merge key: ${mergeKey}`)
}

/** The real one fills the gap of a duplicate with the last item; so the order may change. */
function withoutDuplicates(list: readonly unknown[]): unknown[] {
  const items = [...list]
  for (let i = 0; i < items.length - 1; i++) {
    for (let j = i + 1; j < items.length; j++) {
      if (items[i] !== items[j]) continue
      items[j] = items.at(-1)
      items.pop()
      j--
    }
  }
  return items
}

export type Order = {
  readonly order: readonly unknown[]
  readonly serverOrder: readonly unknown[]
  readonly mergeKey: string | undefined
}

export const orderedAs = (merged: readonly unknown[], order: Order): unknown[] => ordered(merged, order)

/** What the patch names comes in its order, the rest in the server's, woven together as the server had them. */
function ordered(merged: readonly unknown[], { order, serverOrder, mergeKey }: Order): unknown[] {
  const nameOf = (item: unknown): unknown => (mergeKey === undefined || !isObject(item) ? item : item[mergeKey])
  if (mergeKey !== undefined) for (const item of [...merged, ...order]) if (isObject(item)) keyValue(item, mergeKey)
  const index = (list: readonly unknown[], item: unknown): number =>
    list.findIndex((each) => nameOf(each) === nameOf(item))
  const sorted = (items: readonly unknown[], by: readonly unknown[]): unknown[] =>
    items.toSorted((one, other) => index(by, one) - index(by, other))
  const mine = sorted(
    merged.filter((item) => index(order, item) >= 0),
    order,
  )
  const others = sorted(
    merged.filter((item) => index(order, item) < 0),
    serverOrder,
  )
  const all: unknown[] = []
  while (mine.length > 0 || others.length > 0) {
    if (others.length === 0) all.push(mine.shift())
    else if (mine.length === 0) all.push(others.shift())
    else {
      const [theirs, ours] = [index(serverOrder, others[0]), index(serverOrder, mine[0])]
      all.push(theirs >= 0 && ours >= 0 && theirs < ours ? others.shift() : mine.shift())
    }
  }
  return all
}

/** The patch's items must come in the order that the directive gives. */
export function checkOrder(patch: readonly unknown[], order: readonly unknown[], mergeKey: string | undefined): void {
  if (patch.length === 0 || order.length === 0) return
  const items = patch.filter((item) => !(isObject(item) && item['$patch'] !== undefined))
  const nameOf = (item: unknown): unknown => {
    if (mergeKey === undefined) return item
    if (!isObject(item)) throw internal(`expected a map[string]interface {}, but received a ${typeof item}`)
    return keyValue(item as Target, mergeKey)
  }
  let at = 0
  for (const each of order) if (at < items.length && nameOf(items[at]) === nameOf(each)) at++
  if (at < items.length) {
    throw internal(
      `The order in patch list:\n${goPlain(patch)}\n doesn't match $setElementOrder list:\n${goPlain(order)}\n`,
    )
  }
}

/** `undefined` where the value itself is a directive. */
export function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDirectives).filter((item) => item !== undefined)
  if (!isObject(value)) return value
  if (value['$patch'] !== undefined) return undefined
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, inner]) => {
      const kept = withoutDirectives(inner)
      return kept === undefined ? [] : [[name, kept]]
    }),
  )
}
