import { timestamp } from '../api-server/json.ts'
import { StatusError } from '../api-server/status.ts'
import type { Client } from '../client.ts'
import { eventName } from '../controllers/event-recorder.ts'
import type { PodObject } from '../controllers/pods.ts'
import { EVENTS } from '../controllers/resources.ts'
import type { World } from '../world.ts'

/** The scheduler writes Events of the newer kind: with `eventTime` and `action`, and neither count nor source. */
export function schedulerEvents(client: Client, world: World) {
  const write = (pod: PodObject, type: string, reason: string, action: string, message: string): void => {
    const { name = '', namespace = '', uid = '', resourceVersion = '' } = pod.metadata
    try {
      client.create(EVENTS, {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: { name: eventName(world, name), namespace },
        involvedObject: { kind: 'Pod', namespace, name, uid, apiVersion: 'v1', resourceVersion },
        reason,
        message,
        source: {},
        firstTimestamp: null,
        lastTimestamp: null,
        type,
        eventTime: timestamp(world.now()).replace('Z', '.000000Z'),
        action,
        reportingComponent: 'default-scheduler',
        reportingInstance: 'default-scheduler-emulator',
      })
    } catch (error) {
      // Nobody waits for an Event.
      if (!(error instanceof StatusError)) throw error
    }
  }
  return {
    scheduled: (pod: PodObject, node: string): void =>
      write(
        pod,
        'Normal',
        'Scheduled',
        'Binding',
        `Successfully assigned ${pod.metadata.namespace}/${pod.metadata.name} to ${node}`,
      ),
    failed: (pod: PodObject, message: string): void => write(pod, 'Warning', 'FailedScheduling', 'Scheduling', message),
  }
}
