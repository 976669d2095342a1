import type { EnvVar } from 'kubernetes-types/core/v1.js'
import type { AgenticSession } from './schema.ts'

/** MAX_ARG_STRLEN of Linux: what one variable takes with its name, the sign between them and the byte that ends it. */
const LONGEST = 131_072

/** Of all variables together. etcd takes 1.5 MiB of a Job, and a process on Linux 2 MiB of variables and arguments. */
const MOST = 1_048_576

/** The field that a variable comes from, where that has not its name. */
const fields: Readonly<Record<string, string>> = {
  INITIAL_PROMPT: 'spec.initialPrompt',
  REPOS_JSON: 'spec.repos',
  ACTIVE_WORKFLOW_GIT_URL: 'spec.activeWorkflow.gitUrl',
  ACTIVE_WORKFLOW_BRANCH: 'spec.activeWorkflow.branch',
  ACTIVE_WORKFLOW_PATH: 'spec.activeWorkflow.path',
  CUSTOM_MCP_SERVERS: 'spec.mcpServers',
  PROJECT_MCP_SERVERS: "spec.mcpServers of the project's ProjectSettings",
  LLM_MODEL: 'spec.llmSettings.model',
  USER_ID: 'spec.userContext.userId',
  USER_NAME: 'spec.userContext.displayName',
  PARENT_SESSION_ID: 'metadata.annotations[vteam.ambient-code/parent-session-id]',
}

/** Of a session, so that etcd takes it with its status. */
const MOST_OF_SESSION = 1_507_328

type Measured = { readonly name: string; readonly value: string; readonly bytes: number }

/**
 * What keeps a runner with these variables from being started, by the field that it comes from. The API server takes such a Pod: it is the kernel
 * that refuses it, or the kubelet that replaces each `$(NAME)` without asking how long that becomes. Values are measured and never
 * expanded. Pure.
 */
export const environmentFaultsOf = (session: AgenticSession, environment: readonly EnvVar[]): readonly string[] => {
  const variables = measured(environment)
  const fieldOf = (name: string) =>
    Object.hasOwn(session.spec?.environmentVariables ?? {}, name)
      ? `spec.environmentVariables.${name}`
      : (Object.hasOwn(fields, name) && fields[name]) || `the variable ${name} of its profile`
  const faults = variables.flatMap(({ name, value, bytes }) => [
    ...(bytes > LONGEST ? [`${fieldOf(name)} makes a variable of ${bytes} bytes, must be ${LONGEST} at most`] : []),
    ...(value.includes('\0') ? [`${fieldOf(name)} has a NUL character, which no variable can hold`] : []),
  ])
  if (faults.length > 0) return faults
  const total = variables.reduce((sum, { name, value, bytes }) => sum + Math.max(bytes, bytesOf(name, value)), 0)
  if (total <= MOST) return sizeFaultsOf(session)
  const [largest] = variables.toSorted((one, other) => other.bytes - one.bytes)
  return [
    `the runner's variables take ${total} bytes together, must be ${MOST} at most; the largest is ${fieldOf(largest?.name ?? '')}`,
  ]
}

/** One whose status cannot be written must not run: nobody would know that it has. */
const sizeFaultsOf = ({ metadata: { managedFields: _, ...metadata }, spec }: AgenticSession): readonly string[] => {
  const bytes = Buffer.byteLength(JSON.stringify({ metadata, spec }))
  if (bytes <= MOST_OF_SESSION) return []
  return [
    `metadata and spec take ${bytes} bytes, must be ${MOST_OF_SESSION} at most, so that the status fits beside them`,
  ]
}

const bytesOf = (name: string, value: string): number => Buffer.byteLength(name) + Buffer.byteLength(value) + 2

const measured = (environment: readonly EnvVar[]): readonly Measured[] => {
  const lengths = new Map<string, number>()
  return environment.flatMap(({ name, value }) => {
    if (value === undefined) return []
    const bytes = expandedLength(value, lengths)
    lengths.set(name, bytes)
    return [{ name, value, bytes: bytes + Buffer.byteLength(name) + 2 }]
  })
}

/**
 * `$$` is a dollar, `$(NAME)` what a variable before it has, and itself where there is none: third_party/forked/golang/expansion of Kubernetes.
 * What Secrets hold is not known here. Looks at each character once, whatever there is.
 */
const expandedLength = (value: string, lengths: ReadonlyMap<string, number>): number => {
  let bytes = Buffer.byteLength(value)
  let close = -1
  for (let at = value.indexOf('$'); at >= 0; ) {
    let end = at + 1
    if (value[end] === '$') {
      bytes -= 1
      end += 1
    } else if (value[end] === '(') {
      if (close < end) close = indexOrEnd(value, ')', end)
      if (close < value.length) {
        const name = value.slice(end + 1, close)
        const length = lengths.get(name)
        if (length !== undefined) bytes += length - Buffer.byteLength(name) - 3
        end = close + 1
      }
    }
    at = value.indexOf('$', end)
  }
  return bytes
}

const indexOrEnd = (text: string, sought: string, from: number): number => {
  const index = text.indexOf(sought, from)
  return index < 0 ? text.length : index
}
