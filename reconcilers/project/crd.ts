import { PROJECT_SETTINGS, projectSettingsKind, projectStatusSchema, settingsSchema } from './schema.ts'

/** The CustomResourceDefinition. Its group, version, names and field meanings are those of the upstream operator. */
export const projectSettingsCrd = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'projectsettings.vteam.ambient-code' },
  spec: {
    group: 'vteam.ambient-code',
    scope: projectSettingsKind.scope,
    names: {
      kind: projectSettingsKind.kind,
      listKind: 'ProjectSettingsList',
      plural: projectSettingsKind.plural,
      singular: 'projectsetting',
      shortNames: ['ps'],
    },
    versions: [
      {
        name: 'v1alpha1',
        served: true,
        storage: true,
        subresources: { status: {} },
        additionalPrinterColumns: [
          { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
          { name: 'Reason', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].reason' },
          { name: 'Groups', type: 'integer', jsonPath: '.status.groupBindingsCreated' },
          { name: 'Undelivered', type: 'integer', priority: 1, jsonPath: '.status.deadLetters.count' },
          { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
        ],
        schema: {
          openAPIV3Schema: {
            type: 'object',
            description: 'What holds for all sessions of a namespace.',
            required: ['spec'],
            properties: {
              apiVersion: { type: 'string' },
              kind: { type: 'string' },
              metadata: { type: 'object' },
              spec: settingsSchema,
              status: projectStatusSchema,
            },
            'x-kubernetes-validations': [
              {
                rule: `self.metadata.name == '${PROJECT_SETTINGS}'`,
                message: `a namespace has one ProjectSettings, and its name is ${PROJECT_SETTINGS}`,
              },
            ],
          },
        },
      },
    ],
  },
} as const
