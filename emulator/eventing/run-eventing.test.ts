import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import type { KubeObject } from '../api-server/types.ts'
import {
  aBroker,
  aConfigMap,
  anEventing,
  aSource,
  aTrigger,
  brokers,
  configMaps,
  rights,
  sources,
  triggers,
} from './fixtures.ts'

const read = (file: string): readonly KubeObject[] =>
  parseAllDocuments(readFileSync(join(import.meta.dirname, '../../eventing', file), 'utf8')).map(
    (document) => document.toJS() as KubeObject,
  )

test('a change comes through source, broker and Trigger to its subscriber', async () => {
  const { world, client, listen, apply, service, readiness } = anEventing()
  const received = listen('subscriber.default.svc.cluster.local')
  service('subscriber')
  const sink = { ref: { apiVersion: brokers.apiVersion, kind: 'Broker', name: 'broker' } }
  apply(...rights(), aBroker(), aTrigger('subscriber'), aSource({ sink }))
  await world.advance(5000)
  expect([readiness(brokers, 'broker'), readiness(triggers, 'subscriber'), readiness(sources, 'source')]).toEqual([
    { status: 'True' },
    { status: 'True' },
    { status: 'True' },
  ])
  client.create(configMaps, aConfigMap('one'))
  await world.advance(0)
  expect(received).toHaveLength(1)
  expect(received[0]?.headers).toMatchObject({
    'ce-type': 'dev.knative.apiserver.resource.add',
    'ce-subject': '/apis/v1/namespaces/default/configmaps/one',
    'ce-source': 'https://10.96.0.1:443',
    'ce-kind': 'ConfigMap',
    'kn-namespace': 'default',
    prefer: 'reply',
    'ce-knativearrivaltime': '2026-01-01T00:00:05Z',
  })
  expect(received[0]?.headers).not.toHaveProperty('ce-knativebrokerttl')
  expect(JSON.parse(received[0]?.body ?? '')).toEqual(client.get(configMaps, { namespace: 'default', name: 'one' }))
})

test('the manifests of this repository are taken as they are', async () => {
  const { world, apply, client, readiness } = anEventing()
  apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'dormouse' } })
  const objects = ['broker.yaml', 'triggers.yaml', 'source.yaml'].flatMap(read)
  apply(...objects)
  await world.advance(10_000)
  for (const object of objects.filter(({ kind }) => ['Broker', 'Trigger', 'ApiServerSource'].includes(kind))) {
    const { name = '' } = object.metadata
    const resource = { apiVersion: object.apiVersion, plural: `${object.kind.toLowerCase()}s` }
    expect(client.get(resource, { namespace: 'dormouse', name })?.['spec']).toMatchObject(object['spec'] as object)
  }
  expect(readiness(brokers, 'dormouse', 'DeadLetterSinkResolved', 'dormouse')).toMatchObject({
    status: 'False',
    message: 'failed to get object dormouse/on-dead-letter: services.serving.knative.dev "on-dead-letter" not found',
  })
})
