import { CloudEvent as Checked } from 'cloudevents'
import { isObject } from '../api-server/json.ts'
import type { HttpRequest, HttpResponse } from '../network.ts'

/** An event as it travels: all of its attributes as text, and its data as the bytes that came, which nobody on the way reads. */
export type CloudEvent = {
  readonly attributes: Readonly<Record<string, string>>
  readonly data?: string
}

type Message = Pick<HttpRequest, 'headers' | 'body'>

const STRUCTURED = 'application/cloudevents+json'

/** Go's RFC3339Nano: as many decimals as there are. */
export function goTime(ms: number): string {
  if (ms !== last.ms) last = { ms, text: new Date(ms).toISOString().replace(/\.?0+Z$/, 'Z') }
  return last.text
}

/** Many events are of one moment. */
let last = { ms: Number.NaN, text: '' }

/** The attributes with one changed, or left out. */
export const withAttributes = (
  { attributes, ...rest }: CloudEvent,
  changes: Readonly<Record<string, string | undefined>>,
): CloudEvent => {
  const all: Record<string, string> = { ...attributes }
  for (const name of Object.keys(changes)) {
    const value = changes[name]
    if (value === undefined) delete all[name]
    else all[name] = value
  }
  return { ...rest, attributes: all }
}

export const isMarkedAsEvent = ({ headers }: Message): boolean =>
  headers['ce-specversion'] !== undefined || (headers['content-type'] ?? '').startsWith('application/cloudevents')

/** Reads an event in the binary or structured mode of the HTTP binding; `undefined` for what is none, or not a valid one. */
export function readEvent(message: Message): CloudEvent | undefined {
  const type = message.headers['content-type'] ?? ''
  const event = type.startsWith('application/cloudevents') ? readStructured(message, type) : readBinary(message)
  return event && isValid(event) ? event : undefined
}

function readBinary({ headers, body }: Message): CloudEvent {
  const attributes: Record<string, string> = {}
  for (const name of Object.keys(headers)) if (name.startsWith('ce-')) attributes[name.slice(3)] = headers[name] ?? ''
  const type = headers['content-type']
  if (type) attributes['datacontenttype'] = type
  return { attributes, ...(body !== '' && { data: body }) }
}

function readStructured({ body }: Message, type: string): CloudEvent | undefined {
  if (!type.startsWith(STRUCTURED)) return undefined
  const parsed = parse(body)
  if (!isObject(parsed)) return undefined
  const { data, data_base64: encoded, ...rest } = parsed
  const attributes = Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, String(value)]))
  if (typeof encoded === 'string') return { attributes, data: Buffer.from(encoded, 'base64').toString('utf8') }
  if (data === undefined) return { attributes }
  const isJson = isJsonType(attributes['datacontenttype'])
  return { attributes, data: typeof data === 'string' && !isJson ? data : JSON.stringify(data) }
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const isJsonType = (type = 'application/json'): boolean => /[/+]json\b/.test(type)

function isValid({ attributes }: CloudEvent): boolean {
  // What is missing the library would make up. 0.3, which Knative still takes, is left out.
  if (!['id', 'type', 'source'].every((name) => attributes[name]) || attributes['specversion'] !== '1.0') return false
  try {
    new Checked({ time: '2026-01-01T00:00:00Z', ...attributes }, true)
    return true
  } catch {
    return false
  }
}

export function binary({ attributes, data = '' }: CloudEvent): Message {
  const headers: Record<string, string> = {}
  for (const name of Object.keys(attributes))
    if (name !== 'datacontenttype') headers[`ce-${name}`] = attributes[name] ?? ''
  const { datacontenttype } = attributes
  if (datacontenttype) headers['content-type'] = datacontenttype
  return { headers, body: data }
}

export function structured({ attributes, data }: CloudEvent): Message {
  const told = isJsonType(attributes['datacontenttype'])
    ? { data: parse(data ?? '') }
    : { data_base64: Buffer.from(data ?? '').toString('base64') }
  return {
    headers: { 'content-type': STRUCTURED },
    body: JSON.stringify({ ...attributes, ...(data !== undefined && told) }),
  }
}

/** Headers that Knative hands on beside the event's own. */
export const passedOn = (headers: HttpResponse['headers']): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).filter(([name]) => /^(x-request-id$|retry-after$|knative-|x-b3-)/.test(name)),
  )
