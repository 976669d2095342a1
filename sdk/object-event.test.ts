import { CloudEvent } from 'cloudevents'
import { describe, expect, it } from 'vitest'
import { anEvent } from '#test/events.ts'
import type { Kind } from './object.ts'
import { objectEventOf } from './object-event.ts'

const napKind: Kind = { apiVersion: 'test/v1', kind: 'Nap', plural: 'naps', scope: 'Namespaced' }
const metadata = { name: 'noon', namespace: 'home', uid: 'nap-uid', resourceVersion: '7' }
const nap = { apiVersion: 'test/v1', kind: 'Nap', metadata }

const rejection = (event: CloudEvent<unknown>) => {
  try {
    objectEventOf(napKind, event)
    return undefined
  } catch (error) {
    return error
  }
}

describe('an event about an object', () => {
  it.each(['add', 'update', 'delete'] as const)('of type %s is decoded', (change) => {
    expect(objectEventOf(napKind, anEvent(nap, change))).toEqual({ change, object: nap })
  })

  it.each(['dev.knative.apiserver.ref.add', 'dev.dormouse.schedule', 'toString', '__proto__'])(
    'of type %s is unknown',
    (type) => {
      expect(rejection(new CloudEvent({ type, source: '/', data: nap }))).toMatchObject({ reason: 'UnknownEvent' })
    },
  )

  it.each([
    ['another kind', { ...nap, kind: 'Job' }],
    ['another version', { ...nap, apiVersion: 'test/v2' }],
    ['no kind', { metadata }],
  ])('of %s is unknown', (_, object) => {
    expect(rejection(anEvent(object))).toMatchObject({ reason: 'UnknownEvent' })
  })

  it.each([undefined, null, 'text', 5, [], {}, { ...nap, metadata: null }, { ...nap, metadata: 'x' }])(
    'with %j for data is malformed',
    (data) => {
      expect(rejection(anEvent(data))).toMatchObject({ reason: 'MalformedEvent' })
    },
  )

  it.each(['name', 'namespace', 'uid', 'resourceVersion'])('is malformed without metadata.%s', (field) => {
    for (const value of [undefined, null, '', 5, ['x'], {}]) {
      const object = { ...nap, metadata: { ...metadata, [field]: value } }
      expect(rejection(anEvent(object))).toMatchObject({ reason: 'MalformedEvent' })
    }
  })
})

describe('an event about an object without a namespace', () => {
  const worldKind: Kind = { apiVersion: 'test/v1', kind: 'World', plural: 'worlds', scope: 'Cluster' }
  const { namespace: _, ...nowhere } = metadata
  const world = { apiVersion: 'test/v1', kind: 'World', metadata: nowhere }

  it('is decoded where its kind has none', () => {
    expect(objectEventOf(worldKind, anEvent(world))).toEqual({ change: 'update', object: world })
  })

  it('is malformed where it says one all the same', () => {
    const placed = { ...world, metadata: { ...nowhere, namespace: 'home' } }
    expect(() => objectEventOf(worldKind, anEvent(placed))).toThrow(
      expect.objectContaining({ reason: 'MalformedEvent' }),
    )
  })
})
