import { ageOf } from './durations.ts'
import { at, isObject, listAt, textAt } from './json.ts'
import type { Column, KubeObject } from './types.ts'

export const column = (name: string, cell: Column['cell'], priority = 0): Column => ({
  name,
  type: 'string',
  priority,
  cell,
})
export const typed = (type: string, { name, cell, priority = 0 }: Column): Column => ({ name, type, priority, cell })
export const wide = (name: string, cell: Column['cell']): Column => column(name, cell, 1)
export const nameColumn: Column = {
  name: 'Name',
  type: 'string',
  format: 'name',
  cell: ({ metadata }) => metadata.name ?? '',
}
export const age = column('Age', ({ metadata }, now) => ageOf(metadata.creationTimestamp, now))
export const createdAt = typed(
  'date',
  column('Created At', ({ metadata }) => metadata.creationTimestamp ?? ''),
)
export const orNone = (text: string): string => text || '<none>'
export const numberAt = (object: unknown, ...path: readonly string[]): number => Number(at(object, ...path) ?? 0)
export const sizeAt = (object: unknown, key: string): number =>
  isObject(at(object, key)) ? Object.keys(at(object, key) as object).length : 0

export const conditionIs = (object: KubeObject, type: string): boolean =>
  listAt(object, 'status', 'conditions').some((each) => at(each, 'type') === type && at(each, 'status') === 'True')

/** `a=b,c in (d,e),!f`, by key; empty where there is nothing to select by. */
export function selectorText(selector: unknown): string {
  const labels = Object.entries(at(selector, 'matchLabels') ?? {}).map(
    ([key, value]) => [key, `${key}=${value}`] as const,
  )
  const expressions = listAt(selector, 'matchExpressions').map((each) => {
    const key = textAt(each, 'key')
    const values = listAt(each, 'values').map(String).sort().join(',')
    const texts: Readonly<Record<string, string>> = {
      Exists: key,
      DoesNotExist: `!${key}`,
      In: `${key} in (${values})`,
    }
    return [key, texts[textAt(each, 'operator')] ?? `${key} notin (${values})`] as const
  })
  return [...labels, ...expressions]
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([, text]) => text)
    .join(',')
}

export const template = (...path: readonly string[]): readonly Column[] =>
  (['name', 'image'] as const).map((key) =>
    wide(key === 'name' ? 'Containers' : 'Images', (object) =>
      listAt(object, ...path, 'spec', 'containers')
        .map((each) => textAt(each, key))
        .join(','),
    ),
  )
export const selector = (...path: readonly string[]): Column =>
  wide('Selector', (object) => orNone(selectorText(at(object, ...path, 'selector'))))
