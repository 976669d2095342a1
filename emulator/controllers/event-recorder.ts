import { timestamp } from '../api-server/json.ts'
import { StatusError } from '../api-server/status.ts'
import type { KubeObject } from '../api-server/types.ts'
import type { Client } from '../client.ts'
import type { World } from '../world.ts'
import { EVENTS } from './resources.ts'

/** Where an Event comes from: `host` is the node of a kubelet. */
export type Source = { readonly component: string; readonly host?: string }

export type EventRecorder = (
  about: KubeObject,
  type: 'Normal' | 'Warning',
  reason: string,
  message: string,
  /** The part that is meant, as `spec.containers{runner}`. */
  fieldPath?: string,
) => void

/** How many different Events it remembers so as to count repeats, as client-go's correlator. */
const REMEMBERED = 4096

/** Writes core/v1 Events as client-go's recorder: a repeat raises `count` and `lastTimestamp` of the one that is there. */
export function createEventRecorder(client: Client, world: World, source: Source): EventRecorder {
  const known = new Map<string, { readonly name: string; readonly namespace: string; count: number }>()
  return (about, type, reason, message, fieldPath) => {
    const { name = '', namespace = 'default', uid = '', resourceVersion = '' } = about.metadata
    const now = timestamp(world.now())
    const key = [about.kind, namespace, name, uid, fieldPath, type, reason, message].join('\n')
    const earlier = known.get(key)
    try {
      if (earlier) {
        earlier.count += 1
        client.patch(EVENTS, earlier, { count: earlier.count, lastTimestamp: now })
        return
      }
      const made = client.create(EVENTS, {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: { name: eventName(world, name), namespace },
        involvedObject: {
          kind: about.kind,
          ...(about.metadata.namespace !== undefined && { namespace }),
          name,
          uid,
          apiVersion: about.apiVersion,
          resourceVersion,
          ...(fieldPath !== undefined && { fieldPath }),
        },
        reason,
        message,
        source,
        firstTimestamp: now,
        lastTimestamp: now,
        count: 1,
        type,
        reportingComponent: source.component,
        reportingInstance: source.host ?? '',
      })
      known.set(key, { name: made.metadata.name ?? '', namespace, count: 1 })
      for (const oldest of known.keys()) {
        if (known.size <= REMEMBERED) break
        known.delete(oldest)
      }
    } catch (error) {
      // Nobody waits for an Event: one in a namespace that goes away is lost, as in a cluster.
      if (!(error instanceof StatusError)) throw error
      known.delete(key)
    }
  }
}

const lastNames = new WeakMap<World, bigint>()

/** As `pod.18867251edfbeebc`: the time in nanoseconds, and never the same twice. */
export function eventName(world: World, about: string): string {
  const earliest = (lastNames.get(world) ?? 0n) + 1n
  const now = BigInt(world.now()) * 1_000_000n
  const next = now > earliest ? now : earliest
  lastNames.set(world, next)
  return `${about}.${next.toString(16)}`
}
