import { sessionKind, specSchema, statusSchema } from './schema.ts'

/** Which fields say what the runner is started with: a change would not reach the one that runs. */
const fixedWhileRunning = [
  'initialPrompt',
  'userContext',
  'llmSettings',
  'timeout',
  'environmentVariables',
  'mcpServers',
] as const

const isRunning = "oldSelf.?status.?phase.orValue('Pending') in ['Creating', 'Running', 'Stopping']"

/** The CustomResourceDefinition. Its group, version, names and field meanings are those of the upstream operator. */
export const sessionCrd = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'agenticsessions.vteam.ambient-code' },
  spec: {
    group: 'vteam.ambient-code',
    scope: sessionKind.scope,
    names: {
      kind: sessionKind.kind,
      listKind: 'AgenticSessionList',
      plural: sessionKind.plural,
      singular: 'agenticsession',
      shortNames: ['as'],
    },
    versions: [
      {
        name: 'v1alpha1',
        served: true,
        storage: true,
        subresources: { status: {} },
        selectableFields: [{ jsonPath: '.status.phase' }],
        additionalPrinterColumns: [
          { name: 'Phase', type: 'string', jsonPath: '.status.phase' },
          { name: 'Reason', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].reason' },
          { name: 'Job', type: 'string', jsonPath: '.status.jobName' },
          { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
        ],
        schema: {
          openAPIV3Schema: {
            type: 'object',
            description: 'A run of an AI agent: a Job with everything that it needs.',
            properties: {
              apiVersion: { type: 'string' },
              kind: { type: 'string' },
              metadata: { type: 'object' },
              spec: specSchema,
              status: statusSchema,
            },
            'x-kubernetes-validations': fixedWhileRunning.map((field) => ({
              rule: `!(${isRunning}) || self.?spec.?${field} == oldSelf.?spec.?${field}`,
              message: `spec.${field} cannot change while the session is Creating, Running or Stopping: stop it first`,
              fieldPath: `.spec.${field}`,
            })),
          },
        },
      },
    ],
  },
} as const
