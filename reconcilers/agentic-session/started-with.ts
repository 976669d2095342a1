import type { EnvVar, PodSpec } from 'kubernetes-types/core/v1.js'

/** The container that runs the agent. */
export const RUNNER = 'ambient-code-runner'

/** Which fields of a spec may change while its runner runs, and which variables tell a runner of each when it starts. */
const told = {
  repos: ['REPOS_JSON'],
  activeWorkflow: ['ACTIVE_WORKFLOW_GIT_URL', 'ACTIVE_WORKFLOW_BRANCH', 'ACTIVE_WORKFLOW_PATH'],
  mcpServers: ['CUSTOM_MCP_SERVERS'],
} as const
type Field = keyof typeof told

const names: ReadonlySet<string> = new Set(Object.values(told).flat())

/** What a runner was told of these fields, by the name of the variable. */
export type StartedWith = Readonly<Record<string, string | undefined>>

/** Pure. */
export const startedWithOf = (pod: PodSpec | undefined): StartedWith =>
  toldBy(pod?.containers.find(({ name }) => name === RUNNER)?.env ?? [])

const toldBy = (environment: readonly EnvVar[]): StartedWith =>
  Object.fromEntries(environment.flatMap(({ name, value }) => (names.has(name) ? [[name, value]] : [])))

/** Of which fields a runner that starts now would be told something else. Pure. */
export const changedSince = (started: StartedWith, environment: readonly EnvVar[]): readonly Field[] => {
  const now = toldBy(environment)
  return (Object.keys(told) as Field[]).filter((field) => told[field].some((name) => started[name] !== now[name]))
}
