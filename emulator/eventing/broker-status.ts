import { at, textAt } from '../api-server/json.ts'
import type { KubeObject } from '../api-server/types.ts'
import type { Client } from '../client.ts'
import { isFalse, isTrue, isUnknown, type Standing } from './conditions.ts'
import { resolve } from './destination.ts'
import { INGRESS_HOST } from './ingress.ts'

export const BROKER_CLASS = 'eventing.knative.dev/broker.class'
export const MT_CLASS = 'MTChannelBasedBroker'
export const ASYNC_HANDLER = 'messaging.knative.dev/async-handler'

export const addressOf = ({ metadata: { namespace, name } }: KubeObject): string =>
  `http://${INGRESS_HOST}/${namespace}/${name}`

/** What the multi-tenant broker's controller says of a Broker. */
export function standingOfBroker(client: Client, broker: KubeObject): Standing {
  const { namespace = '', name = '', annotations } = broker.metadata
  const brokerClass = annotations?.[BROKER_CLASS] ?? MT_CLASS
  if (brokerClass !== MT_CLASS) {
    const message = `Brokers of the class ${brokerClass} are not implemented by the emulator`
    return { conditions: [isFalse('Addressable', 'NotImplemented', message)], fields: {} }
  }
  const channel = `${name}-kne-trigger`
  const annotated = {
    'knative.dev/channelAPIVersion': 'messaging.knative.dev/v1',
    'knative.dev/channelAddress': `http://${channel}-kn-channel.${namespace}.svc.cluster.local`,
    'knative.dev/channelKind': 'InMemoryChannel',
    'knative.dev/channelName': channel,
  }
  const first = ['IngressReady', 'TriggerChannelReady', 'FilterReady'].map((type) => isTrue(type))
  const policies = 'Feature "authentication-oidc" must be enabled to support Authorization'
  const sink = at(broker, 'spec', 'delivery', 'deadLetterSink')
  const found = sink === undefined ? undefined : resolve(client, sink, namespace)
  if (found && 'error' in found) {
    const unresolved = isFalse('DeadLetterSinkResolved', "Unable to get the dead letter sink's URI", found.error)
    return {
      conditions: [...first, isUnknown('Addressable'), unresolved, isUnknown('EventPoliciesReady')],
      fields: { annotations: annotated },
    }
  }
  return {
    conditions: [
      ...first,
      isTrue('Addressable'),
      found
        ? isTrue('DeadLetterSinkResolved')
        : isTrue('DeadLetterSinkResolved', 'DeadLetterSinkNotConfigured', 'No dead letter sink is configured.'),
      isTrue('EventPoliciesReady', 'OIDCDisabled', policies),
    ],
    fields: {
      annotations: annotated,
      address: { name: 'http', url: addressOf(broker) },
      ...(found && { deadLetterSinkUri: found.uri }),
    },
  }
}

/** Whether its channel is there, which comes before the rest of the Broker is ready. */
export const hasChannel = (broker: KubeObject): boolean =>
  textAt(broker, 'status', 'annotations', 'knative.dev/channelAddress') !== ''
