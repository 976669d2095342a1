import { PROJECT_SETTINGS, projectSettingsKind, settingsSchema } from './schema.ts'

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
        additionalPrinterColumns: [{ name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' }],
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
