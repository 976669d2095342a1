import type { IncomingHttpHeaders } from 'node:http'
import { CloudEvent, HTTP } from 'cloudevents'

const required = ['id', 'source', 'type', 'specversion'] as const

/**
 * The CloudEvent of an HTTP request, in binary or structured mode; `undefined` where it is none: an attribute is missing, the
 * version is not 1.0, the data is not the JSON that it claims to be, or it is a batch.
 */
export const decodeCloudEvent = (headers: IncomingHttpHeaders, body: string): CloudEvent<unknown> | undefined => {
  try {
    const contentType = headers['content-type']?.toLowerCase() ?? 'application/json'
    const isStructured = contentType.startsWith('application/cloudevents+json')
    // The SDK takes a text that is no JSON for a JSON text, and makes up an id where there is none.
    const json: unknown = contentType.includes('json') && body !== '' ? JSON.parse(body) : undefined
    const attributes = isStructured ? (json as Record<string, unknown>) : undefined
    const attribute = (name: string) => (attributes ? attributes[name] : headers[`ce-${name}`])
    if (required.some((name) => typeof attribute(name) !== 'string' || attribute(name) === '')) return undefined
    if (attribute('specversion') !== '1.0') return undefined
    const event = HTTP.toEvent({ headers: { ...headers, 'content-type': contentType }, body })
    return event instanceof CloudEvent && event.validate() ? event : undefined
  } catch {
    return undefined
  }
}
