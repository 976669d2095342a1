import { NAMESPACE } from '#manifests/names.ts'
import type { AuditEvent } from '#test/cluster/audit.ts'
import { type Figure, medianOf, ninthDecileOf } from '../report.ts'
import type { Sample } from './follow.ts'
import type { Samples } from './rounds.ts'
import { partsOf } from './stations.ts'
import { bare } from './subjects.ts'
import { type PodLife, podLives, podSeconds, requestsOf, type Span, usefulLives } from './usage.ts'
import { covers } from './windows.ts'

const COLD_RATIO = 1.25
const WARM_MS = 60

/** Those that the life of a session wakes. */
export const HANDLERS = ['on-session-event', 'on-job-event']
export const FUNCTIONS = [...HANDLERS, 'on-dead-letter']

/** The part that is the whole way. */
const WHOLE = 'accepted to Job'

/** The medians of all parts of the way, ours beside the bare function's, and the ninth decile of the whole. Pure. */
export const timeFigures = (temperature: 'cold' | 'warm', samples: Samples): readonly Figure[] => {
  const [oursParts, bareParts] = [columnsOf(samples.ours), columnsOf(samples.bare)]
  const figureOf = (part: string, name: string, statistic: (values: readonly number[]) => number) => ({
    name: `platform/${temperature}/${name}`,
    value: statistic(oursParts[part] ?? []),
    unit: 'ms',
    baseline: statistic(bareParts[part] ?? []),
  })
  return [
    ...Object.keys(oursParts).map((part) => ({
      ...figureOf(part, part, medianOf),
      ...(part === WHOLE && (temperature === 'cold' ? { goal: COLD_RATIO } : { limit: WARM_MS })),
    })),
    figureOf(WHOLE, `${WHOLE}, 9 of 10`, ninthDecileOf),
  ]
}

/** Of each part of the way, what it took in every sample. */
const columnsOf = (samples: readonly Sample[]): Readonly<Record<string, readonly number[]>> => {
  const rows = samples.map(({ stations }) => partsOf(stations))
  const names = Object.keys(rows[0] ?? {})
  return Object.fromEntries(names.map((name) => [name, rows.flatMap((row) => row[name] ?? [])]))
}

/**
 * What one session costs that comes alone: from zero and back. Throws where the audit log lacks the Pods that there must have been, or the
 * end of one.
 */
export const sessionFigures = (audit: readonly AuditEvent[], span: Span, sessions: number): readonly Figure[] => {
  covers(audit, span)
  const lives = livesIn(audit, span)
  const each = HANDLERS.flatMap((name) => {
    if (!lives.some((life) => life.name.startsWith(`${name}-`))) throw new Error(`no session woke a Pod of ${name}`)
    return [
      perSession(`Pods of ${name}`, podSeconds(lives, name, span), sessions, 'pod-seconds'),
      perSession(
        `API requests of ${name}`,
        requestsOf(audit, { namespace: NAMESPACE, name }, span),
        sessions,
        'requests',
      ),
    ]
  })
  const secondsOf = (all: readonly PodLife[]): number =>
    FUNCTIONS.reduce((total, name) => total + podSeconds(all, name, span), 0)
  const requests = FUNCTIONS.map((name) => requestsOf(audit, { namespace: NAMESPACE, name }, span))
  return [
    ...each,
    perSession('Pods', secondsOf(lives), sessions, 'pod-seconds'),
    perSession('Pods, until asked to end', secondsOf(usefulLives(lives)), sessions, 'pod-seconds'),
    perSession(
      'API requests',
      requests.reduce((sum, count) => sum + count, 0),
      sessions,
      'requests',
    ),
  ]
}

/** Beside it: the Pods of the bare function for one object. */
export const bareFigure = (audit: readonly AuditEvent[], span: Span, objects: number): Figure =>
  perSession('Pods of the bare function', podSeconds(livesIn(audit, span), bare.service, span), objects, 'pod-seconds')

const perSession = (name: string, value: number, count: number, unit: string): Figure => ({
  name: `platform/session/${name}`,
  value: value / count,
  unit,
})

/** The Pods of functions that began within the span; those of earlier events may still be on their way out. */
const livesIn = (audit: readonly AuditEvent[], span: Span): readonly PodLife[] => {
  const isOfFunction = (pod: string): boolean =>
    [...FUNCTIONS, bare.service].some((service) => pod.startsWith(`${service}-`))
  const lives = podLives(audit, NAMESPACE).filter(({ from, name }) => from >= span.from && isOfFunction(name))
  const endless = lives.find(({ to }) => to === undefined)
  if (endless) throw new Error(`there is no audit event of the end of Pod ${endless.name}`)
  return lives
}
