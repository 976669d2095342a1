import type { FromSchema } from 'json-schema-to-ts'
import { conditionsSchema, type Kind, type KubernetesObject } from '#sdk/index.ts'

/*
 * The one source of what an AgenticSession is: the CRD is rendered from it (`npm run render`) and the types are derived from it.
 * Fields and defaults are those of the upstream operator; limits, formats, `attempt` and `jobName` are ours.
 */

const text = (maxLength: number) => ({ type: 'string', maxLength }) as const
const word = (maxLength: number) => ({ type: 'string', minLength: 1, maxLength, pattern: '^\\S+$' }) as const
const time = { type: 'string', format: 'date-time' } as const

const mcpServers = {
  type: 'object',
  description: 'MCP servers on top of those of the platform and the project.',
  properties: {
    custom: {
      type: 'object',
      description: 'Free-form server definitions by name.',
      maxProperties: 64,
      additionalProperties: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    },
    disabled: { type: 'array', description: 'Names of servers to leave out.', maxItems: 64, items: text(253) },
  },
} as const

export const specSchema = {
  type: 'object',
  description: 'What to run. Everything is optional.',
  default: {},
  properties: {
    repos: {
      type: 'array',
      description: 'Git repositories that the runner clones.',
      maxItems: 64,
      items: {
        type: 'object',
        required: ['url'],
        properties: {
          url: word(2048),
          branch: { ...word(255), default: 'main' },
          autoPush: { type: 'boolean', default: false, description: 'Commit and push at the end; done by the runner.' },
        },
      },
    },
    initialPrompt: {
      ...text(32_000),
      description:
        'Used on the first start only, not on resume. It reaches the runner as one environment variable, which Linux limits to 128 KiB.',
    },
    displayName: text(256),
    userContext: {
      type: 'object',
      description: 'Who asked for this session, for audit.',
      properties: {
        userId: text(256),
        displayName: text(256),
        groups: { type: 'array', maxItems: 4096, items: text(256) },
      },
    },
    llmSettings: {
      type: 'object',
      properties: {
        model: { ...word(128), default: 'claude-sonnet-4-6' },
        temperature: { type: 'number', minimum: 0, maximum: 2, default: 0.7 },
        maxTokens: { type: 'integer', minimum: 1, maximum: 10_000_000, default: 4000 },
      },
    },
    timeout: {
      type: 'integer',
      minimum: 0,
      maximum: 2_592_000,
      default: 300,
      description:
        'Seconds that one attempt may take, from the start of its Job; 0 is no limit. Enforced by the Job controller.',
    },
    backoffLimit: {
      type: 'integer',
      minimum: 0,
      maximum: 10,
      description:
        'How many more attempts follow by themselves where one fails for want of luck: a runner that ended with an error or ran out of memory, a node that went away. Absent: none. Each resumes what the one before began.',
    },
    inactivityTimeout: {
      type: 'integer',
      minimum: 0,
      maximum: 2_592_000,
      description:
        'Seconds without activity after which the session is stopped; 0 is never. Absent: the default of the project.',
    },
    stopOnRunFinished: { type: 'boolean', description: 'Acted on by the backend.' },
    environmentVariables: {
      type: 'object',
      description: 'Set in the runner; may override what the platform sets there.',
      maxProperties: 128,
      additionalProperties: text(32_000),
      'x-kubernetes-validations': [
        {
          rule: "self.all(name, name.matches('^[-._a-zA-Z][-._a-zA-Z0-9]{0,254}$'))",
          message:
            "names of environment variables consist of letters, digits, '_', '-' and '.', and do not start with a digit",
        },
      ],
    },
    mcpServers,
    activeWorkflow: {
      type: 'object',
      properties: {
        gitUrl: word(2048),
        branch: { ...word(255), default: 'main' },
        path: text(1024),
      },
    },
  },
} as const

export const stoppedReasons = ['user', 'inactivity', 'run-finished'] as const

export const phases = ['Pending', 'Creating', 'Running', 'Stopping', 'Stopped', 'Completed', 'Failed'] as const

export const statusSchema = {
  type: 'object',
  description: 'What was observed. Written through the status subresource.',
  properties: {
    phase: { type: 'string', enum: phases, default: 'Pending' },
    observedGeneration: { type: 'integer', format: 'int64', description: 'The spec that this status is about.' },
    attempt: {
      type: 'integer',
      format: 'int32',
      minimum: 1,
      description:
        'Counts the starts of this session. Part of the name of its Job, so that a restart never meets the old one.',
    },
    retries: {
      type: 'integer',
      format: 'int32',
      minimum: 0,
      description: 'How many attempts followed by themselves since somebody last asked for a start.',
    },
    hasRun: {
      type: 'boolean',
      description: 'Whether a runner has started in any attempt: if so, the next one resumes.',
    },
    jobName: { ...text(63), description: 'The Job of this attempt.' },
    startTime: { ...time, description: 'When this attempt began.' },
    completionTime: { ...time, description: 'When this attempt ended.' },
    lastActivityTime: { ...time, description: 'Written by the backend.' },
    stoppedReason: {
      type: 'string',
      enum: stoppedReasons,
      description: 'Who stopped it: a user, nobody having used it for long, or the backend since its run had finished.',
    },
    reconciledRepos: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          url: { type: 'string' },
          branch: { type: 'string' },
          branches: { type: 'array', items: { type: 'string' } },
          currentActiveBranch: { type: 'string' },
          defaultBranch: { type: 'string' },
          name: { type: 'string' },
          status: { type: 'string', enum: ['Cloning', 'Ready', 'Failed'] },
          clonedAt: time,
        },
      },
    },
    reconciledWorkflow: {
      type: 'object',
      properties: {
        gitUrl: { type: 'string' },
        branch: { type: 'string' },
        path: { type: 'string' },
        status: { type: 'string', enum: ['Cloning', 'Active', 'Failed'] },
        appliedAt: time,
      },
    },
    deadLetters: {
      type: 'object',
      description: 'Events about this session that no function took. Gone as soon as one has looked after it again.',
      required: ['count'],
      properties: {
        count: { type: 'integer', format: 'int32', minimum: 1 },
        ids: {
          type: 'array',
          description: 'The last of them, so that one which is told twice counts once.',
          maxItems: 16,
          items: text(128),
        },
      },
    },
    sdkSessionId: { type: 'string' },
    sdkRestartCount: { type: 'integer' },
    conditions: conditionsSchema,
  },
} as const

/** What the API server makes of a schema: unknown fields are pruned, so objects with named fields have no others. */
type Pruned<T> = T extends readonly (infer Item)[]
  ? readonly Pruned<Item>[]
  : T extends object
    ? [keyof Named<T>] extends [never]
      ? Readonly<T>
      : { readonly [K in keyof Named<T>]: Pruned<Named<T>[K]> }
    : T
type Named<T> = { [K in keyof T as string extends K ? never : K]: T[K] }

type Options = { keepDefaultedPropertiesOptional: true }
export type Spec = Pruned<FromSchema<typeof specSchema, Options>>
export type Status = Pruned<FromSchema<typeof statusSchema, Options>>
export type Phase = (typeof phases)[number]
export type StoppedReason = (typeof stoppedReasons)[number]
export type SessionCondition = NonNullable<Status['conditions']>[number]

export type AgenticSession = KubernetesObject & { readonly spec?: Spec; readonly status?: Status }

/** The seconds that one attempt may take; 0 is no limit. */
export const timeoutOf = ({ spec }: AgenticSession): number => spec?.timeout ?? specSchema.properties.timeout.default

export const sessionKind: Kind<AgenticSession> = {
  apiVersion: 'vteam.ambient-code/v1alpha1',
  kind: 'AgenticSession',
  plural: 'agenticsessions',
  scope: 'Namespaced',
}

/** A phase that is none of ours is the `Error` of an old installation. */
export const phaseOf = ({ status }: AgenticSession): Phase => {
  const phase = status?.phase ?? 'Pending'
  return phases.includes(phase) ? phase : 'Failed'
}
