import { at, isObject, textAt } from '../api-server/json.ts'

/** How often and when a delivery is tried again. */
export type Policy = {
  readonly retries: number
  /** Milliseconds before the retry that follows attempt 1, 2 ... */
  readonly waitMs: (attempt: number) => number
  readonly timeoutMs?: number
}

/** Of a DeliverySpec. Exponential waits begin with the delay itself, linear ones with none; without policy or delay there is no wait at all. */
export function policyOf(delivery: unknown): Policy {
  const delay = textAt(delivery, 'backoffDelay')
  const policy = textAt(delivery, 'backoffPolicy')
  const delayMs = delay === '' ? 0 : durationMs(delay)
  const timeout = textAt(delivery, 'timeout')
  return {
    retries: Number(at(delivery, 'retry') ?? 0),
    waitMs: (attempt) => {
      if (policy === 'exponential') return delayMs * 2 ** (attempt - 1)
      return policy === 'linear' ? delayMs * (attempt - 1) : 0
    },
    ...(timeout !== '' && { timeoutMs: durationMs(timeout) }),
  }
}

/** The multi-tenant broker takes the whole of a Trigger's delivery, or the whole of its Broker's. */
export const deliveryOf = (triggerSpec: unknown, brokerSpec: unknown): unknown => {
  const own = at(triggerSpec, 'delivery')
  return isObject(own) ? own : at(brokerSpec, 'delivery')
}

export const isRetried = (status: number): boolean => status >= 500 || [404, 408, 409, 429].includes(status)

/** `P1DT2H3M4.5S` in milliseconds; the schemas let nothing longer than days through. */
export function durationMs(iso: string): number {
  const found = /^P(?:([\d.]+)D)?(?:T(?:([\d.]+)H)?(?:([\d.]+)M)?(?:([\d.]+)S)?)?$/.exec(iso)
  if (!found) throw new Error(`no ISO 8601 duration: ${iso}`)
  const [days, hours, minutes, seconds] = found.slice(1).map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
  ]
  return (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000
}
