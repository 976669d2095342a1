import type { EnvVar, SecurityContext } from 'kubernetes-types/core/v1.js'
import type { Live, Settings } from '#sdk/index.ts'
import { isPromptForced } from './annotations.ts'
import { GRACE_SECONDS, type JobObject, jobKind, jobLabels, jobNameOf, SESSION_UID, TTL_SECONDS } from './job.ts'
import { type AgenticSession, sessionKind, timeoutOf } from './schema.ts'
import { RUNNER } from './started-with.ts'

/** What the restricted Pod Security Standard asks of a container. */
const restricted: SecurityContext = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  runAsNonRoot: true,
  seccompProfile: { type: 'RuntimeDefault' },
}

/**
 * The Job of one attempt at a session. Pure. It is started once (`backoffLimit` 0): an agent pushes commits and calls services, so
 * that only its owner can say whether a second start is wanted.
 */
export const runnerJobFor = (session: Live<AgenticSession>, attempt: number, settings: Settings): JobObject => {
  const { name, namespace, uid } = session.metadata
  const labels = {
    ...jobLabels,
    [SESSION_UID]: uid,
    app: 'ambient-code-runner',
    // A label's value ends at 63 characters, a session's name at 253.
    'agentic-session': name.slice(0, 63).replace(/[-.]+$/, ''),
    'ambient-code.io/attempt': String(attempt),
  }
  const timeout = timeoutOf(session)
  return {
    apiVersion: jobKind.apiVersion,
    kind: jobKind.kind,
    metadata: {
      name: jobNameOf(session, attempt),
      namespace,
      labels,
      // Without blockOwnerDeletion: setting it takes a permission on the owner's finalizers.
      ownerReferences: [{ apiVersion: sessionKind.apiVersion, kind: sessionKind.kind, name, uid, controller: true }],
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
        spec: {
          restartPolicy: 'Never',
          terminationGracePeriodSeconds: GRACE_SECONDS,
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
          containers: [
            {
              name: RUNNER,
              image: settings.runnerImage,
              env: environmentOf(session, settings),
              resources: { requests: { cpu: '500m', memory: '512Mi' }, limits: { cpu: '2', memory: '8Gi' } },
              securityContext: restricted,
              volumeMounts: [{ name: 'workspace', mountPath: '/workspace' }],
            },
          ],
          volumes: [{ name: 'workspace', emptyDir: { sizeLimit: '10Gi' } }],
        },
      },
    },
  }
}

/**
 * Upstream's names and meanings. What the session sets itself comes last and wins, and may refer to what comes before it, as in any Pod:
 * `$(NAME)`. Everything else is text: a dollar in a prompt is a dollar.
 */
export const environmentOf = (session: Live<AgenticSession>, settings: Settings): EnvVar[] => {
  const { name, namespace, annotations } = session.metadata
  const { repos, initialPrompt, userContext, llmSettings, mcpServers, activeWorkflow, environmentVariables } =
    session.spec ?? {}
  const variables: Record<string, string | number | undefined> = {
    AGENTIC_SESSION_NAME: name,
    AGENTIC_SESSION_NAMESPACE: namespace,
    SESSION_ID: name,
    PROJECT_NAME: namespace,
    WORKSPACE_PATH: '/workspace',
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
    USER_ID: userContext?.userId,
    USER_NAME: userContext?.displayName,
    PARENT_SESSION_ID: annotations?.['vteam.ambient-code/parent-session-id'],
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
  return [...values].map(([name, value]) => ({ name, value }))
}
