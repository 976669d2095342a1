import { secondsOf } from './conditions.ts'
import { ConflictError } from './errors.ts'
import { eventAbout, eventKind } from './events.ts'
import { type Counter, one } from './metrics.ts'
import { type Live, refOf } from './object.ts'
import { outcomeOf } from './outcome.ts'
import type { Plan } from './plan.ts'
import type { Ports } from './ports.ts'

export const eventsLost: Counter = {
  type: 'counter',
  name: 'dormouse_events_lost_total',
  help: 'core/v1 Events that the API server did not take, by why.',
  labels: ['reason'],
}

/** Who reports the Events of plans. */
const COMPONENT = 'dormouse'

/**
 * Counts and tells what a plan says, once its status is written: one plan alone gets a status written from a given version, so that
 * nothing is counted twice. `written` is the object as that left it, and its version the mark of its Events. Never throws: an Event that
 * cannot be written is logged and counted.
 */
export const tell = async (
  { measures = [], events = [] }: Plan,
  written: Live,
  { cluster, log, measure, now }: Ports,
): Promise<void> => {
  for (const each of measures) measure(each)
  for (const [index, event] of events.entries()) {
    const mark = `${written.metadata.resourceVersion}.${index}`
    try {
      await cluster.create(
        eventKind,
        eventAbout(written, { ...event, mark, component: COMPONENT, first: secondsOf(now()) }),
      )
    } catch (error) {
      // Told already: by a request whose answer was lost.
      if (error instanceof ConflictError) continue
      const { reason } = outcomeOf(error)
      measure(one(eventsLost, { reason }))
      const cause = error instanceof Error ? error.message : String(error)
      log.warn({ kind: written.kind, ref: refOf(written), event: event.reason, cause }, 'event not told')
    }
  }
}
