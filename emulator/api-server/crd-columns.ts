import { nameColumn } from './columns.ts'
import { ageOf } from './durations.ts'
import { at, isObject, textAt } from './json.ts'
import { jsonPath } from './json-path.ts'
import type { Column } from './types.ts'

const ageColumn: Column = {
  name: 'Age',
  type: 'date',
  cell: ({ metadata }, now) => ageOf(metadata.creationTimestamp, now),
}

/** A CRD's `additionalPrinterColumns`, after the name; an age where it has none. Throws for a path that is not implemented. */
export function crdColumns(given: readonly unknown[]): readonly Column[] {
  const made = given.map((each): Column => {
    const path = textAt(each, 'jsonPath')
    const type = textAt(each, 'type')
    const find = jsonPath(path)
    return {
      name: textAt(each, 'name'),
      type,
      format: textAt(each, 'format'),
      description: textAt(each, 'description') || `Custom resource definition column (in JSONPath format): ${path}`,
      priority: Number(at(each, 'priority') ?? 0),
      cell: (object, now) => cellOf(type, find(object)[0], now),
    }
  })
  return [nameColumn, ...(given.length === 0 ? [ageColumn] : made)]
}

/** A value that is not of the column's type is no value. */
function cellOf(type: string, value: unknown, now: number): unknown {
  if (value === undefined || value === null) return null
  switch (type) {
    case 'string':
      return isObject(value) || Array.isArray(value) ? JSON.stringify(value) : String(value)
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : null
    case 'number':
      return typeof value === 'number' ? value : null
    case 'boolean':
      return typeof value === 'boolean' ? value : null
    case 'date':
      if (typeof value !== 'string') return null
      return Number.isNaN(Date.parse(value)) ? '<invalid>' : ageOf(value, now)
    default:
      return null
  }
}
