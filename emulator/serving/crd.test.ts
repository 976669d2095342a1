import { expect, test } from 'vitest'
import { createApiServer } from '../api-server/server.ts'
import type { Json } from '../api-server/types.ts'
import { clientOf } from '../client.ts'
import { createVirtualWorld } from '../host/virtual-world.ts'
import { serviceCrd, services } from './crd.ts'

const crds = { apiVersion: 'apiextensions.k8s.io/v1', plural: 'customresourcedefinitions' }

const aClient = (allowZeroInitialScale = false) => {
  const api = createApiServer({ world: createVirtualWorld() })
  const client = clientOf(api, { name: 'admin', groups: ['system:masters'] })
  client.create(crds, serviceCrd(allowZeroInitialScale))
  return client
}
const create = (template: Json, spec: Json = {}, name = 'hello') =>
  aClient().create(services, {
    apiVersion: 'serving.knative.dev/v1',
    kind: 'Service',
    metadata: { name, namespace: 'default' },
    spec: { template, ...spec },
  })
const container = { image: 'hello' }

test('fills in what the real webhook does', () => {
  expect(create({ spec: { containers: [container] } })['spec']).toEqual({
    template: {
      spec: {
        containers: [{ name: 'user-container', image: 'hello' }],
        containerConcurrency: 0,
        enableServiceLinks: false,
        timeoutSeconds: 300,
      },
    },
    traffic: [{ latestRevision: true, percent: 100 }],
  })
})

test.each<[string, Json]>([
  ['spec.template.spec.nodeSelector: Forbidden', { spec: { containers: [container], nodeSelector: { a: 'b' } } }],
  ['spec.template.spec.initContainers: Forbidden', { spec: { containers: [container], initContainers: [container] } }],
  [
    'spec.template.spec.containers[0].lifecycle: Forbidden',
    { spec: { containers: [{ ...container, lifecycle: {} }] } },
  ],
  ['the field idleTimeoutSeconds', { spec: { containers: [container], idleTimeoutSeconds: 5 } }],
  [
    'env[0].valueFrom.fieldRef: Forbidden',
    { spec: { containers: [{ ...container, env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'x' } } }] }] } },
  ],
  ['reserved environment variables', { spec: { containers: [{ ...container, env: [{ name: 'PORT', value: '1' }] }] } }],
  ['containerPort', { spec: { containers: [{ ...container, ports: [{ containerPort: 8012 }] }] } }],
  ['must have at most 1 item', { spec: { containers: [container, container] } }],
  ['less than or equal to 600', { spec: { containers: [container], timeoutSeconds: 601 } }],
  ['the field name', { metadata: { name: 'hello-x' }, spec: { containers: [container] } }],
])('refuses a template for %s', (message, template) => {
  expect(() => create(template)).toThrow(message)
})

test.each([
  ['window', '5s', 'window'],
  ['window', '90', 'window'],
  ['target', '0.001', 'target'],
  ['min-scale', '-1', 'min-scale'],
  ['initial-scale', '0', 'initial-scale=0 not allowed by cluster'],
  ['activation-scale', '1', 'activation-scale'],
  ['metric', 'rps', 'concurrency only'],
  ['class', 'hpa.autoscaling.knative.dev', 'kpa.autoscaling.knative.dev only'],
  ['maxScale', '3', 'does not implement the annotation autoscaling.knative.dev/maxScale'],
])('refuses the annotation %s: %s', (key, value, message) => {
  const annotations = { [`autoscaling.knative.dev/${key}`]: value }
  expect(() => create({ metadata: { annotations }, spec: { containers: [container] } })).toThrow(message)
})

test('refuses to divide the traffic, and more minimum than maximum', () => {
  const template = { spec: { containers: [container] } }
  expect(() => create(template, { traffic: [{ revisionName: 'a', percent: 100 }] })).toThrow('revisionName')
  expect(() => create(template, { traffic: [{ latestRevision: true, percent: 50 }] })).toThrow('all traffic')
  const annotations = { 'autoscaling.knative.dev/min-scale': '3', 'autoscaling.knative.dev/max-scale': '2' }
  expect(() => create({ ...template, metadata: { annotations } })).toThrow('max-scale is less than min-scale')
  expect(() => create(template, {}, 'a.b')).toThrow('not a DNS 1035 label')
})
