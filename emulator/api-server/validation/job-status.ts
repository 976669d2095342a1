import { invalid, required } from '../../schema/field-error.ts'
import { at, equal, isObject, listAt } from '../json.ts'
import type { Json, KubeObject } from '../types.ts'
import { type Errors, has, notNegative, repeated, text } from './checks.ts'
import { indexFault } from './job-indexes.ts'

const record = (value: unknown): Json => (isObject(value) ? value : {})
const count = (status: Json, key: string): number => Number(status[key] ?? 0)
const isTrue = (status: Json, type: string): boolean =>
  listAt(status, 'conditions').some((each) => at(each, 'type') === type && at(each, 'status') === 'True')
const bare = (path: string, detail: string): Errors => [{ field: path, type: 'FieldValueInvalid', detail }]
const when = (isWrong: boolean, errors: () => Errors): Errors => (isWrong ? errors() : [])

/**
 * The rules for a Job's status. Most hold only for what this write changes, so that a Job that broke one already can
 * still be written. Source: the behaviour of kube-apiserver 1.36.3, as recorded in test/conformance/builtins.
 */
export function jobStatusErrors(job: KubeObject, old: KubeObject): Errors {
  const status = record(job['status'])
  const before = record(old['status'])
  const spec = record(job['spec'])
  const differs = (key: string): boolean => !equal(status[key], before[key])
  const changes = (type: string): boolean => isTrue(status, type) !== isTrue(before, type)
  const isComplete = isTrue(status, 'Complete')
  const isFinished = isComplete || isTrue(status, 'Failed')
  const wasFinished = isTrue(before, 'Complete') || isTrue(before, 'Failed')
  const ends = isFinished && !wasFinished
  const isIndexed = spec['completionMode'] === 'Indexed'
  const started = status['startTime']
  const ended = status['completionTime']
  const hasEnd = has(status, 'completionTime')
  const hasStart = has(status, 'startTime')
  const uncounted = status['uncountedTerminatedPods']
  const isCounting = ['succeeded', 'failed'].some((key) => listAt(uncounted, key).length > 0)
  const startChecked = ends || differs('startTime')
  const endChecked = differs('completionTime') || changes('Complete')
  const isLate = Date.parse(String(ended)) < Date.parse(String(started))
  return [
    ...['active', 'succeeded', 'failed', 'ready', 'terminating'].flatMap((key) =>
      notNegative(status[key], `status.${key}`),
    ),
    ...uncountedErrors(uncounted),
    ...when(
      (differs('ready') || differs('active')) &&
        has(status, 'ready') &&
        count(status, 'ready') > count(status, 'active'),
      () => [invalid('status.ready', status['ready'], 'cannot set more ready pods than active')],
    ),
    ...indexErrors(job, spec, status, before, isIndexed),
    ...when(isFinished && (ends || differs('active')) && count(status, 'active') > 0, () => [
      invalid('status.active', status['active'], 'active>0 is invalid for finished job'),
    ]),
    ...when(isFinished && (ends || differs('terminating')) && count(status, 'terminating') > 0, () => [
      invalid('status.terminating', status['terminating'], 'terminating>0 is invalid for finished job'),
    ]),
    ...exclusionErrors(status, changes),
    ...when(isComplete && endChecked && !hasEnd, () => [
      required('status.completionTime', 'completionTime is required for Complete jobs'),
    ]),
    ...when(!isComplete && endChecked && hasEnd, () => [
      invalid('status.completionTime', ended, 'cannot set completionTime when there is no Complete=True condition'),
    ]),
    ...pairErrors(status, changes),
    ...when(isFinished && startChecked && !hasStart, () => [
      required('status.startTime', 'startTime is required for finished job'),
    ]),
    ...when(hasStart && hasEnd && (differs('completionTime') || differs('startTime')) && isLate, () => [
      invalid('status.completionTime', ended, 'must be equal to or after `startTime`'),
    ]),
    ...when(isFinished && (ends || differs('uncountedTerminatedPods')) && isCounting, () => [
      invalid('status.uncountedTerminatedPods', goUncounted(uncounted), 'must be empty for finished job'),
    ]),
    ...changeErrors(status, before, spec, old),
  ]
}

const both = (status: Json, changes: (type: string) => boolean, a: string, b: string, words: string): Errors =>
  when((changes(a) || changes(b)) && isTrue(status, a) && isTrue(status, b), () =>
    bare('status.conditions', `cannot set ${words} conditions`),
  )

/** What a complete Job is not. */
const exclusionErrors = (status: Json, changes: (type: string) => boolean): Errors => [
  ...both(status, changes, 'Complete', 'Failed', 'Complete=True and Failed=true'),
  ...both(status, changes, 'Complete', 'FailureTarget', 'Complete=True and FailureTarget=true'),
]

function pairErrors(status: Json, changes: (type: string) => boolean): Errors {
  const needs = (a: string, b: string): Errors =>
    when(changes(a) && isTrue(status, a) && !isTrue(status, b), () =>
      bare('status.conditions', `cannot set ${a}=True condition without the ${b}=true condition`),
    )
  return [
    ...needs('Complete', 'SuccessCriteriaMet'),
    ...needs('Failed', 'FailureTarget'),
    ...both(status, changes, 'SuccessCriteriaMet', 'Failed', 'SuccessCriteriaMet=True and Failed=true'),
    ...both(status, changes, 'SuccessCriteriaMet', 'FailureTarget', 'SuccessCriteriaMet=True and FailureTarget=true'),
  ]
}

function changeErrors(status: Json, before: Json, spec: Json, old: KubeObject): Errors {
  const differs = (key: string): boolean => !equal(status[key], before[key])
  const ends = (type: string): boolean => isTrue(before, type) && !isTrue(status, type)
  const mayNotFall = (key: string): Errors =>
    when(count(status, key) < count(before, key), () => [
      invalid(`status.${key}`, count(status, key), `cannot decrease the ${key} counter`),
    ])
  const isRunning = spec['suspend'] !== true && at(old, 'spec', 'suspend') !== true
  return [
    ...mayNotFall('failed'),
    ...mayNotFall('succeeded'),
    ...when(
      has(before, 'completionTime') &&
        differs('completionTime') &&
        isTrue(status, 'Complete') &&
        has(status, 'completionTime'),
      () => [invalid('status.completionTime', status['completionTime'] ?? null, 'field is immutable')],
    ),
    ...when(has(before, 'startTime') && differs('startTime') && isRunning, () => [
      invalid('status.startTime', status['startTime'] ?? null, 'field is immutable for unsuspended job once set'),
    ]),
    ...when(ends('Complete'), () => bare('status.conditions', 'cannot disable the terminal Complete=True condition')),
    ...when(ends('Failed'), () => bare('status.conditions', 'cannot disable the terminal Failed=True condition')),
    ...when(ends('FailureTarget'), () =>
      bare('status.conditions', 'cannot disable the terminal FailureTarget=True condition'),
    ),
    ...when(ends('SuccessCriteriaMet'), () =>
      bare('status.conditions', 'cannot disable the SuccessCriteriaMet=True condition'),
    ),
  ]
}

function uncountedErrors(uncounted: unknown): Errors {
  const seen = new Set<string>()
  return ['succeeded', 'failed'].flatMap((key) =>
    listAt(uncounted, key).flatMap((uid, index) => {
      const path = `status.uncountedTerminatedPods.${key}[${index}]`
      const name = String(uid)
      const errors =
        name === '' ? [invalid(path, '', 'must not be empty')] : seen.has(name) ? [repeated(name, path)] : []
      if (name !== '') seen.add(name)
      return errors
    }),
  )
}

const goUncounted = (value: unknown): unknown =>
  new Map([
    ['Succeeded', at(value, 'succeeded') ?? null],
    ['Failed', at(value, 'failed') ?? null],
  ])

function indexErrors(job: KubeObject, spec: Json, status: Json, before: Json, isIndexed: boolean): Errors {
  const completions = Number(at(job, 'spec', 'completions') ?? 0)
  const completed = text(status, 'completedIndexes')
  const failed = at(status, 'failedIndexes')
  const parsed = (key: 'completedIndexes' | 'failedIndexes', value: string): Errors => {
    const fault = indexFault(value, completions)
    return fault === undefined || (isIndexed === false && key === 'failedIndexes')
      ? []
      : [invalid(`status.${key}`, value, `error parsing ${key}: ${fault}`)]
  }
  const isNew = text(before, 'completedIndexes') !== completed
  const perIndex = has(spec, 'backoffLimitPerIndex')
  return [
    ...(isNew && completed !== '' ? parsed('completedIndexes', completed) : []),
    ...when(typeof failed === 'string' && perIndex && failed !== at(before, 'failedIndexes'), () =>
      parsed('failedIndexes', String(failed)),
    ),
    ...when(isNew && !isIndexed && completed !== '', () => [
      invalid(
        'status.completedIndexes',
        completed,
        'cannot set non-empty completedIndexes when non-indexed completion mode',
      ),
    ]),
    ...when(!perIndex && failed !== undefined && failed !== null, () => [
      invalid('status.failedIndexes', failed, 'cannot set non-null failedIndexes when backoffLimitPerIndex is null'),
    ]),
  ]
}
