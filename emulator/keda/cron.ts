import { Cron } from 'croner'
import { plainCron } from './cron-fields.ts'

export type CronTrigger = {
  readonly desiredReplicas: number
  /** Throws for a timezone that there is not. Pure. */
  readonly isActive: (now: number) => boolean
}

/** A cron trigger's metadata, which are strings. Throws in KEDA's words for what it refuses. */
export function cronTriggerOf(metadata: Readonly<Record<string, string>>): CronTrigger {
  const missing = ['start', 'end', 'timezone', 'desiredReplicas'].filter((key) => !metadata[key])
  if (missing.length > 0)
    throw new Error(missing.map((key) => `missing required parameter "${key}" in [triggerMetadata]`).join('\n'))
  const { start = '', end = '', timezone = '', desiredReplicas = '' } = metadata
  if (!/^[+-]?\d+$/.test(desiredReplicas))
    throw new Error(`unable to set param "desiredReplicas" value ${JSON.stringify(desiredReplicas)}: no whole number`)
  const starts = parsed(start, 'start')
  const ends = parsed(end, 'end')
  if (start === end) throw new Error('start and end can not have exactly same time input')
  if (Number(desiredReplicas) === 0) throw new Error('no desiredReplicas specified')

  return {
    desiredReplicas: Number(desiredReplicas),
    isActive: (now) => {
      checkTimezone(timezone)
      const next = (schedule: string | undefined): number | undefined =>
        schedule === undefined ? undefined : new Cron(schedule, { timezone }).nextRun(new Date(now))?.getTime()
      const [nextStart, nextEnd] = [next(starts), next(ends)]
      // What never comes counts as long past.
      if (nextStart === undefined) return true
      return nextEnd !== undefined && nextEnd <= nextStart
    },
  }
}

function parsed(expression: string, which: 'start' | 'end'): string | undefined {
  try {
    return plainCron(expression)
  } catch (error) {
    throw new Error(`error parsing ${which} schedule: ${(error as Error).message}`)
  }
}

function checkTimezone(timeZone: string): void {
  try {
    new Intl.DateTimeFormat('en', { timeZone })
  } catch {
    throw new Error(`unable to load timezone: unknown time zone ${timeZone}`)
  }
}
