import { setTimeout as pause } from 'node:timers/promises'
import { CloudEvent } from 'cloudevents'
import type { FunctionDefinition, Outcome, Ports } from '#sdk/index.ts'
import type { Metrics } from './metrics.ts'

/** One sweep: what KEDA's cron window, a CronJob or a hand asks for. */
export const sweepOnce = async (
  fn: FunctionDefinition,
  ports: Ports,
  metrics: Pick<Metrics, 'observe'>,
): Promise<Outcome> => {
  const start = performance.now()
  const time = ports.now().toISOString()
  const tick = new CloudEvent({ id: time, type: 'dev.dormouse.schedule', source: `/dormouse/${fn.name}`, time })
  const outcome = await fn.handle(tick, ports)
  const seconds = (performance.now() - start) / 1000
  metrics.observe(outcome, seconds)
  const fields = { state: outcome.state, reason: outcome.reason, seconds }
  if (outcome.state === 'failed' || outcome.state === 'rejected') {
    ports.log.warn({ ...fields, cause: outcome.error.message }, 'sweep left something undone')
  } else ports.log.info(fields, 'swept')
  return outcome
}

/**
 * Sweeps at once, then every period until the signal. It does not end by itself: a Deployment would start it again, sooner and
 * sooner less often. A sweep that is under way when the signal comes is finished. `rest` resolves early at the signal.
 */
export const sweepUntil = async (
  signal: AbortSignal,
  periodSeconds: number,
  sweep: () => Promise<unknown>,
  rest = (ms: number): Promise<unknown> => pause(ms, undefined, { signal }).catch(() => undefined),
): Promise<void> => {
  while (!signal.aborted) {
    await sweep()
    await rest(periodSeconds * 1000)
  }
}
