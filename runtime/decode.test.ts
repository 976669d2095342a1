import { describe, expect, it } from 'vitest'
import { decodeCloudEvent } from './decode.ts'

const binary = {
  'ce-id': '1',
  'ce-source': 'https://10.0.0.1:443',
  'ce-type': 'dev.knative.apiserver.resource.update',
  'ce-specversion': '1.0',
  'content-type': 'application/json',
}
const structured = {
  id: '1',
  source: 'https://10.0.0.1:443',
  type: 'dev.knative.apiserver.resource.update',
  specversion: '1.0',
  data: { kind: 'Job' },
}
const cloudevents = { 'content-type': 'application/cloudevents+json; charset=utf-8' }

describe('a request in binary mode', () => {
  it('is an event with its attributes, extensions and data', () => {
    const headers = {
      ...binary,
      'ce-subject': '/apis/batch/v1',
      'ce-time': '2026-03-01T12:00:00Z',
      'ce-name': 'tidy-up',
    }
    expect(decodeCloudEvent(headers, '{"kind":"Job"}')).toMatchObject({
      id: '1',
      source: 'https://10.0.0.1:443',
      type: 'dev.knative.apiserver.resource.update',
      subject: '/apis/batch/v1',
      name: 'tidy-up',
      data: { kind: 'Job' },
    })
  })

  it('keeps letters of all languages', () => {
    expect(decodeCloudEvent(binary, '{"message":"läuft, 跑"}')?.data).toEqual({ message: 'läuft, 跑' })
  })

  it.each(['ce-id', 'ce-source', 'ce-type', 'ce-specversion'])('is none without %s', (name) => {
    for (const value of [undefined, '']) expect(decodeCloudEvent({ ...binary, [name]: value }, '{}')).toBeUndefined()
  })

  it.each(['0.3', '1.1', '2.0', 'x'])('is none of version %s', (version) => {
    expect(decodeCloudEvent({ ...binary, 'ce-specversion': version }, '{}')).toBeUndefined()
  })

  it('has the data of any JSON text', () => {
    for (const [body, data] of [[' {"kind":"Job"}', { kind: 'Job' }] as const, ['5', 5] as const]) {
      expect(decodeCloudEvent(binary, body)?.data).toEqual(data)
    }
  })

  it('is none at a time that is none', () => {
    expect(decodeCloudEvent({ ...binary, 'ce-time': 'yesterday' }, '{}')).toBeUndefined()
  })

  it.each(['{', '{"kind":', 'text'])('is none with %j for JSON', (body) => {
    expect(decodeCloudEvent(binary, body)).toBeUndefined()
  })
})

describe('a request in structured mode', () => {
  it('is an event with its attributes and data', () => {
    expect(decodeCloudEvent(cloudevents, JSON.stringify(structured))).toMatchObject(structured)
  })

  it('may write its content type as it likes', () => {
    const headers = { 'content-type': 'Application/CloudEvents+JSON' }
    expect(decodeCloudEvent(headers, JSON.stringify(structured))).toMatchObject(structured)
  })

  it('lacks the attributes that are null', () => {
    const event = decodeCloudEvent(cloudevents, JSON.stringify({ ...structured, subject: null, dataschema: null }))
    expect(event).toMatchObject(structured)
    expect(event?.subject).toBeUndefined()
  })

  it.each(['id', 'source', 'type', 'specversion'])('is none without %s', (name) => {
    for (const value of [undefined, '', 5, null]) {
      expect(decodeCloudEvent(cloudevents, JSON.stringify({ ...structured, [name]: value }))).toBeUndefined()
    }
  })

  it.each(['', '{', 'null', '5', '"text"', '[]'])('is none with the body %j', (body) => {
    expect(decodeCloudEvent(cloudevents, body)).toBeUndefined()
  })
})

describe('a batch', () => {
  it.each([cloudevents, { 'content-type': 'application/cloudevents-batch+json' }])(
    'is no event, sent as %j',
    (headers) => {
      expect(decodeCloudEvent(headers, JSON.stringify([structured]))).toBeUndefined()
      expect(decodeCloudEvent({ ...binary, ...headers }, JSON.stringify([structured]))).toBeUndefined()
    },
  )
})
