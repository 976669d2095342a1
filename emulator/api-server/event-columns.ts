import { column, nameColumn, numberAt, wide } from './columns.ts'
import { ageOf } from './durations.ts'
import { at, textAt } from './json.ts'
import type { Column, KubeObject } from './types.ts'

const eventTimes = (event: KubeObject, now: number): { first: string; last: string } => {
  const first = ageOf(at(event, 'firstTimestamp') ?? at(event, 'eventTime'), now)
  const last = at(event, 'series', 'lastObservedTime') ?? at(event, 'lastTimestamp')
  return { first, last: typeof last === 'string' ? ageOf(last, now) : first }
}
const eventSource = (event: KubeObject): string =>
  [
    textAt(event, 'source', 'component') || textAt(event, 'reportingComponent'),
    textAt(event, 'source', 'host') || textAt(event, 'reportingInstance'),
  ]
    .filter((part, index) => index === 0 || part !== '')
    .join(', ')
const eventTarget = (event: KubeObject): string => {
  const name = textAt(event, 'involvedObject', 'name')
  return `${textAt(event, 'involvedObject', 'kind').toLowerCase()}${name && `/${name}`}`
}

export const eventColumns: readonly Column[] = [
  column('Last Seen', (object, now) => eventTimes(object, now).last),
  column('Type', (object) => textAt(object, 'type')),
  column('Reason', (object) => textAt(object, 'reason')),
  column('Object', eventTarget),
  wide('Subobject', (object) => textAt(object, 'involvedObject', 'fieldPath')),
  wide('Source', eventSource),
  column('Message', (object) => textAt(object, 'message').trim()),
  wide('First Seen', (object, now) => eventTimes(object, now).first),
  wide('Count', (object) => numberAt(object, 'series', 'count') || numberAt(object, 'count') || 1),
  { ...nameColumn, priority: 1 },
]
