import type { Json, KubeObject } from '../api-server/types.ts'
import { listOf, partial, text, texts } from '../partial-schema.ts'
import { attributes, delivery, destination, filled, filter, labelSelector, ruled, status } from './crd-parts.ts'

const NESTING = 2

type Column = { readonly name: string; readonly type: string; readonly jsonPath: string; readonly priority?: number }

const ready = (field: 'status' | 'reason'): string => `.status.conditions[?(@.type=="Ready")].${field}`
const columns = (...first: readonly Column[]): readonly Column[] => [
  ...first,
  { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  { name: 'Ready', type: 'string', jsonPath: ready('status') },
  { name: 'Reason', type: 'string', jsonPath: ready('reason') },
]

type Kind = {
  readonly group: string
  readonly kind: string
  readonly category: string
  readonly columns: readonly Column[]
  readonly spec: Json
  readonly status: Json
}

const crd = ({ group, kind, category, columns, spec, status }: Kind): KubeObject => {
  const singular = kind.toLowerCase()
  const plural = `${singular}s`
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}`, labels: { 'app.kubernetes.io/name': 'knative-eventing' } },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind, plural, singular, categories: ['all', 'knative', category] },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: columns,
          schema: { openAPIV3Schema: partial({ spec, status }, {}, { required: ['spec'] }) },
        },
      ],
    },
  }
}

/** What the ConfigMap config-br-defaults says as it is shipped; the real webhook writes it into Brokers that say nothing. */
const brokerDefaults = {
  config: { apiVersion: 'v1', kind: 'ConfigMap', name: 'config-br-default-channel', namespace: 'knative-eventing' },
  delivery: { retry: 10, backoffPolicy: 'exponential', backoffDelay: 'PT0.2S' },
}
const onlyConfig = Object.fromEntries(
  Object.entries(brokerDefaults.config).map(([key, value]) => [key, { type: 'string', enum: [value] }]),
)

const broker = crd({
  group: 'eventing.knative.dev',
  kind: 'Broker',
  category: 'eventing',
  columns: [
    ...columns({ name: 'URL', type: 'string', jsonPath: '.status.address.url' }),
    {
      name: 'Class',
      type: 'string',
      priority: 1,
      jsonPath: '.metadata.annotations.eventing\\.knative\\.dev/broker\\.class',
    },
  ],
  spec: partial(
    {
      config: partial(onlyConfig, {}, { default: brokerDefaults.config }),
      delivery: { ...delivery, default: brokerDefaults.delivery },
    },
    {},
    { default: {} },
  ),
  status: status({
    annotations: texts,
    address: partial({ name: text, url: text }),
    deadLetterSinkUri: text,
  }),
})

const trigger = crd({
  group: 'eventing.knative.dev',
  kind: 'Trigger',
  category: 'eventing',
  columns: columns(
    { name: 'Broker', type: 'string', jsonPath: '.spec.broker' },
    { name: 'Subscriber_URI', type: 'string', jsonPath: '.status.subscriberUri' },
  ),
  spec: partial(
    {
      broker: ruled(filled, { rule: 'self == oldSelf', message: 'Immutable fields changed: spec.broker' }),
      filter: partial({ attributes }, {}, { default: {} }),
      filters: listOf(filter(NESTING)),
      subscriber: destination,
      delivery,
    },
    { object: 'brokerRef' },
    { required: ['broker', 'subscriber'] },
  ),
  status: status({ subscriberUri: text, deadLetterSinkUri: text }),
})

const apiVersionKind = { apiVersion: filled, kind: filled }
const bothNeeded = { required: ['apiVersion', 'kind'] }

const apiServerSource = crd({
  group: 'sources.knative.dev',
  kind: 'ApiServerSource',
  category: 'sources',
  columns: columns({ name: 'Sink', type: 'string', jsonPath: '.status.sinkUri' }),
  spec: partial(
    {
      mode: { type: 'string', enum: ['Reference', 'Resource'], default: 'Reference' },
      serviceAccountName: { ...filled, default: 'default' },
      resources: {
        type: 'array',
        minItems: 1,
        items: partial({ ...apiVersionKind, selector: labelSelector }, {}, bothNeeded),
      },
      owner: partial(apiVersionKind, {}, bothNeeded),
      namespaceSelector: labelSelector,
      ceOverrides: partial({ extensions: attributes }),
      sink: destination,
    },
    // The real webhook refuses them too: the feature new-apiserversource-filters is off.
    { list: 'filters' },
    { required: ['resources', 'sink'] },
  ),
  status: status({
    sinkUri: text,
    namespaces: listOf(text),
    ceAttributes: listOf(partial({ type: text, source: text })),
  }),
})

/** The kinds of Knative Eventing that the emulator has, each with exactly the fields that do something. */
export const eventingCrds: readonly KubeObject[] = [broker, trigger, apiServerSource]
