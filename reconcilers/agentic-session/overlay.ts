type Json = { readonly [key: string]: unknown }

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

/** What tells the items of Kubernetes' lists apart. A mount is told by where it is: one volume may be mounted twice. */
const keys = ['mountPath', 'name'] as const

const keyOf = (items: readonly unknown[]): (typeof keys)[number] | undefined =>
  keys.find((key) => items.every((item) => isObject(item) && typeof item[key] === 'string'))

/**
 * What is there, with a change on top: objects are merged, `null` takes a field away, lists whose items have a name (or a mountPath) are merged
 * by it, and everything else is replaced. Pure.
 */
export const overlaid = (base: unknown, change: unknown): unknown => {
  if (isObject(change)) {
    const result: Record<string, unknown> = isObject(base) ? { ...base } : {}
    for (const [key, value] of Object.entries(change)) {
      if (value === null) delete result[key]
      else result[key] = overlaid(result[key], value)
    }
    return result
  }
  if (!Array.isArray(change) || !Array.isArray(base) || change.length === 0) return change
  const key = keyOf([...base, ...change])
  if (key === undefined) return change
  const items = new Map<unknown, unknown>(base.map((item: Json) => [item[key], item]))
  for (const item of change as Json[]) items.set(item[key], overlaid(items.get(item[key]), item))
  return [...items.values()]
}
