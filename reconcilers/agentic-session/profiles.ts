import type { Settings } from '#sdk/index.ts'
import { SESSIONS_OF_NAMESPACE } from './children.ts'
import type { Profile } from './profile-schema.ts'
import type { AgenticSession } from './schema.ts'

/** The variable in `spec.environmentVariables` that chooses a profile, as upstream's does. */
export const RUNNER_TYPE = 'RUNNER_TYPE'

/** What holds where nothing is configured: upstream's runner, which its backend finds where it expects it. */
export const builtInProfile: Profile = {
  id: 'claude-agent-sdk',
  port: 8001,
  healthPath: '/health',
  env: {
    DEBUG: 'true',
    USE_AGUI: 'true',
    ARTIFACTS_DIR: 'artifacts',
    GOOGLE_MCP_CREDENTIALS_DIR: '/workspace/.google_workspace_mcp/credentials',
  },
  optionalSecrets: ['ambient-non-vertex-integrations', 'ambient-runner-secrets'],
  projectMcpServers: true,
  identity: {
    rules: [
      { apiGroups: ['vteam.ambient-code'], resources: ['agenticsessions'], verbs: SESSIONS_OF_NAMESPACE },
      // The backend looks for the keys of a session that is made in the runner's name.
      { apiGroups: [''], resources: ['secrets'], resourceNames: ['ambient-runner-secrets'], verbs: ['get'] },
    ],
  },
  // Where the agent keeps what it resumes from.
  container: { volumeMounts: [{ name: 'workspace', mountPath: '/app/.claude', subPath: '.claude' }] },
}

/** All profiles; the first is that of sessions that choose none. */
export const profilesOf = ({ runnerProfiles }: Settings): readonly Profile[] => {
  if (runnerProfiles === undefined) return [builtInProfile]
  // The host has asked `mistakesIn` about it before the first session.
  return (runnerProfiles as { readonly profiles: readonly Profile[] }).profiles
}

/** What a session asks for; `undefined` leaves it to the installation. */
export const chosenType = ({ spec }: AgenticSession): string | undefined =>
  spec?.environmentVariables?.[RUNNER_TYPE] || undefined

/** `undefined` where there is none of that name. */
export const profileOf = (session: AgenticSession, settings: Settings): Profile | undefined => {
  const profiles = profilesOf(settings)
  const type = chosenType(session)
  return type === undefined ? profiles[0] : profiles.find(({ id }) => id === type)
}

/** What is wrong with a session that chooses a profile that does not exist. */
export const profileFaultsOf = (session: AgenticSession, settings: Settings): readonly string[] => {
  if (profileOf(session, settings)) return []
  const known = profilesOf(settings).map(({ id }) => id)
  return [
    `spec.environmentVariables.${RUNNER_TYPE} is ${JSON.stringify(chosenType(session)?.slice(0, 100))}, must be one of ${known.join(', ')}`,
  ]
}
