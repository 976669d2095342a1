import type { LogLine } from '../pod-runner.ts'
import { type Call, keyFor } from './context.ts'
import { parseGoTime } from './go-time.ts'
import { at, listAt, textAt } from './json.ts'
import { get } from './list.ts'
import { isTrue } from './request-info.ts'
import { badRequest, invalid, notImplemented } from './status.ts'
import { keyOf } from './store.ts'
import type { FieldError, KubeObject, Response, TextStream } from './types.ts'

/** What one container writes. */
export type ContainerLog = {
  readonly lines: () => readonly LogLine[]
  /** Calls back with each further line; the answer ends that. */
  readonly onLine: (listener: (line: LogLine) => void) => () => void
}

/** The logs of the node. `previous` asks for the container before the last restart. `undefined` where there is none (any more). */
export type LogSource = (
  pod: KubeObject,
  container: string,
  options: { readonly previous: boolean },
) => ContainerLog | undefined

type Options = {
  readonly follow: boolean
  readonly previous: boolean
  readonly timestamps: boolean
  readonly since: number
  readonly tailLines?: number
  readonly limitBytes: number
}

/** GET of a Pod's `log`: what is there as the body, and what comes as `more` where it is to be followed. */
export function podLog(call: Call, source: LogSource | undefined): Response {
  const pod = get(call)
  const options = optionsOf(call)
  const container = containerOf(pod, call.info.query.get('container') ?? '')
  if (textAt(pod, 'spec', 'nodeName') === '') return { status: 204, headers: {}, body: '' }
  if (!source) throw notImplemented('the logs of Pods without a source of them')
  const id = containerIdOf(pod, container, options.previous)
  const headers = { 'content-type': 'text/plain' }
  const log = source(pod, container, { previous: options.previous })
  if (!log) return { status: 200, headers, body: `unable to retrieve container logs for ${id}` }
  const shown = (line: LogLine): string =>
    line.at < options.since ? '' : `${options.timestamps ? `${precise(line.at)} ` : ''}${line.text}\n`
  const all = log.lines()
  const last = options.tailLines === undefined ? all : all.slice(Math.max(0, all.length - options.tailLines))
  const { body, left } = cut(last.map(shown).join(''), options.limitBytes)
  if (!options.follow || left === 0 || hasEnded(pod, container)) return { status: 200, headers, body }
  return { status: 200, headers, body, more: followed(call, container, { log, shown, left }) }
}

/** Until the container ends, its Pod is gone, or the limit is reached. */
function followed(
  call: Call,
  container: string,
  { log, shown, left }: { log: ContainerLog; shown: (line: LogLine) => string; left: number },
): TextStream {
  const stops: (() => void)[] = []
  const close = (): void => {
    for (const stop of stops.splice(0)) stop()
  }
  return {
    close,
    start: (write, end) => {
      let rest = left
      const finish = (): void => {
        close()
        end()
      }
      const onLine = log.onLine((line) => {
        const { body, left: remaining } = cut(shown(line), rest)
        rest = remaining
        if (body !== '') write(body)
        if (rest === 0) finish()
      })
      const onChange = call.core.store.subscribe('pods', ({ type, object }) => {
        if (keyOf(object) !== keyFor(call)) return
        if (type === 'DELETED' || hasEnded(object, container)) finish()
      })
      stops.push(onLine, onChange)
    },
  }
}

const precise = (ms: number): string => new Date(ms).toISOString().replace('Z', '000000Z')

function cut(text: string, limit: number): { body: string; left: number } {
  const bytes = Buffer.from(text)
  if (bytes.length < limit) return { body: text, left: limit - bytes.length }
  return { body: bytes.subarray(0, limit).toString('utf8'), left: 0 }
}

function optionsOf({ info, core }: Call): Options {
  const { query, name } = info
  const errors: FieldError[] = []
  const number = (key: string, least: number): number | undefined => {
    const text = query.get(key) ?? ''
    if (text === '') return undefined
    if (!/^[-+]?\d+$/.test(text)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`)
    const found = Number(text)
    const detail = `must be greater than ${least === 0 ? 'or equal to 0' : '0'}`
    if (found < least) errors.push({ type: 'FieldValueInvalid', field: key, badValue: found, detail })
    return found
  }
  const tailLines = number('tailLines', 0)
  const limitBytes = number('limitBytes', 1)
  const sinceSeconds = number('sinceSeconds', 1)
  const sinceTime = query.get('sinceTime') ?? ''
  if (sinceSeconds !== undefined && sinceTime !== '') {
    const detail = 'at most one of `sinceTime` or `sinceSeconds` may be specified'
    errors.push({ type: 'FieldValueForbidden', field: '[]', detail })
  }
  if (query.has('stream')) errors.push({ type: 'FieldValueForbidden', field: 'stream', detail: 'may not be specified' })
  if (errors.length > 0) throw invalid({ group: '', kind: 'PodLogOptions' }, name, errors)
  const flag = (key: string): boolean => query.has(key) && isTrue(query.get(key))
  const since = sinceTime === '' ? Number.NEGATIVE_INFINITY : timeOf(sinceTime)
  return {
    follow: flag('follow'),
    previous: flag('previous'),
    timestamps: flag('timestamps'),
    since: sinceSeconds === undefined ? since : core.world.now() - sinceSeconds * 1000,
    ...(tailLines !== undefined && { tailLines }),
    limitBytes: limitBytes ?? Number.POSITIVE_INFINITY,
  }
}

function timeOf(text: string): number {
  const parsed = parseGoTime(text)
  if ('fault' in parsed) throw badRequest(parsed.fault)
  return parsed.ms + Math.trunc(Number(`0${parsed.fraction.replace(',', '.')}`) * 1000)
}

const lists = ['initContainers', 'containers', 'ephemeralContainers'] as const

function containerOf(pod: KubeObject, wanted: string): string {
  const { name = '' } = pod.metadata
  const names = lists.flatMap((key) => listAt(pod, 'spec', key).map((each) => textAt(each, 'name')))
  if (wanted !== '') {
    if (!names.includes(wanted)) throw badRequest(`container ${wanted} is not valid for pod ${name}`)
    return wanted
  }
  const [only, second] = listAt(pod, 'spec', 'containers')
  if (only === undefined || second !== undefined)
    throw badRequest(`a container name must be specified for pod ${name}, choose one of: [${names.join(' ')}]`)
  return textAt(only, 'name')
}

const statusOf = (pod: KubeObject, container: string): unknown =>
  ['initContainerStatuses', 'containerStatuses', 'ephemeralContainerStatuses']
    .flatMap((key) => listAt(pod, 'status', key))
    .find((each) => at(each, 'name') === container)

const hasEnded = (pod: KubeObject, container: string): boolean =>
  at(statusOf(pod, container), 'state', 'terminated') !== undefined

const waitingTexts: Readonly<Record<string, string>> = {
  ErrImagePull: "image can't be pulled",
  ImagePullBackOff: 'trying and failing to pull image',
}

/** The kubelet's 400s for a container that has no log. */
function containerIdOf(pod: KubeObject, container: string, isPrevious: boolean): string {
  const which = `container "${container}" in pod "${pod.metadata.name}"`
  const status = statusOf(pod, container)
  if (status === undefined) throw badRequest(`${which} is not available`)
  const last = textAt(status, 'lastState', 'terminated', 'containerID')
  if (isPrevious) {
    if (last === '') throw badRequest(`previous terminated ${which} not found`)
    return last
  }
  if (at(status, 'state', 'running') !== undefined) return textAt(status, 'containerID')
  const terminated = at(status, 'state', 'terminated')
  if (terminated !== undefined) {
    const found = textAt(terminated, 'containerID') || last
    if (found === '') throw badRequest(`${which} is terminated`)
    return found
  }
  if (last !== '') return last
  const reason = textAt(status, 'state', 'waiting', 'reason')
  if (at(status, 'state', 'waiting') === undefined) throw badRequest(`${which} is waiting to start - no logs yet`)
  throw badRequest(`${which} is waiting to start: ${waitingTexts[reason] ?? reason}`)
}
