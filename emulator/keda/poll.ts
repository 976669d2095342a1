import { timestamp } from '../api-server/json.ts'
import type { KubeObject } from '../api-server/types.ts'
import type { CronTrigger } from './cron.ts'
import { type Condition, specOf, statusOf, wishesOf } from './scaled-object.ts'

export type PollResult = {
  readonly conditions: readonly Condition[]
  readonly lastActiveTime?: string
  /** Where the target is to be scaled to, and why. */
  readonly scaleTo?: { readonly replicas: number; readonly why: string; readonly isActivation: boolean }
}

const defaultCooldownSeconds = 300

const ready: Condition = {
  type: 'Ready',
  status: 'True',
  reason: 'ScaledObjectReady',
  message: 'ScaledObject is defined correctly and is ready for scaling',
}
const active = (message: string): Condition => ({ type: 'Active', status: 'True', reason: 'ScalerActive', message })
const inactive: Condition = {
  type: 'Active',
  status: 'False',
  reason: 'ScalerNotActive',
  message: 'Scaling is not performed because triggers are not active',
}

/**
 * What the operator does at one poll: it alone goes from zero to one and back. After kedacore/keda
 * pkg/scaling/executor/scale_scaledobjects.go. Pure.
 */
export function poll(object: KubeObject, triggers: readonly CronTrigger[], replicas: number, now: number): PollResult {
  const { minReplicaCount: min = 0, idleReplicaCount: idle } = specOf(object)
  const { isForced, isScaleInPaused, isScaleOutPaused } = wishesOf(object)
  const answers = triggers.map(({ isActive }) => {
    try {
      return isActive(now)
    } catch {
      return 'error'
    }
  })
  const isError = answers.includes('error')
  if (answers.includes(true) || isForced) {
    const why = `Scaling is performed because ${isForced ? 'activation is being forced by annotation' : 'triggers are active'}`
    if ((idle !== undefined && replicas < min) || replicas === 0)
      return {
        conditions: [ready, active(why)],
        ...(!isScaleOutPaused && {
          scaleTo: {
            replicas: Math.max(1, min),
            why: isForced ? 'activation is forced' : 'cron is active',
            isActivation: true,
          },
        }),
      }
    if (isError) {
      const message = 'Some triggers defined in ScaledObject are not working correctly'
      return { conditions: [{ type: 'Ready', status: 'Unknown', reason: 'PartialTriggerError', message }, active(why)] }
    }
    return { conditions: [ready, active(why)], lastActiveTime: timestamp(now) }
  }
  if (isError) {
    const message = 'Triggers defined in ScaledObject are not working correctly'
    return { conditions: [{ type: 'Ready', status: 'False', reason: 'TriggerError', message }, inactive] }
  }
  if ((idle !== undefined && replicas > idle) || (replicas > 0 && min === 0)) {
    if (isScaleInPaused) return { conditions: [ready, inactive] }
    if (isCold(object, now))
      return {
        conditions: [ready, inactive],
        scaleTo: { replicas: idle ?? min, why: 'cron is not active', isActivation: false },
      }
    const message = 'Scaler cooling down because triggers are not active'
    return { conditions: [ready, { type: 'Active', status: 'False', reason: 'ScalerCooldown', message }] }
  }
  if (idle === undefined && replicas < min)
    return {
      conditions: [ready, inactive],
      scaleTo: { replicas: min, why: 'there are fewer than minReplicaCount', isActivation: false },
    }
  return { conditions: [ready, inactive] }
}

/**
 * Whether the cooldown is over. A target that never was active was scaled by someone else. The real one wants the end to be past; but it
 * never polls at a whole second, and the times in objects are cut to whole seconds.
 */
function isCold(object: KubeObject, now: number): boolean {
  const { cooldownPeriod = defaultCooldownSeconds, initialCooldownPeriod = 0 } = specOf(object)
  const { lastActiveTime } = statusOf(object)
  return lastActiveTime === undefined
    ? Date.parse(object.metadata.creationTimestamp ?? '') + initialCooldownPeriod * 1000 <= now
    : Date.parse(lastActiveTime) + cooldownPeriod * 1000 <= now
}
