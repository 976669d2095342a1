import {
  faultsIn,
  type KubernetesObject,
  type Live,
  listed,
  PermanentError,
  type Ref,
  refOf,
  secondsOf,
} from '#sdk/index.ts'
import { DESIRED_PHASE, desiredPhaseOf, FORCE_EXECUTE_PROMPT, START_REQUESTED_AT } from './annotations.ts'
import { type AgenticSession, phaseOf, type Spec, sessionKind, specSchema } from './schema.ts'

/** The label that all sessions of one schedule have, with its name. Upstream's, as is the next one. */
export const SCHEDULE = 'ambient-code.io/scheduled-session-name'
const SCHEDULED_RUN = 'ambient-code.io/scheduled-run'
/** Counts the sessions of a schedule, so that two triggers at once try for the same name, and one of them gets it. */
const RUN_NUMBER = 'ambient-code.io/scheduled-run-number'

export type Schedule = {
  readonly namespace: string
  /** That of the CronJob. */
  readonly name: string
  readonly template: Spec
  /** Go on with the last session rather than make another. */
  readonly isReused: boolean
  /** Whether a session may begin while another one of the schedule has not ended. */
  readonly isOverlapAllowed: boolean
}

export type NextRun =
  | { readonly do: 'skip'; readonly reason: 'StillRunning' | 'NothingToAsk'; readonly ref: Ref }
  | { readonly do: 'prompt'; readonly ref: Ref; readonly prompt: string }
  | { readonly do: 'resume'; readonly ref: Ref; readonly patch: object }
  | { readonly do: 'create'; readonly session: KubernetesObject }

/** What a schedule that comes due does, given all sessions that it has had. Pure. */
export const nextRunOf = (schedule: Schedule, runs: readonly Live<AgenticSession>[], now: Date): NextRun => {
  const number = numberIn(schedule)
  const [latest] = runs
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .toSorted((one, other) => ageOf(other) - ageOf(one) || number(other) - number(one))
  const underWay = runs.find(isUnderWay)
  if (schedule.isReused && latest) {
    const reuse = reuseOf(schedule, latest, now)
    const isFree = !underWay || underWay === latest || schedule.isOverlapAllowed
    if (reuse && isFree) return reuse
  }
  if (underWay && !schedule.isOverlapAllowed) return { do: 'skip', reason: 'StillRunning', ref: refOf(underWay) }
  return { do: 'create', session: sessionOf(schedule, Math.max(0, ...runs.map(number)) + 1, now) }
}

const ageOf = ({ metadata }: Live): number => Date.parse(metadata.creationTimestamp ?? '')

/** By its label and by its name, since the one can be changed and the other must not be tried again. Upstream's names end in a time. */
const numberIn =
  ({ name }: Schedule) =>
  ({ metadata }: Live): number => {
    const ofName = metadata.name.startsWith(`${name}-`) ? metadata.name.slice(name.length + 1) : ''
    return Math.max(
      ...[metadata.labels?.[RUN_NUMBER] ?? '', ofName].map((text) => (COUNT.test(text) ? Number(text) : 0)),
    )
  }
const COUNT = /^[1-9][0-9]{0,8}$/

const ended = ['Stopped', 'Completed', 'Failed']

const isUnderWay = (session: Live<AgenticSession>): boolean =>
  !ended.includes(phaseOf(session)) || desiredPhaseOf(session) === 'Running'

const reuseOf = (schedule: Schedule, latest: Live<AgenticSession>, now: Date): NextRun | undefined => {
  const ref = refOf(latest)
  const prompt = schedule.template.initialPrompt ?? ''
  const isAskedToStop = desiredPhaseOf(latest) === 'Stopped'
  switch (phaseOf(latest)) {
    case 'Running':
      if (isAskedToStop) return undefined
      return prompt ? { do: 'prompt', ref, prompt } : { do: 'skip', reason: 'NothingToAsk', ref }
    case 'Stopped':
    case 'Completed':
      return isUnderWay(latest) ? undefined : { do: 'resume', ref, patch: resumptionOf(latest, prompt, now) }
    default:
      return undefined
  }
}

const resumptionOf = ({ metadata }: Live<AgenticSession>, prompt: string, now: Date): object => ({
  metadata: {
    resourceVersion: metadata.resourceVersion,
    uid: metadata.uid,
    annotations: {
      [DESIRED_PHASE]: 'Running',
      [START_REQUESTED_AT]: secondsOf(now),
      ...(prompt && { [FORCE_EXECUTE_PROMPT]: 'true' }),
    },
  },
  ...(prompt && { spec: { initialPrompt: prompt } }),
})

const sessionOf = ({ namespace, name, template }: Schedule, number: number, now: Date): KubernetesObject => {
  const spec = template.displayName
    ? { ...template, displayName: `${template.displayName.slice(0, 230).toWellFormed()} (${secondsOf(now)})` }
    : template
  const labels = { [SCHEDULE]: name, [SCHEDULED_RUN]: 'true', [RUN_NUMBER]: String(number) }
  const { apiVersion, kind } = sessionKind
  return { apiVersion, kind, metadata: { name: `${name}-${number}`, namespace, labels }, spec } as KubernetesObject
}

/** What the backend's CronJobs have in their environment. */
export const scheduleVariables = [
  'SESSION_TEMPLATE',
  'PROJECT_NAMESPACE',
  'SCHEDULED_SESSION_NAME',
  'REUSE_LAST_SESSION',
  'SESSION_OVERLAP',
] as const

/** Throws one `PermanentError` that names everything that is wrong. Of the template types and bounds are looked at; the rest is the API server's. */
export const scheduleOf = (variables: Readonly<Record<string, string | undefined>>): Schedule => {
  const mistakes: string[] = []
  const told = (
    name: (typeof scheduleVariables)[number],
    isRight: (text: string) => boolean,
    right: string,
  ): string => {
    const text = variables[name]?.trim() ?? ''
    if (!isRight(text)) mistakes.push(`${name} is ${JSON.stringify(text.slice(0, 100))}, must be ${right}`)
    return text
  }
  const label = (text: string) => /^(?=.{1,63}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(text)
  const labels = (text: string) => text.length <= 63 && text.split('.').every(label)
  const template = told('SESSION_TEMPLATE', (text) => isObject(parsed(text)), 'a JSON object')
  const namespace = told('PROJECT_NAMESPACE', label, 'the name of a namespace')
  const name = told('SCHEDULED_SESSION_NAME', labels, 'the name of a CronJob, 63 characters at most')
  const flag = (text: string) => ['', 'true', 'false'].includes(text.toLowerCase())
  const isReused = told('REUSE_LAST_SESSION', flag, 'true or false').toLowerCase() === 'true'
  const overlap = told('SESSION_OVERLAP', (text) => ['', 'Allow', 'Forbid'].includes(text), 'Allow or Forbid')
  if (isObject(parsed(template))) mistakes.push(...faultsIn(specSchema, parsed(template), 'SESSION_TEMPLATE'))
  if (mistakes.length > 0) throw new PermanentError('MalformedSchedule', listed(mistakes))
  return { namespace, name, template: parsed(template) as Spec, isReused, isOverlapAllowed: overlap === 'Allow' }
}

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value)

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
