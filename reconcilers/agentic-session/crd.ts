import { sessionKind, specSchema, statusSchema } from './schema.ts'

/**
 * Which fields say what the runner is started with: a change would not reach the one that runs. `mcpServers` is another, but it is
 * free-form, and CEL cannot compare what has no schema.
 */
const fixedWhileRunning = ['initialPrompt', 'userContext', 'timeout', 'environmentVariables'] as const

/** So do these. Not `model`: upstream's backend has the runner change over to another one, and writes it here first. */
const fixedSettings = ['temperature', 'maxTokens'] as const

const isRunning =
  "has(oldSelf.status) && has(oldSelf.status.phase) && oldSelf.status.phase in ['Creating', 'Running', 'Stopping']"

/** Spelt out, not by optional types: the cost of comparing those is estimated without bounds. */
const isKept = (field: string) =>
  `has(self.spec.${field}) == has(oldSelf.spec.${field}) && (!has(self.spec.${field}) || self.spec.${field} == oldSelf.spec.${field})`

/** Where there were no settings at all, those that come with a model have their defaults, which change nothing. */
const isKeptSetting = (field: (typeof fixedSettings)[number]) => {
  const setting = (of: string) =>
    `(has(${of}.spec.llmSettings) && has(${of}.spec.llmSettings.${field}) ? ${of}.spec.llmSettings.${field} : ${specSchema.properties.llmSettings.properties[field].default})`
  return `${setting('self')} == ${setting('oldSelf')}`
}

const keepWhileRunning = (field: string, isSame: string) => ({
  rule: `!(${isRunning}) || (${isSame})`,
  message: `spec.${field} cannot change while the session is Creating, Running or Stopping: stop it first`,
  fieldPath: `.spec.${field}`,
})

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
        selectableFields: [{ jsonPath: '.status.phase' }, { jsonPath: '.status.deadLetters.count' }],
        additionalPrinterColumns: [
          { name: 'Phase', type: 'string', jsonPath: '.status.phase' },
          { name: 'Reason', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].reason' },
          { name: 'Job', type: 'string', jsonPath: '.status.jobName' },
          { name: 'Undelivered', type: 'integer', priority: 1, jsonPath: '.status.deadLetters.count' },
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
            'x-kubernetes-validations': [
              ...fixedWhileRunning.map((field) => keepWhileRunning(field, isKept(field))),
              ...fixedSettings.map((field) => keepWhileRunning(`llmSettings.${field}`, isKeptSetting(field))),
            ],
          },
        },
      },
    ],
  },
} as const
