import type { KubeObject } from '../api-server/types.ts'
import type { Resource } from '../client.ts'
import { anything, flag, listOf, partial, type Rule, text, texts } from '../partial-schema.ts'
import { annotationRules } from './annotations.ts'

export const services: Resource = { apiVersion: 'serving.knative.dev/v1', plural: 'services' }

const reservedEnv = "['PORT', 'K_SERVICE', 'K_CONFIGURATION', 'K_REVISION']"
const reservedPorts = '[8008, 8012, 8013, 8022, 8112, 9090, 9091]'

const env = partial(
  {
    name: text,
    value: text,
    valueFrom: partial({ configMapKeyRef: anything, secretKeyRef: anything }, { object: 'fieldRef resourceFieldRef' }),
  },
  {},
  { required: ['name'] },
)

const container = partial(
  {
    name: { type: 'string', default: 'user-container' },
    image: { type: 'string', minLength: 1 },
    imagePullPolicy: text,
    command: listOf(text),
    args: listOf(text),
    workingDir: text,
    env: {
      ...listOf(env),
      'x-kubernetes-validations': [
        {
          rule: `self.all(e, !(e.name in ${reservedEnv}))`,
          message: 'PORT, K_SERVICE, K_CONFIGURATION and K_REVISION are reserved environment variables',
        },
      ],
    },
    envFrom: listOf(anything),
    ports: {
      ...listOf(
        partial(
          { containerPort: { type: 'integer', format: 'int32', default: 8080 }, name: text, protocol: text },
          { integer: 'hostPort', text: 'hostIP' },
          {
            rules: [
              {
                rule: `self.containerPort >= 1 && self.containerPort <= 65535 && !(self.containerPort in ${reservedPorts})`,
                message: 'invalid value: containerPort',
              },
              {
                rule: "!has(self.name) || self.name in ['', 'http1']",
                message: 'the embedded control plane implements the port name http1 only',
              },
              { rule: "!has(self.protocol) || self.protocol in ['', 'TCP']", message: 'invalid value: protocol' },
            ],
          },
        ),
      ),
      maxItems: 1,
    },
    readinessProbe: anything,
    livenessProbe: anything,
    startupProbe: anything,
    resources: anything,
    securityContext: anything,
    volumeMounts: listOf(anything),
    terminationMessagePath: text,
    terminationMessagePolicy: text,
  },
  {
    object: 'lifecycle',
    list: 'volumeDevices resizePolicy restartPolicyRules',
    flag: 'stdin stdinOnce tty',
    text: 'restartPolicy',
  },
  { required: ['image'] },
)

const revisionSpec = partial(
  {
    containers: { ...listOf(container), minItems: 1, maxItems: 1 },
    serviceAccountName: text,
    imagePullSecrets: listOf(anything),
    automountServiceAccountToken: flag,
    enableServiceLinks: { type: 'boolean', default: false },
    volumes: listOf(anything),
    containerConcurrency: { type: 'integer', format: 'int64', minimum: 0, maximum: 1000, default: 0 },
    timeoutSeconds: { type: 'integer', format: 'int64', minimum: 1, maximum: 600, default: 300 },
  },
  {
    integer:
      'responseStartTimeoutSeconds idleTimeoutSeconds activeDeadlineSeconds priority terminationGracePeriodSeconds',
    list: 'ephemeralContainers hostAliases initContainers readinessGates resourceClaims schedulingGates tolerations topologySpreadConstraints',
    object: 'affinity dnsConfig nodeSelector os overhead resources securityContext',
    text: 'dnsPolicy hostname hostnameOverride nodeName preemptionPolicy priorityClassName restartPolicy runtimeClassName schedulerName serviceAccount subdomain',
    flag: 'hostIPC hostNetwork hostPID hostUsers setHostnameAsFQDN shareProcessNamespace',
  },
  {
    required: ['containers'],
    rules: [
      {
        rule: '!has(self.automountServiceAccountToken) || !self.automountServiceAccountToken',
        message: 'must not set the field(s): automountServiceAccountToken, except to false',
      },
    ],
  },
)

const traffic = {
  ...listOf(
    partial(
      { latestRevision: flag, percent: { type: 'integer', format: 'int64' } },
      { text: 'configurationName revisionName tag url' },
    ),
  ),
  default: [{ latestRevision: true, percent: 100 }],
  'x-kubernetes-validations': [
    {
      rule: 'self.size() == 1 && self.all(t, has(t.latestRevision) && t.latestRevision && has(t.percent) && t.percent == 100)',
      message: 'the embedded control plane sends all traffic to the latest revision only',
    },
  ],
}

const condition = partial({
  lastTransitionTime: text,
  message: text,
  reason: text,
  severity: text,
  status: text,
  type: text,
})

const status = partial({
  address: partial({ url: text }),
  annotations: texts,
  conditions: listOf(condition),
  latestCreatedRevisionName: text,
  latestReadyRevisionName: text,
  observedGeneration: { type: 'integer', format: 'int64' },
  traffic: listOf(partial({ latestRevision: flag, percent: { type: 'integer', format: 'int64' }, revisionName: text })),
  url: text,
})

/** The name is part of a host name. */
const nameRule: Rule = {
  rule: "self.metadata.name.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$') && self.metadata.name.size() <= 63",
  message: 'not a DNS 1035 label: metadata.name',
}

/** Serving's Service, as far as it is implemented; the rest of the real kind is refused by name. */
export const serviceCrd = (allowZeroInitialScale = false): KubeObject => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: {
    name: 'services.serving.knative.dev',
    labels: { 'app.kubernetes.io/name': 'knative-serving', 'knative.dev/crd-install': 'true' },
  },
  spec: {
    group: 'serving.knative.dev',
    names: {
      kind: 'Service',
      plural: 'services',
      singular: 'service',
      categories: ['all', 'knative', 'serving'],
      shortNames: ['kservice', 'ksvc'],
    },
    scope: 'Namespaced',
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        additionalPrinterColumns: [
          { name: 'URL', type: 'string', jsonPath: '.status.url' },
          { name: 'LatestCreated', type: 'string', jsonPath: '.status.latestCreatedRevisionName' },
          { name: 'LatestReady', type: 'string', jsonPath: '.status.latestReadyRevisionName' },
          { name: 'Ready', type: 'string', jsonPath: ".status.conditions[?(@.type=='Ready')].status" },
          { name: 'Reason', type: 'string', jsonPath: ".status.conditions[?(@.type=='Ready')].reason" },
        ],
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              apiVersion: text,
              kind: text,
              metadata: { type: 'object' },
              spec: partial(
                {
                  template: partial(
                    {
                      metadata: partial(
                        {
                          annotations: { ...texts, 'x-kubernetes-validations': annotationRules(allowZeroInitialScale) },
                          labels: texts,
                        },
                        { text: 'name namespace', list: 'finalizers' },
                      ),
                      spec: revisionSpec,
                    },
                    {},
                    { required: ['spec'] },
                  ),
                  traffic,
                },
                {},
                { required: ['template'], default: undefined },
              ),
              status,
            },
            required: ['spec'],
            'x-kubernetes-validations': [nameRule],
          },
        },
      },
    ],
  },
})
