import type { KubeObject } from '../api-server/types.ts'
import type { Resource } from '../client.ts'
import { flag, integer, listOf, partial, text, texts } from '../partial-schema.ts'

export const scaledObjects: Resource = { apiVersion: 'keda.sh/v1alpha1', plural: 'scaledobjects' }

const trigger = partial(
  {
    type: {
      ...text,
      minLength: 1,
      'x-kubernetes-validations': [
        { rule: "self == 'cron'", message: 'the embedded control plane implements the trigger type cron only' },
      ],
    },
    name: text,
    metadata: texts,
    useCachedMetrics: flag,
  },
  { object: 'authenticationRef', text: 'metricType' },
  { required: ['type', 'metadata'] },
)

const target = partial(
  { name: { ...text, minLength: 1 }, apiVersion: text, kind: text },
  { text: 'envSourceContainerName' },
  {
    required: ['name'],
    rules: [
      {
        rule: "(!has(self.kind) || self.kind in ['', 'Deployment']) && (!has(self.apiVersion) || self.apiVersion in ['', 'apps/v1'])",
        message: 'the embedded control plane scales Deployments of apps/v1 only',
      },
    ],
  },
)

const spec = partial(
  {
    scaleTargetRef: target,
    pollingInterval: integer(1),
    initialCooldownPeriod: integer(0),
    cooldownPeriod: integer(0),
    idleReplicaCount: integer(0),
    minReplicaCount: integer(0),
    maxReplicaCount: integer(1),
    advanced: partial(
      { restoreToOriginalReplicaCount: flag },
      { object: 'horizontalPodAutoscalerConfig scalingModifiers' },
    ),
    triggers: { ...listOf(trigger), minItems: 1 },
  },
  { object: 'fallback' },
  { required: ['scaleTargetRef', 'triggers'] },
)

const status = partial({
  authenticationsTypes: text,
  conditions: listOf(
    partial({ message: text, reason: text, status: text, type: text }, {}, { required: ['status', 'type'] }),
  ),
  lastActiveTime: { type: 'string', format: 'date-time' },
  originalReplicaCount: integer(),
  pausedReplicaCount: integer(),
  scaleTargetGVKR: partial({ group: text, kind: text, resource: text, version: text }),
  scaleTargetKind: text,
  triggersTypes: text,
})

const condition = (type: string) => ({
  name: type,
  type: 'string',
  jsonPath: `.status.conditions[?(@.type=="${type}")].status`,
})

/** KEDA's ScaledObject, as far as it is implemented; the rest of the real kind is refused by name. */
export const scaledObjectCrd: KubeObject = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'scaledobjects.keda.sh' },
  spec: {
    group: 'keda.sh',
    names: {
      kind: 'ScaledObject',
      listKind: 'ScaledObjectList',
      plural: 'scaledobjects',
      singular: 'scaledobject',
      shortNames: ['so'],
    },
    scope: 'Namespaced',
    versions: [
      {
        name: 'v1alpha1',
        served: true,
        storage: true,
        subresources: { status: {} },
        additionalPrinterColumns: [
          { name: 'ScaleTargetKind', type: 'string', jsonPath: '.status.scaleTargetKind' },
          { name: 'ScaleTargetName', type: 'string', jsonPath: '.spec.scaleTargetRef.name' },
          { name: 'Min', type: 'integer', jsonPath: '.spec.minReplicaCount' },
          { name: 'Max', type: 'integer', jsonPath: '.spec.maxReplicaCount' },
          ...['Ready', 'Active', 'Fallback', 'Paused'].map(condition),
          { name: 'Triggers', type: 'string', jsonPath: '.status.triggersTypes' },
          { name: 'Authentications', type: 'string', jsonPath: '.status.authenticationsTypes' },
          { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
        ],
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: { apiVersion: text, kind: text, metadata: { type: 'object' }, spec, status },
            required: ['spec'],
          },
        },
      },
    ],
  },
}
