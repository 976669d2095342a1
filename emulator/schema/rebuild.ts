/** What a field or an item becomes that goes. */
export const gone = Symbol('gone')

type Fields = Readonly<Record<string, unknown>>

/** The object with each field as `make` makes it, in the same order; itself where nothing changes. */
export function withFields(object: Fields, make: (value: unknown, key: string) => unknown): Fields {
  let result: Record<string, unknown> | undefined
  let isAnyGone = false
  for (const key of Object.keys(object)) {
    const made = make(object[key], key)
    if (made === object[key]) continue
    isAnyGone ||= made === gone
    result ??= { ...object }
    put(result, key, made)
  }
  return isAnyGone ? withoutGone(result ?? object) : (result ?? object)
}

/** A copy: an object that lost a field is slow to read ever after. */
function withoutGone(object: Fields): Fields {
  const result: Record<string, unknown> = {}
  for (const key of Object.keys(object)) if (object[key] !== gone) put(result, key, object[key])
  return result
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

/** Sets an object's own key, `__proto__` too. */
export function put(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== '__proto__') object[key] = value
  else Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true })
}
