import { ageOf } from './durations.ts'
import { at, listAt, textAt } from './json.ts'
import type { Json, KubeObject } from './types.ts'

/** How far a Pod is, as the Table's first columns say it. */
type PodSummary = { readonly ready: string; readonly status: string; readonly restarts: string }

type Tally = { readonly count: number; readonly lastAt: string }

const none: Tally = { count: 0, lastAt: '' }

const plus = ({ count, lastAt }: Tally, status: unknown): Tally => {
  const finishedAt = textAt(status, 'lastState', 'terminated', 'finishedAt')
  return {
    count: count + Number(at(status, 'restartCount') ?? 0),
    lastAt: finishedAt > lastAt ? finishedAt : lastAt,
  }
}

const has = (object: KubeObject, type: string): boolean =>
  listAt(object, 'status', 'conditions').some((each) => at(each, 'type') === type && at(each, 'status') === 'True')

const endOf = (terminated: unknown): string => {
  const signal = Number(at(terminated, 'signal') ?? 0)
  return (
    textAt(terminated, 'reason') || (signal === 0 ? `ExitCode:${textAt(terminated, 'exitCode')}` : `Signal:${signal}`)
  )
}

/** In the order in which kube-apiserver 1.36 lets one word win over another. Pure. */
export function podSummary(pod: KubeObject, now: number): PodSummary {
  const inits = listAt(pod, 'spec', 'initContainers')
  const sidecars = inits.filter((each) => at(each, 'restartPolicy') === 'Always').map((each) => textAt(each, 'name'))
  const isGated = listAt(pod, 'status', 'conditions').some(
    (each) => at(each, 'type') === 'PodScheduled' && at(each, 'reason') === 'SchedulingGated',
  )
  const phase = textAt(pod, 'status', 'phase')
  let status = isGated ? 'SchedulingGated' : textAt(pod, 'status', 'reason') || phase
  let readyCount = 0
  let all = none
  let ofSidecars = none
  let isInitializing = false
  for (const [index, each] of listAt(pod, 'status', 'initContainerStatuses').entries()) {
    const isSidecar = sidecars.includes(textAt(each, 'name'))
    const terminated = at(each, 'state', 'terminated')
    const waiting = textAt(each, 'state', 'waiting', 'reason')
    all = plus(all, each)
    if (isSidecar) ofSidecars = plus(ofSidecars, each)
    if (terminated !== undefined && Number(at(terminated, 'exitCode') ?? 0) === 0) continue
    if (isSidecar && at(each, 'started') === true) {
      if (at(each, 'ready') === true) readyCount += 1
      continue
    }
    if (terminated !== undefined) status = `Init:${endOf(terminated)}`
    else if (waiting !== '' && waiting !== 'PodInitializing') status = `Init:${waiting}`
    else status = `Init:${index}/${inits.length}`
    isInitializing = true
    break
  }
  if (!isInitializing || has(pod, 'Initialized')) {
    const found = ofContainers(pod, status)
    status = found.status
    readyCount += found.readyCount
    all = listAt(pod, 'status', 'containerStatuses').reduce(plus, ofSidecars)
  }
  const isOver = phase === 'Succeeded' || phase === 'Failed'
  if (pod.metadata.deletionTimestamp && textAt(pod, 'status', 'reason') === 'NodeLost') status = 'Unknown'
  else if (pod.metadata.deletionTimestamp && !isOver) status = 'Terminating'
  const ago = all.count > 0 && all.lastAt !== '' ? ` (${ageOf(all.lastAt, now)} ago)` : ''
  const total = listAt(pod, 'spec', 'containers').length + sidecars.length
  return { ready: `${readyCount}/${total}`, status, restarts: `${all.count}${ago}` }
}

function ofContainers(pod: KubeObject, before: string): { status: string; readyCount: number } {
  let status = before
  let failure = ''
  let readyCount = 0
  for (const each of listAt(pod, 'status', 'containerStatuses').toReversed()) {
    const waiting = textAt(each, 'state', 'waiting', 'reason')
    const terminated = at(each, 'state', 'terminated')
    if (waiting !== '') status = waiting
    else if (terminated !== undefined) {
      status = endOf(terminated)
      if (Number(at(terminated, 'exitCode') ?? 0) !== 0) failure = status
    } else if (at(each, 'ready') === true && at(each, 'state', 'running') !== undefined) readyCount += 1
  }
  if (status !== 'Completed') return { status, readyCount }
  if (readyCount > 0 && has(pod, 'Ready')) return { status: 'Running', readyCount }
  return { status: failure || (readyCount > 0 ? 'NotReady' : status), readyCount }
}

/** `1/2`: how many of a Pod's readiness gates are open. */
export function readinessGates(pod: KubeObject): string {
  const gates = listAt(pod, 'spec', 'readinessGates').map((each) => textAt(each, 'conditionType'))
  return gates.length === 0 ? '<none>' : `${gates.filter((gate) => has(pod, gate)).length}/${gates.length}`
}

const ended: Readonly<Record<string, string>> = {
  Succeeded: 'The pod has completed successfully.',
  Failed: 'The pod failed.',
}

/** What a Table says of a row that stands for something over. */
export function rowConditions({ kind, ...object }: KubeObject): readonly Json[] {
  const reason = textAt(object, 'status', 'phase')
  const message = kind === 'Pod' ? ended[reason] : undefined
  return message === undefined ? [] : [{ type: 'Completed', status: 'True', reason, message }]
}
