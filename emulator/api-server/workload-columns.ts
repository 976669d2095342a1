import { age, column, conditionIs, numberAt, orNone, selector, selectorText, template, typed, wide } from './columns.ts'
import { ageOf, humanDuration } from './durations.ts'
import { at, listAt, textAt } from './json.ts'
import { podSummary, readinessGates } from './pod-columns.ts'
import type { Column, KubeObject } from './types.ts'

const jobStates = ['Suspended', 'FailureTarget', 'SuccessCriteriaMet'] as const
const jobStatus = (object: KubeObject): string => {
  if (conditionIs(object, 'Complete')) return 'Complete'
  if (conditionIs(object, 'Failed')) return 'Failed'
  if (object.metadata.deletionTimestamp) return 'Terminating'
  return jobStates.find((type) => conditionIs(object, type)) ?? 'Running'
}
const jobDuration = (object: KubeObject, now: number): string => {
  const start = textAt(object, 'status', 'startTime')
  if (start === '') return ''
  const end = textAt(object, 'status', 'completionTime')
  return humanDuration((end === '' ? now : Date.parse(end)) - Date.parse(start))
}
const completions = (object: KubeObject): string => {
  const wanted = at(object, 'spec', 'completions')
  const parallel = numberAt(object, 'spec', 'parallelism')
  const done = numberAt(object, 'status', 'succeeded')
  if (wanted !== undefined) return `${done}/${String(wanted)}`
  return parallel > 1 ? `${done}/1 of ${parallel}` : `${done}/1`
}

export const workloadColumns: Readonly<Record<string, readonly Column[]>> = {
  Pod: [
    column('Ready', (object, now) => podSummary(object, now).ready),
    column('Status', (object, now) => podSummary(object, now).status),
    column('Restarts', (object, now) => podSummary(object, now).restarts),
    age,
    wide('IP', (object) =>
      orNone(textAt(listAt(object, 'status', 'podIPs')[0], 'ip') || textAt(object, 'status', 'podIP')),
    ),
    wide('Node', (object) => orNone(textAt(object, 'spec', 'nodeName'))),
    wide('Nominated Node', (object) => orNone(textAt(object, 'status', 'nominatedNodeName'))),
    wide('Readiness Gates', readinessGates),
  ],
  Job: [
    column('Status', jobStatus),
    column('Completions', completions),
    column('Duration', jobDuration),
    age,
    ...template('spec', 'template'),
    selector('spec'),
  ],
  CronJob: [
    column('Schedule', (object) => textAt(object, 'spec', 'schedule')),
    column('Timezone', (object) => orNone(textAt(object, 'spec', 'timeZone'))),
    typed(
      'boolean',
      column('Suspend', (object) => (at(object, 'spec', 'suspend') === true ? 'True' : 'False')),
    ),
    typed(
      'integer',
      column('Active', (object) => listAt(object, 'status', 'active').length),
    ),
    column('Last Schedule', (object, now) => {
      const last = at(object, 'status', 'lastScheduleTime')
      return typeof last === 'string' ? ageOf(last, now) : '<none>'
    }),
    age,
    ...template('spec', 'jobTemplate', 'spec', 'template'),
    selector('spec', 'jobTemplate', 'spec'),
  ],
  Deployment: [
    column(
      'Ready',
      (object) => `${numberAt(object, 'status', 'readyReplicas')}/${numberAt(object, 'spec', 'replicas')}`,
    ),
    column('Up-to-date', (object) => numberAt(object, 'status', 'updatedReplicas')),
    column('Available', (object) => numberAt(object, 'status', 'availableReplicas')),
    age,
    ...template('spec', 'template'),
    wide('Selector', (object) => selectorText(at(object, 'spec', 'selector'))),
  ],
  ReplicaSet: [
    typed(
      'integer',
      column('Desired', (object) => numberAt(object, 'spec', 'replicas')),
    ),
    typed(
      'integer',
      column('Current', (object) => numberAt(object, 'status', 'replicas')),
    ),
    typed(
      'integer',
      column('Ready', (object) => numberAt(object, 'status', 'readyReplicas')),
    ),
    age,
    ...template('spec', 'template'),
    selector('spec'),
  ],
}
