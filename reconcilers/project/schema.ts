import type { FromSchema } from 'json-schema-to-ts'
import { conditionsSchema, type Kind, type KubernetesObject } from '#sdk/index.ts'

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
      maxItems: 512,
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['groupName', 'role'],
      items: {
        type: 'object',
        required: ['groupName', 'role'],
        properties: {
          // Whatever the identity provider calls it: names with spaces are common.
          groupName: { type: 'string', minLength: 1, maxLength: 253 },
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

export const projectStatusSchema = {
  type: 'object',
  description: 'What was observed. Written through the status subresource.',
  properties: {
    observedGeneration: { type: 'integer', format: 'int64', description: 'The spec that this status is about.' },
    groupBindingsCreated: {
      type: 'integer',
      format: 'int32',
      minimum: 0,
      description: 'How many entries of groupAccess have their RoleBinding.',
    },
    scheduledSessionRBACReady: {
      type: 'boolean',
      description: 'Whether what makes scheduled sessions here has its ServiceAccount and may make them.',
    },
    limitRangeReady: { type: 'boolean', description: 'Whether there are default requests and limits.' },
    deadLetters: {
      type: 'object',
      description: 'Events about this project that no function took. Gone as soon as one has looked after it again.',
      required: ['count'],
      properties: {
        count: { type: 'integer', format: 'int32', minimum: 1 },
        ids: {
          type: 'array',
          description: 'The last of them, so that one which is told twice counts once.',
          maxItems: 16,
          items: { type: 'string', maxLength: 128 },
        },
      },
    },
    conditions: conditionsSchema,
  },
} as const

/** Objects with named fields have no others: the API server prunes them. */
type Pruned<T> = T extends readonly (infer Item)[]
  ? readonly Pruned<Item>[]
  : T extends object
    ? { readonly [K in keyof T as string extends K ? never : K]: Pruned<T[K]> }
    : T

export type Role = (typeof roles)[number]
export type GroupAccess = { readonly groupName: string; readonly role: Role }
export type Settings = FromSchema<typeof settingsSchema>
export type ProjectStatus = Pruned<FromSchema<typeof projectStatusSchema>>
export type ProjectSettings = KubernetesObject & { readonly spec?: Settings; readonly status?: ProjectStatus }

export const projectSettingsKind: Kind<ProjectSettings> = {
  apiVersion: 'vteam.ambient-code/v1alpha1',
  kind: 'ProjectSettings',
  plural: 'projectsettings',
  scope: 'Namespaced',
}

/** One in each namespace, always of this name. */
export const PROJECT_SETTINGS = 'projectsettings'
