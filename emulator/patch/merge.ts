import { own } from '../schema/field-error.ts'
import { encode, type PathElement, printed } from './path-element.ts'
import { elementOf, handle, isObject, shapeOf, typeOfField } from './shapes.ts'
import type { FieldType, JsonObject, ListType, MapType } from './types.ts'

/**
 * The live object with what is applied laid over it (structured-merge-diff's `Merge`); `undefined` is no value. Throws
 * for applied lists that have an item twice or without its keys. Pure.
 */
export function mergeObjects(type: FieldType, live: unknown, applied: unknown): unknown {
  return handle(shapeOf(type, applied === undefined ? live : applied), {
    scalar: () => kept(live, applied),
    list: (list) => {
      const left = Array.isArray(live) ? live : []
      const right = Array.isArray(applied) ? applied : []
      const isVoid = left.length === 0 && right.length === 0
      return list.relation === 'atomic' || isVoid ? kept(live, applied) : mergeLists(list, left, right)
    },
    map: (map) => {
      const left = isObject(live) ? live : {}
      const right = isObject(applied) ? applied : {}
      const isVoid = Object.keys(left).length === 0 && Object.keys(right).length === 0
      return map.relation === 'atomic' || isVoid ? kept(live, applied) : mergeMaps(map, left, right)
    },
  })
}

const kept = (live: unknown, applied: unknown): unknown => (applied === undefined ? live : applied)

function mergeMaps(type: MapType, live: JsonObject, applied: JsonObject): unknown {
  const entries = [...new Set([...Object.keys(live), ...Object.keys(applied)])].flatMap((name) => {
    const merged = mergeObjects(typeOfField(type, name), own(live, name), own(applied, name))
    return merged === undefined ? [] : [[name, merged] as const]
  })
  return entries.length === 0 ? undefined : Object.fromEntries(entries)
}

type Named = { readonly name: string; readonly item: unknown }

/** Applied items keep their order; live ones stay where they are relative to those before them. */
function mergeLists(type: ListType, live: readonly unknown[], applied: readonly unknown[]): unknown {
  const right = namedOnce(type, applied)
  const left: readonly Named[] = live.map((item) => ({ name: encode(elementOf(type, item)), item }))
  const appliedItems = new Map(right.map(({ name, item }) => [name, item]))
  const liveItems = new Map<string, unknown>()
  for (const { name, item } of left) liveItems.set(name, liveItems.has(name) ? null : item) // duplicates merge as null

  const shared = right.filter(({ name }) => liveItems.has(name)).map(({ name }) => name)
  let nextShared = shared.shift()
  const done = new Set<string>()
  const out: unknown[] = []
  const emit = (one: unknown, other: unknown): void => {
    const merged = mergeObjects(type.element, one, other)
    if (merged !== undefined) out.push(merged)
  }

  for (let l = 0, r = 0; l < left.length || r < right.length; ) {
    const one = left[l]
    const other = right[r]
    if (one && other) {
      if (one.name === other.name) {
        done.add(one.name)
        emit(liveItems.get(one.name), other.item)
        l++
        r++
        nextShared = shared.shift()
        continue
      }
      if (appliedItems.has(one.name) && nextShared !== undefined && nextShared !== one.name) {
        l++ // its place is taken by the applied order
        continue
      }
    }
    if (one) {
      if (!appliedItems.has(one.name)) {
        emit(one.item, undefined)
        l++
        continue
      }
      if (done.has(one.name)) l++
    }
    if (other) {
      done.add(other.name)
      emit(liveItems.get(other.name), other.item)
      r++
      if (nextShared === other.name) nextShared = shared.shift()
    }
  }
  return out.length === 0 ? undefined : out
}

function namedOnce(type: ListType, list: readonly unknown[]): readonly Named[] {
  const seen = new Set<string>()
  return list.map((item) => {
    const element: PathElement = elementOf(type, item)
    const name = encode(element)
    if (seen.has(name)) throw new Error(`duplicate entries for key ${printed([element])}`)
    seen.add(name)
    return { name, item }
  })
}
