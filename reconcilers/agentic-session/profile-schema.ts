import type { FromSchema } from 'json-schema-to-ts'

/*
 * How sessions run, as data: the one source of what a runner profile is. Types are derived from it, and every document is checked against it
 * before the first session is looked at.
 */

/** As Kubernetes names things. */
const name = { type: 'string', pattern: '^[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?$' } as const
const path = { type: 'string', pattern: '^/[^\\s]*$' } as const
const quantity = { type: 'string', pattern: '^[0-9]+([.][0-9]+)?([KMGTPE]i?|k|m)?$' } as const
const names = { type: 'array', items: name } as const
const words = { type: 'array', items: { type: 'string' } } as const
/** What the API server checks: as much of a Pod, or of a container, as is to differ. */
const anything = { type: 'object' } as const

const closed = { type: 'object', additionalProperties: false } as const

export const profileSchema = {
  ...closed,
  required: ['id'],
  properties: {
    id: name,
    image: { type: 'string', pattern: '^\\S+$' },
    port: { type: 'integer', minimum: 1, maximum: 65_535 },
    healthPath: path,
    env: { type: 'object', additionalProperties: { type: 'string' } },
    requiredSecrets: names,
    optionalSecrets: names,
    projectMcpServers: { type: 'boolean' },
    copiedSecrets: {
      type: 'array',
      items: {
        ...closed,
        required: ['from', 'required'],
        properties: {
          from: { ...closed, required: ['namespace', 'name'], properties: { namespace: name, name } },
          required: { type: 'boolean' },
          mountPath: path,
          env: { type: 'boolean' },
        },
      },
    },
    workspace: {
      ...closed,
      required: ['size'],
      properties: {
        size: quantity,
        persistent: { type: 'boolean' },
        storageClassName: name,
        accessMode: { type: 'string', enum: ['ReadWriteOnce', 'ReadWriteMany', 'ReadWriteOncePod'] },
      },
    },
    identity: {
      ...closed,
      properties: {
        rules: {
          type: 'array',
          items: {
            ...closed,
            required: ['apiGroups', 'resources', 'verbs'],
            properties: { apiGroups: words, resources: words, resourceNames: words, verbs: words },
          },
        },
      },
    },
    terminationGraceSeconds: { type: 'integer', minimum: 0, maximum: 86_400 },
    enforceTimeout: { type: 'boolean' },
    container: anything,
    pod: anything,
    podSecurity: { type: 'string', enum: ['restricted', 'privileged'] },
  },
} as const

export const profilesSchema = {
  ...closed,
  required: ['profiles'],
  properties: { profiles: { type: 'array', minItems: 1, items: profileSchema } },
} as const

type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T

export type Profile = DeepReadonly<FromSchema<typeof profileSchema>>
export type CopiedSecret = NonNullable<Profile['copiedSecrets']>[number]
