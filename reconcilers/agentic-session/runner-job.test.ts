import { describe, expect, it } from 'vitest'
import { settings } from '#test/ports.ts'
import { afterWakeUp } from './arbitraries.ts'
import { aJob, aSession } from './fixtures.ts'
import type { JobObject } from './job.ts'
import { runnerJobFor } from './runner-job.ts'
import type { Spec, Status } from './schema.ts'

const jobFor = (spec: Spec = {}, attempt = 1) => runnerJobFor(aSession({ spec }), attempt, settings)

const projectSettings = {
  apiVersion: 'vteam.ambient-code/v1alpha1',
  kind: 'ProjectSettings',
  metadata: { name: 'projectsettings' },
}

/** A session that nothing else exists for. */
const alone = { job: undefined, previous: undefined, refusal: undefined }

const environmentOf = (job: Pick<JobObject, 'spec'>) =>
  Object.fromEntries((job.spec?.template.spec?.containers[0]?.env ?? []).map(({ name, value }) => [name, value]))

describe('the Job of a runner', () => {
  it('is controlled by its session, and does not block its deletion', () => {
    const session = aSession()
    expect(runnerJobFor(session, 1, settings).metadata.ownerReferences).toEqual([
      {
        apiVersion: 'vteam.ambient-code/v1alpha1',
        kind: 'AgenticSession',
        name: 'tidy-up',
        uid: session.metadata.uid,
        controller: true,
      },
    ])
  })

  it('is started once and kept long enough to be seen', () => {
    expect(jobFor().spec).toMatchObject({ backoffLimit: 0, template: { spec: { restartPolicy: 'Never' } } })
    expect(jobFor().spec?.ttlSecondsAfterFinished).toBeGreaterThan(600)
  })

  it('has the deadline of the session, where that has one', () => {
    expect(jobFor({ timeout: 60 }).spec?.activeDeadlineSeconds).toBe(60)
    expect(jobFor({}).spec?.activeDeadlineSeconds).toBe(300)
    expect(jobFor({ timeout: 0 }).spec).not.toHaveProperty('activeDeadlineSeconds')
  })

  it('has none where its profile leaves timeouts to the runner, which is told of it', () => {
    const lenient = { ...settings, runnerProfiles: { profiles: [{ id: 'a', enforceTimeout: false }] } }
    const { spec } = runnerJobFor(aSession({ spec: { timeout: 60 } }), 1, lenient)
    expect(spec).not.toHaveProperty('activeDeadlineSeconds')
    expect(spec?.template?.spec?.containers[0]?.env).toContainEqual({ name: 'TIMEOUT', value: '60' })
  })

  it('has labels that fit, for the longest of names too', () => {
    const name = `${'a'.repeat(62)}.${'b'.repeat(190)}`
    const { metadata, spec } = runnerJobFor(aSession({ name }), 1, settings)
    expect(metadata.labels).toMatchObject({
      'app.kubernetes.io/managed-by': 'dormouse',
      'agentic-session': 'a'.repeat(62),
    })
    expect(spec?.template.metadata?.labels).toEqual(metadata.labels)
  })

  it('asks for no more than the restricted Pod Security Standard allows', () => {
    const pod = jobFor().spec?.template.spec
    expect(pod).toMatchObject({
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    })
    expect(pod?.containers.map(({ securityContext }) => securityContext)).toEqual([
      expect.objectContaining({ allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] }, runAsNonRoot: true }),
    ])
  })
})

describe('the environment of a runner', () => {
  it('of an empty session tells where it is, and nothing that was not given', () => {
    expect(environmentOf(jobFor())).toEqual({
      AGENTIC_SESSION_NAME: 'tidy-up',
      AGENTIC_SESSION_NAMESPACE: 'team-a',
      SESSION_ID: 'tidy-up',
      PROJECT_NAME: 'team-a',
      WORKSPACE_PATH: '/workspace',
      BACKEND_API_URL: 'http://backend-service.ambient-code.svc.cluster.local:8080/api',
      TIMEOUT: '300',
    })
  })

  it.each([
    [0, '0'],
    [1, '1'],
    [0.7, '0.7'],
  ])('has temperature %d as "%s"', (temperature, text) => {
    expect(environmentOf(jobFor({ llmSettings: { temperature } }))).toMatchObject({ LLM_TEMPERATURE: text })
  })

  it('has everything that the session says', () => {
    const session = aSession({
      annotations: { 'vteam.ambient-code/parent-session-id': 'before' },
      spec: {
        repos: [{ url: 'https://git/a', branch: 'main', autoPush: false }],
        initialPrompt: 'tidy up',
        userContext: { userId: 'u1', displayName: 'Ada', groups: ['g'] },
        llmSettings: { model: 'm', maxTokens: 4000 },
        timeout: 60,
        mcpServers: { disabled: ['x'] },
        activeWorkflow: { gitUrl: 'https://git/w', branch: 'main', path: 'flows/a' },
      },
    })
    expect(environmentOf(runnerJobFor(session, 1, settings))).toMatchObject({
      REPOS_JSON: '[{"url":"https://git/a","branch":"main","autoPush":false}]',
      INITIAL_PROMPT: 'tidy up',
      USER_ID: 'u1',
      USER_NAME: 'Ada',
      LLM_MODEL: 'm',
      LLM_MAX_TOKENS: '4000',
      TIMEOUT: '60',
      CUSTOM_MCP_SERVERS: '{"disabled":["x"]}',
      ACTIVE_WORKFLOW_GIT_URL: 'https://git/w',
      ACTIVE_WORKFLOW_BRANCH: 'main',
      ACTIVE_WORKFLOW_PATH: 'flows/a',
      PARENT_SESSION_ID: 'before',
    })
  })

  it.each([
    ['and its profile asks for them', { disabled: ['x'] }, true, '{"disabled":["x"]}'],
    ['but its profile does not ask', { disabled: ['x'] }, false, undefined],
    ['which are none', {}, true, undefined],
  ])('tells of the MCP servers of its project, where there are any %s', (_, mcpServers, projectMcpServers, told) => {
    const asking = { ...settings, runnerProfiles: { profiles: [{ id: 'a', projectMcpServers }] } }
    const project = { ...projectSettings, spec: { mcpServers } }
    expect(environmentOf(runnerJobFor(aSession(), 1, asking, { project }))['PROJECT_MCP_SERVERS']).toBe(told)
  })

  it('is overridden by what the session sets itself, once for each name', () => {
    const env = jobFor({ timeout: 300, environmentVariables: { TIMEOUT: '1', MINE: '' } }).spec?.template.spec
      ?.containers[0]?.env
    expect(env?.filter(({ name }) => name === 'TIMEOUT' || name === 'MINE')).toEqual([
      { name: 'TIMEOUT', value: '1' },
      { name: 'MINE', value: '' },
    ])
  })

  it('says that this is a resume where a runner has started before', () => {
    const environmentWith = (status: Status) => environmentOf(runnerJobFor(aSession({ status }), 2, settings))
    expect(environmentWith({ hasRun: true })).toMatchObject({ IS_RESUME: 'true' })
    expect(environmentWith({ hasRun: false })).not.toHaveProperty('IS_RESUME')
    expect(environmentWith({})).not.toHaveProperty('IS_RESUME')
  })

  it.each([
    ['ran', { isReady: true }],
    ['completed before anybody saw it run', { end: 'Complete' }],
  ] as const)('says so after an attempt that %s', (_, facts) => {
    const session = aSession({ phase: 'Creating' })
    const ran = afterWakeUp({ ...alone, session, job: aJob({ session, ...facts }) })
    const stopped = { ...ran.session, status: { ...ran.session.status, phase: 'Stopped' } } as const
    const { annotations = {} } = aSession({ desired: 'Running' }).metadata
    const asked = { ...stopped, metadata: { ...stopped.metadata, annotations } }
    expect(environmentOf(afterWakeUp({ ...alone, session: asked }).job ?? {})).toMatchObject({ IS_RESUME: 'true' })
  })

  it('keeps the dollars of a prompt from the kubelet, which would expand them, and leaves variables to the session', () => {
    const spec = { initialPrompt: 'echo $(HOME) $$ $1', environmentVariables: { PATH_TO: '$(WORKSPACE_PATH)/a' } }
    const { job } = afterWakeUp({
      job: undefined,
      previous: undefined,
      refusal: undefined,
      session: aSession({ spec }),
    })
    expect(environmentOf(job ?? {})).toMatchObject({
      INITIAL_PROMPT: 'echo $$(HOME) $$$$ $$1',
      PATH_TO: '$(WORKSPACE_PATH)/a',
    })
  })

  it('is that of a resume where the operator before us had started the session', () => {
    const status = { phase: 'Stopped', startTime: '2026-02-01T00:00:00Z' } as const
    const theirs = { ...aSession({ desired: 'Running' }), status }
    const world = { job: undefined, previous: undefined, refusal: undefined, session: theirs }
    const { job } = afterWakeUp(world)
    expect(environmentOf(job ?? {})).toMatchObject({ IS_RESUME: 'true' })
  })

  it('is that of a first start where the session was stopped before anything ran', () => {
    const spec = { initialPrompt: 'tidy up' }
    const stopped = afterWakeUp({ ...alone, session: aSession({ desired: 'Stopped', spec }) })
    const again = aSession({ desired: 'Running', spec, status: stopped.session.status ?? {} })
    const { job } = afterWakeUp({ ...alone, session: again })
    expect(environmentOf(job ?? {})).toMatchObject({ INITIAL_PROMPT: 'tidy up' })
    expect(environmentOf(job ?? {})).not.toHaveProperty('IS_RESUME')
  })
})
