/** As much of JSON Schema as is looked at. */
export type Schema = {
  readonly type: string
  readonly enum?: readonly unknown[]
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: Schema | false
  readonly items?: Schema
  readonly minimum?: number
  readonly maximum?: number
}

/**
 * What is wrong with a value: `spec.timeout is "soon", must be integer`. The API server checks every write, but lets stand what was stored
 * before the schema came, and evaluates no rule on it. Types, bounds and words are looked at, lengths and patterns are not. Pure.
 */
export const faultsIn = (schema: Schema, value: unknown, path: string): readonly string[] => {
  const told = (right: string) => [`${path} is ${JSON.stringify(value)?.slice(0, 100)}, must be ${right}`]
  if (!isOf(schema.type, value)) return told(schema.type)
  if (typeof value === 'number') {
    const { minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY } = schema
    return value < minimum || value > maximum ? told(`from ${minimum} to ${maximum}`) : []
  }
  if (schema.enum && !schema.enum.includes(value)) return told(`one of ${schema.enum.join(', ')}`)
  if (Array.isArray(value)) {
    const { items } = schema
    return items ? value.flatMap((item, i) => faultsIn(items, item, `${path}[${i}]`)) : []
  }
  if (typeof value !== 'object' || value === null) return []
  const missing = (schema.required ?? []).filter((key) => !Object.hasOwn(value, key))
  return [
    ...missing.map((key) => `${path}.${key} is missing`),
    ...Object.entries(value).flatMap(([key, item]) => {
      const { properties = {}, additionalProperties } = schema
      const inner = Object.hasOwn(properties, key) ? properties[key] : additionalProperties
      return inner ? faultsIn(inner, item, `${path}.${key}`) : []
    }),
  ]
}

const isOf = (type: string, value: unknown): boolean => {
  switch (type) {
    case 'integer':
      return Number.isInteger(value)
    case 'array':
      return Array.isArray(value)
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value)
    default:
      return typeof value === type
  }
}
