import { styleText } from 'node:util'
import type { Happening } from '#emulator/journal.ts'

/** Something to tell: when, about whom, what, and whether it is good or bad news. */
export type Line = { readonly who: string; readonly what: string; readonly mood: 'plain' | 'good' | 'bad' | 'quiet' }

type Status = {
  readonly phase?: string
  readonly conditions?: readonly {
    readonly type: string
    readonly status: string
    readonly reason?: string
    readonly message?: string
  }[]
}

/** What of all that happens is worth a line. Remembers the phases it has told of. */
export const createNarrator = () => {
  const told = new Map<string, string>()
  return (happening: Happening): Line | undefined => {
    switch (happening.what) {
      case 'change':
        return lineOfChange(happening, told)
      case 'instance':
        return lineOfInstance(happening)
      case 'delivery': {
        const { trigger, subject, status, error, attempt } = happening
        if (status >= 200 && status < 300) return undefined
        const why = error ?? `answered ${status}`
        return { who: nameIn(trigger), what: `${shortened(subject)}: attempt ${attempt} ${why}`, mood: 'bad' }
      }
      case 'dead letter':
        return {
          who: nameIn(happening.trigger),
          what: `${shortened(happening.subject)}: given up, sent to the dead letters`,
          mood: 'bad',
        }
      case 'lost event':
        return {
          who: nameIn(happening.source),
          what: `${shortened(happening.subject)}: lost: ${happening.why}`,
          mood: 'bad',
        }
      case 'scale': {
        const { workload, from, to, why } = happening
        return {
          who: nameIn(workload),
          what: `${from} → ${to} (${why})`,
          mood: to === 0 ? 'quiet' : 'plain',
        }
      }
    }
  }
}

function lineOfChange(
  { type, resource, ref, object }: Happening & { what: 'change' },
  told: Map<string, string>,
): Line | undefined {
  const [plural] = resource.split('.')
  const key = `${resource} ${ref}`
  const status = (object as { status?: Status }).status ?? {}
  const tell = (what: string, mood: Line['mood']): Line | undefined => {
    if (told.get(key) === what) return undefined
    told.set(key, what)
    return { who: `${plural?.replace(/s$/, '')} ${nameIn(ref)}`, what, mood }
  }
  if (type === 'DELETED') {
    const line = told.has(key) ? tell('deleted', 'quiet') : undefined
    told.delete(key)
    return line
  }
  if (resource === 'agenticsessions.vteam.ambient-code') {
    const ready = status.conditions?.find((condition) => condition.type === 'Ready')
    const { phase = 'created' } = status
    const why =
      ready?.reason === undefined || ready.reason === phase
        ? ''
        : ` (${ready.reason}${ready.message ? `: ${ready.message}` : ''})`
    return tell(`${phase}${phase === 'Failed' || phase === 'Stopped' ? why : ''}`, moodOf(phase))
  }
  if (resource === 'jobs.batch') {
    const end = status.conditions?.find(
      ({ type, status }) => status === 'True' && (type === 'Complete' || type === 'Failed'),
    )
    return tell(end ? `${end.type}${end.reason === undefined ? '' : ` (${end.reason})`}` : 'created', 'quiet')
  }
  const trouble = resource === 'pods' ? troubleOf(object as Pod) : undefined
  return trouble === undefined ? undefined : tell(trouble, 'bad')
}

type Pod = {
  readonly status?: {
    readonly containerStatuses?: readonly {
      readonly state?: { readonly waiting?: { readonly reason?: string; readonly message?: string } }
      readonly lastState?: { readonly terminated?: { readonly exitCode: number } }
    }[]
  }
}

const usual = ['ContainerCreating', 'PodInitializing']

/** What keeps a Pod's containers from running. */
const troubleOf = ({ status: { containerStatuses = [] } = {} }: Pod): string | undefined => {
  const stuck = containerStatuses.find(({ state }) => state?.waiting !== undefined)
  const { reason, message } = stuck?.state?.waiting ?? {}
  if (reason === undefined || usual.includes(reason)) return undefined
  const exitCode = stuck?.lastState?.terminated?.exitCode
  const ended = exitCode === undefined ? '' : `; it ended with exit code ${exitCode}`
  return `${message === undefined ? reason : `${reason}: ${message}`}${ended}`
}

/** Of `namespace/name`. */
const nameIn = (key: string): string => key.split('/').at(-1) ?? key

/** Of an event's subject: `plural/name`. */
const shortened = (subject: string): string => subject.split('/').slice(-2).join('/')

const moodOf = (phase: string): Line['mood'] => {
  if (phase === 'Completed') return 'good'
  return phase === 'Failed' ? 'bad' : 'plain'
}

const lineOfInstance = ({ workload, state, isCold, ms = 0 }: Happening & { what: 'instance' }): Line | undefined => {
  const who = nameIn(workload)
  const seconds = `${(ms / 1000).toFixed(2)} s`
  switch (state) {
    case 'starting':
      return undefined
    case 'ready':
      return { who, what: isCold ? `up from zero in ${seconds}` : `one more instance, up in ${seconds}`, mood: 'plain' }
    case 'ended':
      return { who, what: 'instance ended', mood: 'quiet' }
  }
}

const styles = { plain: 'reset', good: 'green', bad: 'red', quiet: 'dim' } as const

/** One line of text; `seconds` since the start. */
export const textOf = (seconds: number, { who, what, mood }: Line, isTerminal: boolean): string => {
  const text = `${seconds.toFixed(1).padStart(6)} s  ${who.padEnd(28)} ${what}`
  return isTerminal ? styleText(styles[mood], text, { validateStream: false }) : text
}
