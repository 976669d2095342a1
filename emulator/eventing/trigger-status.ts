import { at, isObject, listAt, textAt } from '../api-server/json.ts'
import type { KubeObject } from '../api-server/types.ts'
import type { Client } from '../client.ts'
import { addressOf } from './broker-status.ts'
import { type Condition, isFalse, isTrue, isUnknown, type Standing } from './conditions.ts'
import { deliveryOf, policyOf } from './delivery-policy.ts'
import { resolve } from './destination.ts'
import type { Subscription } from './dispatcher.ts'

const DEPENDENCY = 'knative.dev/dependency'
const order = ['BrokerReady', 'SubscriptionReady', 'DependencyReady', 'SubscriberResolved', 'DeadLetterSinkResolved']
const withoutIdentity = isTrue('OIDCIdentityCreated', 'authentication-oidc feature disabled')

/** What the multi-tenant broker's controller says of a Trigger, and what its channel is told of it, once it is. */
export function standingOfTrigger(
  client: Client,
  trigger: KubeObject,
  broker: KubeObject | undefined,
): Standing & { readonly subscription?: Subscription } {
  const { namespace = '', name = '' } = trigger.metadata
  const brokerName = textAt(trigger, 'spec', 'broker')
  const known: Condition[] = []
  const standing = (fields: Standing['fields'] = {}): Standing => ({
    conditions: [...order.map((type) => known.find((each) => each.type === type) ?? isUnknown(type)), withoutIdentity],
    fields,
  })
  if (trigger.metadata.annotations?.[DEPENDENCY] !== undefined) {
    known.push(
      isFalse('DependencyReady', 'NotImplemented', `the annotation ${DEPENDENCY} is not implemented by the emulator`),
    )
    return standing()
  }
  if (!broker) {
    known.push(isFalse('BrokerReady', 'BrokerDoesNotExist', `Broker "${brokerName}" does not exist`))
    return standing()
  }
  const ready = listAt(broker, 'status', 'conditions').find((each) => textAt(each, 'type') === 'Ready')
  const isCurrent = at(broker, 'status', 'observedGeneration') === broker.metadata.generation
  known.push(brokerReady(ready))
  if (textAt(ready, 'status') !== 'True' || !isCurrent) return standing()

  const subscriber = resolve(client, at(trigger, 'spec', 'subscriber'), namespace)
  if ('error' in subscriber) {
    known.push(isFalse('SubscriberResolved', "Unable to get the Subscriber's URI", subscriber.error))
    return standing()
  }
  known.push(isTrue('SubscriberResolved'))
  const own = at(trigger, 'spec', 'delivery', 'deadLetterSink')
  const dead = own === undefined ? undefined : resolve(client, own, namespace)
  if (dead && 'error' in dead) {
    known.push(isFalse('DeadLetterSinkResolved', "Unable to get the dead letter sink's URI", dead.error))
    return standing({ subscriberUri: subscriber.uri })
  }
  const deadLetterUri = dead?.uri ?? (textAt(broker, 'status', 'deadLetterSinkUri') || undefined)
  const none = isTrue('DeadLetterSinkResolved', 'DeadLetterSinkNotConfigured', 'No dead letter sink is configured.')
  known.push(deadLetterUri === undefined ? none : isTrue('DeadLetterSinkResolved'))
  known.push(isTrue('SubscriptionReady'), isTrue('DependencyReady'))
  return {
    ...standing({
      subscriberUri: subscriber.uri,
      ...(deadLetterUri !== undefined && { deadLetterSinkUri: deadLetterUri }),
    }),
    subscription: {
      trigger: `${namespace}/${name}`,
      namespace,
      policy: policyOf(deliveryOf(trigger['spec'], broker['spec'])),
      replyUri: addressOf(broker),
      ...(deadLetterUri !== undefined && { deadLetterUri }),
    },
  }
}

const brokerReady = (ready: unknown): Condition => {
  if (!isObject(ready)) return isUnknown('BrokerReady', 'BrokerNotConfigured', 'Broker has not yet been reconciled.')
  const [reason, message] = [textAt(ready, 'reason'), textAt(ready, 'message')]
  if (textAt(ready, 'status') === 'True') return isTrue('BrokerReady')
  return textAt(ready, 'status') === 'False'
    ? isFalse('BrokerReady', reason, message)
    : isUnknown('BrokerReady', reason, message)
}
