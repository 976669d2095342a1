type Json = { readonly [key: string]: unknown }

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

const isSame = (a: unknown, b: unknown): boolean => {
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, i) => isSame(item, b[i]))
  if (isObject(a) && isObject(b)) return mergePatch(a, b) === undefined
  return a === b
}

/**
 * The JSON merge patch (RFC 7386) that turns one object into the other, or `undefined` where they are equal. Arrays are
 * replaced whole; a key that is absent or `undefined` in `to` is removed. Pure.
 */
export const mergePatch = (from: object, to: object): Json | undefined => {
  const before = from as Json
  const after = to as Json
  const patch: Record<string, unknown> = {}
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const old = Object.hasOwn(before, key) ? before[key] : undefined
    const wanted = Object.hasOwn(after, key) ? after[key] : undefined
    if (isSame(old, wanted)) continue
    if (wanted === undefined) patch[key] = null
    else if (isObject(old) && isObject(wanted)) patch[key] = mergePatch(old, wanted)
    else patch[key] = wanted
  }
  return Object.keys(patch).length > 0 ? patch : undefined
}

/**
 * The JSON merge patch that makes all that `wanted` names so in `found`, or `undefined` where it is so. What `wanted` does not name stays, the
 * defaults that the API server fills in among it; a list that is otherwise is replaced whole. Pure.
 */
export const correction = (found: object, wanted: object): Json | undefined => {
  const patch: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(wanted)) {
    if (value === undefined) continue
    const is = Object.hasOwn(found, key) ? (found as Json)[key] : undefined
    if (has(is, value)) continue
    patch[key] = isObject(is) && isObject(value) ? correction(is, value) : value
  }
  return Object.keys(patch).length > 0 ? patch : undefined
}

const has = (found: unknown, wanted: unknown): boolean => {
  if (Array.isArray(wanted))
    return Array.isArray(found) && found.length === wanted.length && wanted.every((item, i) => has(found[i], item))
  if (isObject(wanted)) return isObject(found) && correction(found, wanted) === undefined
  return found === wanted
}
