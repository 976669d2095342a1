import type { Container, EnvVar } from 'kubernetes-types/core/v1.js'
import type { Live } from '#sdk/index.ts'
import type { AgenticSession } from './schema.ts'

/** What the containers beside a runner are told of what it is told itself: enough to fetch what it works on. */
const shared: readonly string[] = [
  'PROJECT_NAME',
  'BACKEND_API_URL',
  'REPOS_JSON',
  'ACTIVE_WORKFLOW_GIT_URL',
  'ACTIVE_WORKFLOW_BRANCH',
  'ACTIVE_WORKFLOW_PATH',
]

/**
 * A container that a profile adds, told whose it is, by upstream's names. Its own variables win over those of the session, which may set what is
 * left, and refer to the rest. Pure.
 */
export const besideRunner = (session: Live<AgenticSession>, runner: readonly EnvVar[], added: Container): Container => {
  const { name, namespace } = session.metadata
  const told: readonly EnvVar[] = [
    { name: 'SESSION_NAME', value: name },
    { name: 'NAMESPACE', value: namespace },
    ...runner.filter((each) => shared.includes(each.name)),
    ...(added.env ?? []),
  ]
  const byName = new Map(told.map((each) => [each.name, each]))
  for (const [name, value] of Object.entries(session.spec?.environmentVariables ?? {}))
    if (!byName.has(name)) byName.set(name, { name, value })
  return { ...added, env: [...byName.values()] }
}
