import type { FromSchema } from 'json-schema-to-ts'
import type { Kind, KubernetesObject } from '#sdk/index.ts'

/*
 * ProjectSettings, as JSON Schema: the CRD is rendered from it (`npm run render`) and the types are derived from it. Fields are those of the
 * upstream operator; limits are ours. No default for `inactivityTimeoutSeconds`: it would hide that of the platform.
 */

export const roles = ['admin', 'edit', 'view'] as const

export const settingsSchema = {
  type: 'object',
  required: ['groupAccess'],
  properties: {
    groupAccess: {
      type: 'array',
      description: 'Which groups may do what in this project.',
      maxItems: 128,
      items: {
        type: 'object',
        required: ['groupName', 'role'],
        properties: {
          groupName: { type: 'string', minLength: 1, maxLength: 253, pattern: '^\\S+$' },
          role: { type: 'string', enum: roles },
        },
      },
    },
    inactivityTimeoutSeconds: {
      type: 'integer',
      minimum: 0,
      maximum: 2_592_000,
      description:
        'Seconds without activity after which sessions of this project are stopped that say nothing themselves; 0 is never. Absent: the default of the platform.',
    },
    runnerSecretsName: { type: 'string', maxLength: 253, description: 'Kept for the backend.' },
    repositories: {
      type: 'array',
      description: 'Kept for the backend.',
      maxItems: 128,
      items: {
        type: 'object',
        required: ['url'],
        properties: {
          url: { type: 'string', minLength: 1, maxLength: 2048, pattern: '^\\S+$' },
          branch: { type: 'string', maxLength: 255 },
          provider: { type: 'string', enum: ['github', 'gitlab'] },
        },
      },
    },
    mcpServers: {
      type: 'object',
      description: 'MCP servers on top of those of the platform.',
      properties: {
        custom: {
          type: 'object',
          description: 'Free-form server definitions by name.',
          maxProperties: 64,
          additionalProperties: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        },
        disabled: { type: 'array', maxItems: 64, items: { type: 'string', maxLength: 253 } },
      },
    },
  },
} as const

export type Settings = FromSchema<typeof settingsSchema>
export type ProjectSettings = KubernetesObject & { readonly spec?: Settings }

export const projectSettingsKind: Kind<ProjectSettings> = {
  apiVersion: 'vteam.ambient-code/v1alpha1',
  kind: 'ProjectSettings',
  plural: 'projectsettings',
  scope: 'Namespaced',
}

/** One in each namespace, always of this name. */
export const PROJECT_SETTINGS = 'projectsettings'
