import { at, isObject, listAt } from '../api-server/json.ts'
import type { CloudEvent } from './cloud-event.ts'

type Compare = (found: string, wanted: string) => boolean

/** Whether a Trigger's spec lets an event through: `filters`, or else `filter`. Only attributes count, never data. Pure. */
export function passes(spec: unknown, event: CloudEvent): boolean {
  const filters = listAt(spec, 'filters')
  if (filters.length > 0) return filters.every((each) => holds(each, event))
  return entries(at(spec, 'filter', 'attributes')).every(([name, wanted]) => {
    const found = attributeOf(event, name)
    return found !== undefined && (wanted === '' ? found !== '' : found === wanted)
  })
}

function holds(filter: unknown, event: CloudEvent): boolean {
  const matches = (dialect: string, compare: Compare): boolean =>
    entries(at(filter, dialect)).every(([name, wanted]) => {
      const found = attributeOf(event, name)
      return found !== undefined && compare(found, wanted)
    })
  const [dialect] = isObject(filter) ? Object.keys(filter) : []
  switch (dialect) {
    case 'exact':
      return matches(dialect, (found, wanted) => found === wanted)
    case 'prefix':
      return matches(dialect, (found, wanted) => found.startsWith(wanted))
    case 'suffix':
      return matches(dialect, (found, wanted) => found.endsWith(wanted))
    case 'all':
      return listAt(filter, dialect).every((each) => holds(each, event))
    case 'any':
      return listAt(filter, dialect).some((each) => holds(each, event))
    case 'not':
      return !holds(at(filter, dialect), event)
    default:
      throw new Error(`a filter with the dialect ${dialect}, which the CustomResourceDefinition lets nobody store`)
  }
}

const entries = (value: unknown): [string, string][] =>
  isObject(value) ? Object.entries(value).map(([name, wanted]) => [name, String(wanted)]) : []

/** Attributes of the specification are there even when they are empty; `schemaurl` is an old name. */
function attributeOf({ attributes }: CloudEvent, name: string): string | undefined {
  switch (name) {
    case 'subject':
    case 'time':
    case 'dataschema':
    case 'datacontenttype':
      return attributes[name] ?? ''
    case 'schemaurl':
      return attributes['dataschema'] ?? ''
    case 'datamediatype':
      return (attributes['datacontenttype'] ?? '').replace(/;.*/, '').trim()
    case 'datacontentencoding':
      return ''
    default:
      return attributes[name]
  }
}
