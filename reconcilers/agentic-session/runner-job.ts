import type { EnvVar } from 'kubernetes-types/core/v1.js'
import type { Live, Settings } from '#sdk/index.ts'
import { isPromptForced } from './annotations.ts'
import { AGUI_TOKEN, labelOf, ownerOf } from './children.ts'
import type { ProjectSettings } from './idle.ts'
import { type JobObject, jobKind, jobLabels, jobNameOf, SESSION_UID, TTL_SECONDS } from './job.ts'
import { namesOf } from './names.ts'
import type { Profile } from './profile-schema.ts'
import { builtInProfile, profileOf } from './profiles.ts'
import { runnerPodOf, WORKSPACE } from './runner-pod.ts'
import { type AgenticSession, timeoutOf } from './schema.ts'

/**
 * The Job of one attempt at a session. Pure. It is started once (`backoffLimit` 0): an agent pushes commits and calls services, so
 * that only its owner can say whether a second start is wanted.
 */
export const runnerJobFor = (
  session: Live<AgenticSession>,
  attempt: number,
  settings: Settings,
  around: Around = {},
): JobObject => {
  const { name, namespace, uid } = session.metadata
  const labels = {
    ...jobLabels,
    [SESSION_UID]: uid,
    app: 'ambient-code-runner',
    'agentic-session': labelOf(name),
    'ambient-code.io/attempt': String(attempt),
  }
  const profile = profileFor(session, settings)
  const timeout = profile.enforceTimeout === false ? 0 : timeoutOf(session)
  return {
    apiVersion: jobKind.apiVersion,
    kind: jobKind.kind,
    metadata: {
      name: jobNameOf(session, attempt),
      namespace,
      labels,
      ownerReferences: [ownerOf(session)],
    },
    spec: {
      backoffLimit: 0,
      // The Pod that was disrupted is gone before its Job has failed. This keeps the reason in the Job.
      podFailurePolicy: {
        rules: [{ action: 'FailJob', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] }],
      },
      ...(timeout > 0 && { activeDeadlineSeconds: timeout }),
      ttlSecondsAfterFinished: TTL_SECONDS,
      template: {
        metadata: { labels },
        spec: runnerPodOf(session, { profile, settings, env: environmentOf(session, settings, around) }),
      },
    },
  }
}

/** Where the session is. */
type Around = { readonly project?: ProjectSettings | undefined }

/** `undefined` where it says nothing. */
const textOf = (servers: object | undefined): string | undefined =>
  servers && Object.keys(servers).length > 0 ? JSON.stringify(servers) : undefined

/** A session whose profile is gone runs on, and is compared with what was always there. One that asks for it now is not started. */
const profileFor = (session: AgenticSession, settings: Settings): Profile =>
  profileOf(session, settings) ?? builtInProfile

/**
 * Upstream's names and meanings. What the session sets itself comes last and wins, and may refer to what comes before it, as in any Pod:
 * `$(NAME)`. Everything else is text: a dollar in a prompt is a dollar. What is secret comes by reference, and nothing takes its place.
 */
export const environmentOf = (
  session: Live<AgenticSession>,
  settings: Settings,
  { project }: Around = {},
): EnvVar[] => {
  const { name, namespace, annotations } = session.metadata
  const profile = profileFor(session, settings)
  const { repos, initialPrompt, userContext, llmSettings, mcpServers, activeWorkflow, environmentVariables } =
    session.spec ?? {}
  const variables: Record<string, string | number | undefined> = {
    AGENTIC_SESSION_NAME: name,
    AGENTIC_SESSION_NAMESPACE: namespace,
    SESSION_ID: name,
    PROJECT_NAME: namespace,
    WORKSPACE_PATH: WORKSPACE,
    AGUI_PORT: profile.port,
    BACKEND_API_URL: settings.backendUrl,
    INITIAL_PROMPT: initialPrompt,
    IS_RESUME: session.status?.hasRun && !isPromptForced(session) ? 'true' : undefined,
    TIMEOUT: timeoutOf(session),
    LLM_MODEL: llmSettings?.model,
    LLM_TEMPERATURE: llmSettings?.temperature,
    LLM_MAX_TOKENS: llmSettings?.maxTokens,
    REPOS_JSON: repos && JSON.stringify(repos),
    ACTIVE_WORKFLOW_GIT_URL: activeWorkflow?.gitUrl,
    ACTIVE_WORKFLOW_BRANCH: activeWorkflow?.branch,
    ACTIVE_WORKFLOW_PATH: activeWorkflow?.path,
    CUSTOM_MCP_SERVERS: mcpServers && JSON.stringify(mcpServers),
    PROJECT_MCP_SERVERS: profile.projectMcpServers ? textOf(project?.spec?.mcpServers) : undefined,
    USER_ID: userContext?.userId,
    USER_NAME: userContext?.displayName,
    PARENT_SESSION_ID: annotations?.['vteam.ambient-code/parent-session-id'],
    ...profile.env,
  }
  const values = new Map(
    Object.entries(variables).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, String(value).replaceAll('$', '$$$$')]],
    ),
  )
  for (const [name, value] of Object.entries(environmentVariables ?? {})) {
    // Whatever it replaces, it comes behind that which it may refer to.
    values.delete(name)
    values.set(name, value)
  }
  const secrets =
    profile.port === undefined
      ? []
      : [{ name: 'AGUI_TOKEN', valueFrom: { secretKeyRef: { name: namesOf(session).secret, key: AGUI_TOKEN } } }]
  for (const secret of secrets) values.delete(secret.name)
  return [...secrets, ...[...values].map(([name, value]) => ({ name, value }))]
}
