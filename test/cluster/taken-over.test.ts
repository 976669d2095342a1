import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AgenticSession, Status } from '#reconcilers/agentic-session/schema.ts'
import type { World } from '../scenarios/world.ts'
import { type ControlPlane, startControlPlane } from './control-plane.ts'
import { install, installPlatformKinds } from './installation.ts'
import { startNodeStandIn } from './node-stand-in.ts'
import { schemalessCrd } from './schemaless.ts'
import { createStage, type Stage } from './world.ts'

const NAMESPACE = 'old'
const LONG_AGO = '2026-01-01T00:00:00Z'
const sessionsPath = `/apis/vteam.ambient-code/v1alpha1/namespaces/${NAMESPACE}/agenticsessions`

/** As the backend makes them; `project` is in no schema. */
const spec = {
  ...{ project: NAMESPACE, displayName: '', initialPrompt: 'Hello', timeout: 300 },
  llmSettings: { model: 'claude-sonnet-4-6', temperature: 0.7, maxTokens: 4000 },
  userContext: { userId: 'ann', displayName: '', groups: [] },
  repos: [{ url: 'https://example.com/a', branch: 'main' }],
  environmentVariables: { RUNNER_TYPE: 'upstream', RUNNER_STATE_DIR: '.claude' },
}
const annotations = {
  'ambient-code.io/runner-token-secret': 'ambient-runner-token-any',
  'ambient-code.io/start-requested-at': LONG_AGO,
}

const condition = (type: string, reason: string) => ({
  ...{ type, status: 'True' as const, reason, message: '' },
  lastTransitionTime: LONG_AGO,
})
const waited = { startTime: LONG_AGO, conditions: [condition('SecretsReady', 'AllRequiredSecretsFound')] }
const ran: Status = {
  ...{
    startTime: LONG_AGO,
    lastActivityTime: LONG_AGO,
    observedGeneration: 1,
    sdkSessionId: 'kept',
    sdkRestartCount: 2,
  },
  reconciledRepos: [{ url: 'https://example.com/a', branches: ['main'], status: 'Ready', clonedAt: LONG_AGO }],
  conditions: [
    ...waited.conditions,
    condition('PodCreated', 'PodCreated'),
    condition('RunnerStarted', 'ContainerRunning'),
    condition('Ready', 'Running'),
  ],
}
/** What an installation of 2025 kept there as well. */
const ofOld = {
  message: 'm',
  stateDir: '/x',
  is_error: false,
  total_cost_usd: 1.5,
  usage: { a: { b: 1 } },
  result: 'r',
}

const left: Readonly<Record<string, object>> = {
  'never-ran': { phase: 'Pending', ...waited },
  running: { phase: 'Running', ...ran },
  stopping: { phase: 'Stopping', ...ran },
  stopped: { phase: 'Stopped', ...ran, stoppedReason: 'user' },
  completed: { phase: 'Completed', ...ran, ...ofOld },
  error: { phase: 'Error', startTime: LONG_AGO, ...ofOld },
}

let controlPlane: ControlPlane
let stage: Stage
let world: World

beforeAll(async () => {
  controlPlane = await startControlPlane()
  await startNodeStandIn(controlPlane)
  const { api, kubectl } = controlPlane
  const labels = { 'ambient-code.io/managed': 'true' }
  await api.post('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE, labels } })
  await kubectl('apply', '-f', '-', { stdin: JSON.stringify(schemalessCrd()) })
  await kubectl('wait', '--for=condition=Established', 'crd', '--all', '--timeout=30s')
  for (const [name, status] of Object.entries(left)) {
    const object = {
      apiVersion: 'vteam.ambient-code/v1alpha1',
      kind: 'AgenticSession',
      metadata: { name, annotations },
    }
    await api.post(sessionsPath, { ...object, spec })
    await api.patch(`${sessionsPath}/${name}/status`, 'merge', { status })
  }
  await installPlatformKinds(controlPlane)
  await install(controlPlane)
  stage = createStage(controlPlane)
  world = await stage.world('beside')
})
afterAll(async () => {
  await stage?.close()
  await controlPlane?.stop()
})

const read = (name: string) => controlPlane.api.get<AgenticSession>(`${sessionsPath}/${name}`)
/** Sweeps until these sessions are in this phase. */
const swept = async (names: readonly string[], phase: string) => {
  await world.eventually(`${names.join(', ')}: ${phase}`, async () => {
    await world.sweep()
    const phases = await Promise.all(names.map(async (name) => (await read(name)).status?.phase))
    return phases.every((each) => each === phase) ? true : undefined
  })
}
const toldOf = async (name: string) => {
  const { status } = await read(name)
  type Told = { spec: { template: { spec: { containers: { env: { name: string; value?: string }[] }[] } } } }
  const job = await controlPlane.api.get<Told>(`/apis/batch/v1/namespaces/${NAMESPACE}/jobs/${status?.jobName}`)
  return Object.fromEntries(job.spec.template.spec.containers.flatMap(({ env }) => env.map((e) => [e.name, e.value])))
}

describe('an installation of the upstream operator that is taken over', () => {
  test('has its sessions ended that ran, and those started that waited, with their prompt', async () => {
    await swept(['never-ran'], 'Completed')
    await swept(['stopping'], 'Stopped')
    await swept(['running'], 'Failed')
    const ready = (await read('running')).status?.conditions?.find(({ type }) => type === 'Ready')
    expect(ready).toMatchObject({ reason: 'JobMissing', message: expect.stringContaining('another operator') })
    const told = await toldOf('never-ran')
    expect(told).toMatchObject({ INITIAL_PROMPT: 'Hello', USER_ID: 'ann', AGUI_PORT: '8001' })
    expect(told).not.toHaveProperty('IS_RESUME')
  })

  test('has its ended sessions left as they are until somebody starts them, which resumes what ran', async () => {
    const names = ['stopped', 'completed', 'error']
    for (const name of names) {
      const { phase } = left[name] as Status
      expect((await read(name)).status, name).toMatchObject({ phase, startTime: LONG_AGO })
      const metadata = { annotations: { 'ambient-code.io/desired-phase': 'Running' } }
      await controlPlane.api.patch(`${sessionsPath}/${name}`, 'merge', { metadata })
    }
    await swept(names, 'Completed')
    for (const name of names) expect(await toldOf(name), name).toMatchObject({ IS_RESUME: 'true' })
    const { status } = await read('stopped')
    expect(status).toMatchObject({ attempt: 2, sdkSessionId: 'kept' })
    expect(status?.conditions?.map(({ type }) => type)).not.toContain('PodCreated')
  })

  test('has a backend whose writes are taken, and stay', async () => {
    const path = `${sessionsPath}/running`
    const found = await read('running')
    const used = { ...found, status: { ...found.status, lastActivityTime: '2026-06-01T00:00:00Z' } }
    await controlPlane.api.put(`${path}/status`, used)
    const now = await read('running')
    await controlPlane.api.put(path, { ...now, spec: { ...now.spec, displayName: 'Named', project: NAMESPACE } })
    await world.sweep()
    expect(await read('running')).toMatchObject({
      spec: { displayName: 'Named' },
      status: { ...found.status, lastActivityTime: '2026-06-01T00:00:00Z' },
    })
  })
})
