/** What a field or an item becomes that goes. */
export const gone = Symbol('gone')

type Fields = Readonly<Record<string, unknown>>

/** The object with each field as `make` makes it, in the same order; itself where nothing changes. */
export function withFields(object: Fields, make: (value: unknown, key: string) => unknown): Fields {
  const keys = Object.keys(object)
  let result: Record<string, unknown> | undefined
  for (let at = 0; at < keys.length; at++) {
    const key = keys[at] ?? ''
    const made = make(object[key], key)
    if (made === object[key] && !result) continue
    result ??= firstOf(object, keys, at)
    if (made !== gone) put(result, key, made)
  }
  return result ?? object
}

/** As `withFields`, for a list. */
export function withItems(list: readonly unknown[], make: (item: unknown, index: number) => unknown) {
  let result: unknown[] | undefined
  for (let at = 0; at < list.length; at++) {
    const made = make(list[at], at)
    if (made === list[at] && !result) continue
    result ??= list.slice(0, at)
    if (made !== gone) result.push(made)
  }
  return result ?? list
}

function firstOf(object: Fields, keys: readonly string[], count: number): Record<string, unknown> {
  const result: Record<string, unknown> = {}
  for (let at = 0; at < count; at++) put(result, keys[at] ?? '', object[keys[at] ?? ''])
  return result
}

/** Sets an object's own key, `__proto__` too. */
export function put(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== '__proto__') object[key] = value
  else Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true })
}
