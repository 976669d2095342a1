import type { IncomingHttpHeaders } from 'node:http'
import { CloudEvent, HTTP } from 'cloudevents'

const required = ['id', 'source', 'type', 'specversion'] as const

/**
 * The CloudEvent of an HTTP request, in binary or structured mode; `undefined` where it is none: an attribute is missing, the
 * version is not 1.0, the data is not the JSON that it claims to be, or it is a batch.
 */
export const decodeCloudEvent = (headers: IncomingHttpHeaders, body: string): CloudEvent<unknown> | undefined => {
  try {
    const isStructured = headers['content-type']?.toLowerCase().startsWith('application/cloudevents+json')
    // The SDK makes up an id and a time where there are none.
    const attributes = isStructured ? (JSON.parse(body) as Record<string, unknown>) : undefined
    const attribute = (name: string) => (attributes ? attributes[name] : headers[`ce-${name}`])
    if (required.some((name) => typeof attribute(name) !== 'string' || attribute(name) === '')) return undefined
    if (attribute('specversion') !== '1.0') return undefined
    const event = HTTP.toEvent({ headers, body })
    return event instanceof CloudEvent && event.validate() ? event : undefined
  } catch {
    return undefined
  }
}
