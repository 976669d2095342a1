import { at, listAt, textAt } from './json.ts'
import type { Column, KubeObject } from './types.ts'

/** kubectl's `5s`, `3m`, `2d4h`. */
export function humanDuration(ms: number): string {
  const seconds = Math.floor(ms / 1000)
  if (seconds < -1) return '<invalid>'
  if (seconds < 0) return '0s'
  if (seconds < 120) return `${seconds}s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 10) return seconds % 60 === 0 ? `${minutes}m` : `${minutes}m${seconds % 60}s`
  if (minutes < 180) return `${minutes}m`
  const hours = Math.floor(minutes / 60)
  if (hours < 8) return minutes % 60 === 0 ? `${hours}h` : `${hours}h${minutes % 60}m`
  if (hours < 48) return `${hours}h`
  const days = Math.floor(hours / 24)
  if (hours < 192) return hours % 24 === 0 ? `${days}d` : `${days}d${hours % 24}h`
  return days < 730 ? `${days}d` : `${Math.floor(days / 365)}y${days % 365 === 0 ? '' : `${days % 365}d`}`
}

export const ageOf = (value: unknown, now: number): string =>
  typeof value === 'string' ? humanDuration(now - Date.parse(value)) : '<unknown>'

const column = (name: string, cell: Column['cell'], priority = 0): Column => ({ name, type: 'string', priority, cell })
const nameColumn: Column = { name: 'Name', type: 'string', format: 'name', cell: ({ metadata }) => metadata.name ?? '' }
const age = column('Age', ({ metadata }, now) => ageOf(metadata.creationTimestamp, now))
const orNone = (text: string): string => text || '<none>'

const conditionIs = (object: KubeObject, type: string): boolean =>
  listAt(object, 'status', 'conditions').some((each) => at(each, 'type') === type && at(each, 'status') === 'True')

const podStatus = (object: KubeObject): string => {
  if (object.metadata.deletionTimestamp) return 'Terminating'
  const reasons = listAt(object, 'status', 'containerStatuses').map(
    (each) => textAt(each, 'state', 'waiting', 'reason') || textAt(each, 'state', 'terminated', 'reason'),
  )
  return (
    reasons.findLast((reason) => reason !== '') ??
    (textAt(object, 'status', 'reason') || textAt(object, 'status', 'phase'))
  )
}

const jobStatus = (object: KubeObject): string => {
  if (conditionIs(object, 'Complete')) return 'Complete'
  if (conditionIs(object, 'Failed')) return 'Failed'
  if (object.metadata.deletionTimestamp) return 'Terminating'
  if (conditionIs(object, 'Suspended')) return 'Suspended'
  if (conditionIs(object, 'FailureTarget')) return 'FailureTarget'
  return conditionIs(object, 'SuccessCriteriaMet') ? 'SuccessCriteriaMet' : 'Running'
}

const jobDuration = (object: KubeObject, now: number): string => {
  const start = textAt(object, 'status', 'startTime')
  if (start === '') return ''
  const end = textAt(object, 'status', 'completionTime')
  return humanDuration((end === '' ? now : Date.parse(end)) - Date.parse(start))
}

const containers = (object: KubeObject, key: string): string =>
  listAt(object, 'spec', 'template', 'spec', 'containers')
    .map((each) => textAt(each, key))
    .join(',')

const completions = (object: KubeObject): string => {
  const wanted = at(object, 'spec', 'completions')
  const parallel = Number(at(object, 'spec', 'parallelism') ?? 1)
  const done = textAt(object, 'status', 'succeeded') || '0'
  if (wanted !== undefined) return `${done}/${String(wanted)}`
  return parallel > 1 ? `${done}/1 of ${parallel}` : `${done}/1`
}

const selectorText = (object: KubeObject): string =>
  orNone(
    Object.entries(at(object, 'spec', 'selector', 'matchLabels') ?? {})
      .map(([key, value]) => `${key}=${String(value)}`)
      .join(','),
  )

const ready = (object: KubeObject): string => {
  const states = listAt(object, 'status', 'containerStatuses')
  return `${states.filter((each) => at(each, 'ready') === true).length}/${listAt(object, 'spec', 'containers').length}`
}

const restarts = (object: KubeObject): string =>
  String(
    listAt(object, 'status', 'containerStatuses').reduce(
      (sum: number, each) => sum + Number(at(each, 'restartCount') ?? 0),
      0,
    ),
  )

const columns: Readonly<Record<string, readonly Column[]>> = {
  Pod: [
    column('Ready', ready),
    column('Status', podStatus),
    column('Restarts', restarts),
    age,
    column('IP', (object) => orNone(textAt(object, 'status', 'podIP')), 1),
    column('Node', (object) => orNone(textAt(object, 'spec', 'nodeName')), 1),
    column('Nominated Node', (object) => orNone(textAt(object, 'status', 'nominatedNodeName')), 1),
    column('Readiness Gates', () => '<none>', 1),
  ],
  Job: [
    column('Status', jobStatus),
    column('Completions', completions),
    column('Duration', jobDuration),
    age,
    column('Containers', (object) => containers(object, 'name'), 1),
    column('Images', (object) => containers(object, 'image'), 1),
    column('Selector', selectorText, 1),
  ],
  Namespace: [column('Status', (object) => textAt(object, 'status', 'phase')), age],
  CustomResourceDefinition: [column('Created At', ({ metadata }) => metadata.creationTimestamp ?? '')],
}

/** Of a kind without an entry here the Table has a name and an age, fewer columns than the real server's. */
export const builtInColumns = (kind: string): readonly Column[] => [nameColumn, ...(columns[kind] ?? [age])]

/** A CRD's `additionalPrinterColumns`; only plain paths such as `.status.phase` and `[index]`. */
export function crdColumns(given: readonly unknown[]): readonly Column[] {
  const made = given.map((each): Column => {
    const path = textAt(each, 'jsonPath')
    const type = textAt(each, 'type')
    return {
      name: textAt(each, 'name'),
      type,
      format: textAt(each, 'format'),
      description: textAt(each, 'description') || `Custom resource definition column (in JSONPath format): ${path}`,
      priority: Number(at(each, 'priority') ?? 0),
      cell: (object, now) => {
        const found = at(object, ...path.split('.').filter((key) => key !== ''))
        if (type === 'date') return found === undefined ? '' : ageOf(found, now)
        return found ?? null
      },
    }
  })
  return [nameColumn, ...(given.length === 0 ? [age] : made)]
}
