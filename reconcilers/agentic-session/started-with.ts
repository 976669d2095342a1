import type { EnvVar, PodSpec } from 'kubernetes-types/core/v1.js'

/** The container that runs the agent. */
export const RUNNER = 'ambient-code-runner'

/** The name of a runner's port, on its Service and its container. */
export const PORT_NAME = 'agui'

/** Which fields of a spec may change while its runner runs, and which variables tell a runner of each when it starts. */
const told = {
  repos: ['REPOS_JSON'],
  activeWorkflow: ['ACTIVE_WORKFLOW_GIT_URL', 'ACTIVE_WORKFLOW_BRANCH', 'ACTIVE_WORKFLOW_PATH'],
  mcpServers: ['CUSTOM_MCP_SERVERS'],
} as const
export type Field = keyof typeof told

const names: ReadonlySet<string> = new Set(Object.values(told).flat())

/** What a runner was told of these fields, by the name of the variable. */
export type StartedWith = Readonly<Record<string, string | undefined>>

/** Pure. */
export const startedWithOf = (pod: PodSpec | undefined): StartedWith =>
  toldBy(pod?.containers.find(({ name }) => name === RUNNER)?.env ?? [])

/** Where the runner listens, if anywhere. Pure. */
export const portOf = (pod: PodSpec | undefined): number | undefined =>
  pod?.containers.find(({ name }) => name === RUNNER)?.ports?.find(({ name }) => name === PORT_NAME)?.containerPort

const toldBy = (environment: readonly EnvVar[]): StartedWith =>
  Object.fromEntries(environment.flatMap(({ name, value }) => (names.has(name) ? [[name, value]] : [])))

/** Of which fields a runner that starts now would be told something else. Pure. */
export const changedSince = (started: StartedWith, environment: readonly EnvVar[]): readonly Field[] => {
  const now = toldBy(environment)
  return (Object.keys(told) as Field[]).filter((field) => told[field].some((name) => started[name] !== now[name]))
}

/** What the runner got for a variable: in a Pod a dollar is written twice. Pure. */
export const gotFor = (started: StartedWith, name: string): string | undefined => started[name]?.replaceAll('$$', '$')

/** Whether one of these sets itself what a runner is told of the field, so that the field does not reach it. Pure. */
export const isOverridden = (field: Field, ...environments: readonly (object | undefined)[]): boolean =>
  environments.some((environment) => told[field].some((name) => environment && Object.hasOwn(environment, name)))
