import { encode, printed } from './path-element.ts'
import { elementOf, handle, isKnown, isObject, shapeOf, typeOfField } from './shapes.ts'
import type { FieldType } from './types.ts'

/** What is wrong with an applied object, in structured-merge-diff's words; empty if nothing is. Pure. */
export function typeErrors(type: FieldType, value: unknown): readonly string[] {
  const within = (prefix: string, errors: readonly (readonly [string, string])[]): [string, string][] =>
    errors.map(([path, message]) => [prefix + path, message])

  const check = (type: FieldType, value: unknown): readonly (readonly [string, string])[] =>
    handle(shapeOf(type, value), {
      scalar: (scalar) => scalarErrors(scalar, value),
      list: (list) => {
        if (value === null) return []
        if (!Array.isArray(value)) return [['', `expected list, got ${goValue(value)}`]]
        const seen = new Set<string>()
        const errors: [string, string][] = []
        for (const [index, item] of value.entries()) {
          let at = `[${index}]`
          if (list.relation === 'associative') {
            try {
              const element = elementOf(list, item)
              at = printed([element])
              const name = encode(element)
              if (seen.has(name)) errors.push(['', `duplicate entries for key ${at}`])
              seen.add(name)
            } catch (error) {
              return [...errors, ['', `element ${index}: ${(error as Error).message}`] as const] // elementOf throws no other
            }
          }
          errors.push(...within(at, check(list.element, item)))
        }
        return errors
      },
      map: (map) => {
        if (value === null) return []
        if (!isObject(value)) return [['', `expected map, got ${goValue(value)}`]]
        const errors: [string, string][] = []
        for (const [name, inner] of Object.entries(value)) {
          const field = typeOfField(map, name)
          if (!isKnown(field)) return [...errors, [`.${name}`, 'field not declared in schema'] as const]
          errors.push(...within(`.${name}`, check(field, inner)))
        }
        return errors
      },
    })

  return check(type, value).map(([path, message]) => (path === '' ? message : `${path}: ${message}`))
}

function scalarErrors(scalar: string, value: unknown): readonly (readonly [string, string])[] {
  if (value === null || value === undefined) return []
  switch (scalar) {
    case 'numeric':
      return typeof value === 'number' ? [] : [['', `expected numeric (int or float), got ${goType(value)}`]]
    case 'string':
      return typeof value === 'string'
        ? []
        : [['', `expected string, got &value.valueUnstructured{Value:${goSyntax(value)}}`]]
    case 'boolean':
      return typeof value === 'boolean' ? [] : [['', `expected boolean, got &{${goPlain(value)}}`]]
    default:
      return typeof value === 'object' ? [['', `expected any scalar, got &{${goPlain(value)}}`]] : []
  }
}

function goType(value: unknown): string {
  if (Array.isArray(value)) return '[]interface {}'
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64'
  if (typeof value === 'object') return 'map[string]interface {}'
  return typeof value === 'boolean' ? 'bool' : 'string'
}

const goValue = (value: unknown): string => `&{${goPlain(value)}}`

/** As `%v` prints it. */
export function goPlain(value: unknown): string {
  if (value === null || value === undefined) return '<nil>'
  if (Array.isArray(value)) return `[${value.map(goPlain).join(' ')}]`
  if (!isObject(value)) return String(value)
  const entries = Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1))
  return `map[${entries.map(([name, inner]) => `${name}:${goPlain(inner)}`).join(' ')}]`
}

function goSyntax(value: unknown): string {
  if (Array.isArray(value)) return `[]interface {}{${value.map(goSyntax).join(', ')}}`
  if (!isObject(value)) return JSON.stringify(value)
  const entries = Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1))
  return `map[string]interface {}{${entries.map(([name, inner]) => `${JSON.stringify(name)}:${goSyntax(inner)}`).join(', ')}}`
}
