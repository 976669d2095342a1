import { expect, test } from 'vitest'
import { createApiServer } from '../api-server/server.ts'
import { StatusError } from '../api-server/status.ts'
import type { KubeObject } from '../api-server/types.ts'
import { clientOf } from '../client.ts'
import { createVirtualWorld } from '../host/virtual-world.ts'
import { eventingCrds } from './crds.ts'
import { aBroker, aSource, aTrigger, brokers, resourceOf, triggers } from './fixtures.ts'
import { resources } from './resources.ts'

const api = createApiServer({ world: createVirtualWorld() })
const client = clientOf(api, { name: 'admin', groups: ['system:masters'] })
for (const crd of eventingCrds) client.create(resources.crds, crd)

let count = 0
const named = (object: KubeObject): KubeObject => ({
  ...object,
  metadata: { ...object.metadata, name: `${object.metadata.name}-${++count}` },
})
const refusalOf = (object: KubeObject): string => {
  try {
    client.create(resourceOf(object), named(object))
    return ''
  } catch (error) {
    if (error instanceof StatusError) return error.message
    throw error
  }
}

const withFilters = (...filters: readonly object[]) => aTrigger('t', { filters })
const withDelivery = (delivery: object) => aTrigger('t', { delivery })
const exact = { exact: { type: 'a' } }
const taken: readonly (readonly [string, KubeObject])[] = [
  ['a Broker without a spec', aBroker()],
  [
    'every dialect but CESQL',
    withFilters(exact, { any: [exact, { prefix: { type: 'a' } }] }, { not: { suffix: { id: 'a' } } }),
  ],
  ['filters within filters within filters', withFilters({ all: [{ any: [exact] }] })],
  ['an empty value in filter', aTrigger('t', { filter: { attributes: { type: '' } } })],
  ['a subscriber by uri', aTrigger('t', { subscriber: { uri: 'http://a.example/path' } })],
  [
    'a subscriber by ref and path',
    aTrigger('t', { subscriber: { ref: { apiVersion: 'v1', kind: 'Service', name: 'a' }, uri: '/path' } }),
  ],
  [
    'a whole delivery',
    withDelivery({ retry: 0, backoffPolicy: 'linear', backoffDelay: 'P1DT0.5S', timeout: 'PT1M', format: 'json' }),
  ],
  ['a source of all namespaces', aSource({ namespaceSelector: {} })],
]
test.each(taken)('is taken: %s', (_, object) => {
  expect(refusalOf(object)).toBe('')
})

const refused: readonly (readonly [string, KubeObject, string])[] = [
  ['two dialects at once', withFilters({ ...exact, prefix: { type: 'a' } }), 'only one dialect'],
  ['no dialect', withFilters({}), 'only one dialect'],
  ['two dialects within another', withFilters({ not: { ...exact, prefix: { type: 'a' } } }), 'only one dialect'],
  ['CESQL', withFilters({ cesql: "type = 'a'" }), 'does not implement the field cesql'],
  ['filters deeper than that', withFilters({ all: [{ any: [{ not: exact }] }] }), 'does not implement the field not'],
  ['an attribute in capitals', withFilters({ exact: { Type: 'a' } }), 'lowercase alphanumeric'],
  [
    'an attribute in capitals in filter',
    aTrigger('t', { filter: { attributes: { 'a-b': 'a' } } }),
    'lowercase alphanumeric',
  ],
  ['an empty value', withFilters({ prefix: { type: '' } }), 'spec.filters[0].prefix.type'],
  ['a Trigger without a Broker', aTrigger('t', { broker: '' }), 'spec.broker'],
  ['a Broker elsewhere', aTrigger('t', { brokerRef: { name: 'a' } }), 'does not implement the field brokerRef'],
  ['a subscriber of nothing', aTrigger('t', { subscriber: {} }), 'expected at least one, got none: ref, uri'],
  ['a relative uri alone', aTrigger('t', { subscriber: { uri: '/path' } }), 'Relative URI is not allowed'],
  [
    'a ref with an absolute uri',
    aTrigger('t', { subscriber: { ref: { apiVersion: 'v1', kind: 'Service', name: 'a' }, uri: 'http://a' } }),
    'Absolute URI is not allowed',
  ],
  ['a uri with TLS', aTrigger('t', { subscriber: { uri: 'https://a.example' } }), 'TLS'],
  [
    'an audience',
    aTrigger('t', { subscriber: { uri: 'http://a.example', audience: 'a' } }),
    'does not implement the field audience',
  ],
  ['fewer than no retries', withDelivery({ retry: -1 }), 'spec.delivery.retry'],
  ['an unknown back-off', withDelivery({ backoffPolicy: 'constant' }), 'spec.delivery.backoffPolicy'],
  ['a delay that is no duration', withDelivery({ backoffDelay: '1s' }), 'spec.delivery.backoffDelay'],
  ['a delay of nothing at all', withDelivery({ backoffDelay: 'PT' }), 'spec.delivery.backoffDelay'],
  ['a timeout of zero', withDelivery({ timeout: 'PT0S' }), 'must be above zero'],
  ['retryAfterMax', withDelivery({ retryAfterMax: 'PT1S' }), 'must not set the field(s): retryAfterMax'],
  ['an unknown format', withDelivery({ format: 'xml' }), 'spec.delivery.format'],
  [
    'the config of another channel',
    aBroker({ config: { apiVersion: 'v1', kind: 'ConfigMap', name: 'kafka', namespace: 'knative-eventing' } }),
    'spec.config.name',
  ],
  ['a source of nothing', aSource({ resources: [] }), 'spec.resources'],
  ['an unknown mode', aSource({ mode: 'Both' }), 'spec.mode'],
  ['filters of a source', aSource({ filters: [exact] }), 'does not implement the field filters'],
]
test.each(refused)('is refused: %s', (_, object, words) => {
  expect(refusalOf(object)).toContain(words)
})

test('a Broker that says nothing gets what config-br-defaults says', () => {
  const { name = '' } = client.create(brokers, named(aBroker())).metadata
  expect(client.get(brokers, { namespace: 'default', name })?.['spec']).toEqual({
    config: { apiVersion: 'v1', kind: 'ConfigMap', name: 'config-br-default-channel', namespace: 'knative-eventing' },
    delivery: { retry: 10, backoffPolicy: 'exponential', backoffDelay: 'PT0.2S' },
  })
})

test('a Trigger stays with its Broker', () => {
  const { name = '' } = client.create(triggers, named(aTrigger('t'))).metadata
  const change = (spec: object) => client.patch(triggers, { namespace: 'default', name }, { spec })
  expect(() => change({ broker: 'other' })).toThrow('Immutable fields changed: spec.broker')
  expect(change({ filters: [exact] }).metadata.generation).toBe(2)
})

test('what kubectl shows of them', () => {
  const columnsOf = (plural: string, apiVersion: string): readonly string[] => {
    const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io'
    const response = client.send({ method: 'GET', path: `/apis/${apiVersion}/${plural}`, headers: { accept } })
    if ('watch' in response) throw new Error('a watch')
    const { columnDefinitions } = response.body as { columnDefinitions: readonly { name: string; priority: number }[] }
    return columnDefinitions.filter(({ priority }) => priority === 0).map(({ name }) => name)
  }
  expect(columnsOf('brokers', 'eventing.knative.dev/v1')).toEqual(['Name', 'URL', 'Age', 'Ready', 'Reason'])
  expect(columnsOf('triggers', 'eventing.knative.dev/v1')).toEqual([
    ...['Name', 'Broker', 'Subscriber_URI', 'Age', 'Ready', 'Reason'],
  ])
  expect(columnsOf('apiserversources', 'sources.knative.dev/v1')).toEqual(['Name', 'Sink', 'Age', 'Ready', 'Reason'])
})
