import { textAt } from '../api-server/json.ts'
import type { KubeObject } from '../api-server/types.ts'
import type { Network } from '../network.ts'
import {
  binary,
  type CloudEvent,
  isMarkedAsEvent,
  passedOn,
  readEvent,
  structured,
  withAttributes,
} from './cloud-event.ts'
import { passes } from './trigger-filter.ts'

export const TTL = 'knativebrokerttl'

/** What comes of one attempt to deliver. */
export type Answer = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly reply?: CloudEvent
  /** Whose failure it was and with what words: what goes into a dead letter, where the dispatcher gets to know it. */
  readonly error?: { readonly destination: string; readonly body: string }
  /** Why there was no status, or why it is not the subscriber's own. */
  readonly why?: string
  /** It was not meant for this Trigger. */
  readonly isFiltered?: true
}

const only = (status: number, why?: string): Answer => ({ status, headers: {}, ...(why && { why }) })

/** The broker's filter between channel and subscriber: one attempt. */
export async function throughFilter(
  network: Network,
  trigger: KubeObject | undefined,
  { event, headers }: { readonly event: CloudEvent; readonly headers: Readonly<Record<string, string>> },
): Promise<Answer> {
  if (!trigger) return only(404, 'the Trigger is gone')
  const ttl = event.attributes[TTL]
  if (ttl === undefined) return only(400, `the event has no ${TTL}`)
  const uri = textAt(trigger, 'status', 'subscriberUri')
  if (uri === '') return only(404, 'the Trigger has no subscriberUri')
  const shown = withAttributes(event, { [TTL]: undefined })
  if (!passes(trigger['spec'], shown)) return { ...only(200), isFiltered: true }
  const message = textAt(trigger, 'spec', 'delivery', 'format') === 'json' ? structured(shown) : binary(shown)
  const more = { ...passedOn(headers), 'kn-namespace': trigger.metadata.namespace ?? '', prefer: 'reply' }
  const answer = await post(network, uri, { ...message, headers: { ...message.headers, ...more } })
  // The filter hands the subscriber's words on in its own body, and a 304 has none.
  if (answer.status === 304) return only(304)
  if (answer.error || !answer.response) return answer
  const { response } = answer
  if (isMarkedAsEvent(response)) {
    const reply = readEvent(response)
    if (!reply) return only(502, 'the answer is no valid CloudEvent')
    return { status: response.status, headers: answer.headers, reply: withAttributes(reply, { [TTL]: ttl }) }
  }
  return response.body === '' ? answer : only(502, 'the answer has a body that is no CloudEvent')
}

/** One POST. A status of 500 stands for no answer, as within Knative. */
export async function post(
  network: Network,
  uri: string,
  { headers, body }: { readonly headers: Readonly<Record<string, string>>; readonly body: string },
): Promise<Answer & { readonly response?: Awaited<ReturnType<Network['send']>> }> {
  try {
    const response = await network.send(uri, { method: 'POST', headers, body })
    const { status } = response
    const answer = { status, headers: passedOn(response.headers), response }
    return status >= 200 && status < 300 ? answer : { ...answer, error: { destination: uri, body: response.body } }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return { ...only(500, why), error: { destination: uri, body: `dispatch error: Post "${uri}": ${why}` } }
  }
}
