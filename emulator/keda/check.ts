import { type CronTrigger, cronTriggerOf } from './cron.ts'
import type { Spec } from './scaled-object.ts'

/** The triggers of a ScaledObject. Throws with the message of its Ready condition. Pure. */
export function triggersOf(spec: Spec): readonly CronTrigger[] {
  const { minReplicaCount: min = 0, maxReplicaCount: max = 100, idleReplicaCount: idle, triggers } = spec
  const bounds = (text: string): Error =>
    new Error(`ScaledObject doesn't have correct Idle/Min/Max Replica Counts specification: ${text}`)
  if (min > max) throw bounds(`MinReplicaCount=${min} must be less than MaxReplicaCount=${max}`)
  if (idle !== undefined && idle >= min)
    throw bounds(`IdleReplicaCount=${idle} must be less than MinReplicaCount=${min}`)
  const wrong = (text: string): Error => new Error(`ScaledObject doesn't have correct triggers specification: ${text}`)
  const names = triggers.flatMap(({ name }) => (name ? [name] : []))
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  for (const { useCachedMetrics, type } of triggers)
    if (useCachedMetrics) throw wrong(`property "useCachedMetrics" is not supported for "${type}" scaler`)
  if (twice !== undefined)
    throw wrong(`triggerName "${twice}" is defined multiple times in the ScaledObject/ScaledJob, but it must be unique`)
  return triggers.map(({ metadata }, index) => {
    try {
      const trigger = cronTriggerOf(metadata)
      if (Math.min(trigger.desiredReplicas, max) > Math.max(1, min))
        throw new Error(
          'the embedded control plane has no HorizontalPodAutoscaler, which alone goes beyond one replica or minReplicaCount: desiredReplicas',
        )
      return trigger
    } catch (error) {
      throw new Error(
        `failed to ensure HPA is correctly created for ScaledObject: error getting scaler for trigger #${index}: error parsing cron metadata: ${(error as Error).message}`,
      )
    }
  })
}
