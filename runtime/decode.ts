import type { IncomingHttpHeaders } from 'node:http'
import { CloudEvent } from 'cloudevents'

const required = ['id', 'source', 'type', 'specversion'] as const

/**
 * The CloudEvent of an HTTP request, in binary or structured mode; `undefined` where it is none: an attribute is missing, the
 * version is not 1.0, the data is not the JSON that it claims to be, or it is a batch.
 */
export const decodeCloudEvent = (headers: IncomingHttpHeaders, body: string): CloudEvent<unknown> | undefined => {
  try {
    const contentType = headers['content-type']?.toLowerCase() ?? 'application/json'
    const isStructured = contentType.startsWith('application/cloudevents+json')
    if (contentType.startsWith('application/cloudevents') && !isStructured) return undefined
    const json: unknown = contentType.includes('json') && body !== '' ? JSON.parse(body) : undefined
    const attributes = isStructured
      ? withoutNulls(json as Readonly<Record<string, unknown>>)
      : { ...attributesIn(headers), datacontenttype: contentType, data: json === undefined ? body : json }
    // The SDK makes up an id where there is none. Its own reading of requests would parse the text a second time.
    if (required.some((name) => typeof attributes[name] !== 'string' || attributes[name] === '')) return undefined
    return attributes['specversion'] === '1.0' ? new CloudEvent(attributes) : undefined
  } catch {
    return undefined
  }
}

const attributesIn = (headers: IncomingHttpHeaders): Readonly<Record<string, unknown>> => {
  const attributes: Record<string, unknown> = {}
  for (const name in headers) if (name.startsWith('ce-')) attributes[name.slice(3)] = headers[name]
  return attributes
}

/** In the JSON format an attribute that is null is not there. */
const withoutNulls = (event: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(event).filter(([, value]) => value !== null))
