import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sessionCrd } from '#reconcilers/agentic-session/crd.ts'
import { specSchema } from '#reconcilers/agentic-session/schema.ts'
import { projectSettingsCrd } from '#reconcilers/project/crd.ts'
import { settingsSchema } from '#reconcilers/project/schema.ts'
import { badInputsFor, type Schema, smallest } from '../bad-input.ts'
import { type ControlPlane, startControlPlane } from './control-plane.ts'
import { install, installPlatformKinds } from './installation.ts'
import { startNodeStandIn } from './node-stand-in.ts'
import { schemalessCrd } from './schemaless.ts'
import { createStage, type Stage } from './world.ts'

/** Written while another installation's schema let anything pass, with what has to be said about it. */
const brokenBefore: Readonly<Record<string, { spec: unknown; said: string }>> = {
  'timeout-is-a-text': { spec: { timeout: 'soon' }, said: 'spec.timeout is "soon", must be integer' },
  'timeout-is-negative': { spec: { timeout: -5 }, said: 'spec.timeout is -5, must be from 0' },
  'variables-are-numbers': {
    spec: { environmentVariables: { A: 1 } },
    said: 'spec.environmentVariables.A is 1, must be string',
  },
  'spec-is-a-text': { spec: 'hello', said: 'spec is "hello", must be object' },
  'repos-are-an-object': { spec: { repos: { url: 'x' } }, said: 'spec.repos is {}, must be array' },
  'repo-without-url': { spec: { repos: [{}] }, said: 'spec.repos[0].url is missing' },
  'temperature-is-a-text': {
    spec: { llmSettings: { temperature: 'hot' } },
    said: 'spec.llmSettings.temperature is "hot"',
  },
}
const brokenSettings: Readonly<Record<string, { spec: unknown; said: string }>> = {
  'groups-are-a-text': { spec: { groupAccess: 'x' }, said: 'spec.groupAccess is "x", must be array' },
  'a-group-is-null': { spec: { groupAccess: [null] }, said: 'spec.groupAccess[0] is null, must be object' },
}
const olderInstallation = { status: { phase: 'Error', message: 'a field of old, which is pruned' } }

let controlPlane: ControlPlane
let stage: Stage

const sessionsPath = (namespace: string) => `/apis/vteam.ambient-code/v1alpha1/namespaces/${namespace}/agenticsessions`
const settingsPath = (namespace: string) => `/apis/vteam.ambient-code/v1alpha1/namespaces/${namespace}/projectsettings`
const session = (name: string, more: object = {}) => ({
  apiVersion: 'vteam.ambient-code/v1alpha1',
  kind: 'AgenticSession',
  metadata: { name },
  ...more,
})
const create = (name: string, spec?: unknown) =>
  controlPlane.api.post<{ spec: object }>(
    `${sessionsPath('default')}?fieldValidation=Strict`,
    session(name, spec === undefined ? {} : { spec }),
  )

beforeAll(async () => {
  controlPlane = await startControlPlane()
  await startNodeStandIn(controlPlane)
  const { api, kubectl } = controlPlane
  for (const crd of [sessionCrd, projectSettingsCrd])
    await kubectl('apply', '-f', '-', { stdin: JSON.stringify(schemalessCrd(crd)) })
  await kubectl('wait', '--for=condition=Established', 'crd', '--all', '--timeout=30s')
  for (const name of ['old', ...Object.keys(brokenSettings)])
    await api.post('/api/v1/namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name, labels: { 'ambient-code.io/managed': 'true' } },
    })
  for (const [namespace, { spec }] of Object.entries(brokenSettings))
    await api.post(settingsPath(namespace), {
      apiVersion: 'vteam.ambient-code/v1alpha1',
      kind: 'ProjectSettings',
      metadata: { name: 'projectsettings' },
      spec,
    })
  for (const [name, { spec }] of Object.entries(brokenBefore))
    await api.post(sessionsPath('old'), session(name, { spec }))
  await api.post(sessionsPath('old'), session('error-phase'))
  await api.patch(`${sessionsPath('old')}/error-phase/status`, 'merge', olderInstallation)
  await installPlatformKinds(controlPlane)
  await install(controlPlane)
  stage = createStage(controlPlane)
})
afterAll(async () => {
  await stage?.close()
  await controlPlane?.stop()
})

describe('sessions that another installation left behind', () => {
  test('do not keep a sweep from the others, and end with a reason', async () => {
    const world = await stage.world('beside')
    await world.create('sound')
    await world.eventually('the sound one completes', async () => {
      await world.sweep()
      return (await world.session('sound'))?.status?.phase === 'Completed' ? true : undefined
    })
    type Old = {
      metadata: { name: string }
      status?: { phase?: string; conditions?: { type: string; message: string }[] }
    }
    const phases = await world.eventually('the others have ended', async () => {
      await world.sweep()
      const { items } = await controlPlane.api.get<{ items: Old[] }>(sessionsPath('old'))
      const ended = items.filter(({ status }) => ['Completed', 'Failed', 'Error'].includes(status?.phase ?? ''))
      return ended.length === items.length ? new Map(items.map((item) => [item.metadata.name, item.status])) : undefined
    })
    for (const [name, { said }] of Object.entries(brokenBefore)) {
      const status = phases.get(name)
      expect(status?.phase, name).toBe('Failed')
      expect(status?.conditions?.find(({ type }) => type === 'Ready')?.message, name).toContain(said)
    }
    expect(phases.get('error-phase')).toEqual({ phase: 'Error' })
  })

  test('have settings that say what is wrong with them, and a second sweep writes nothing', async () => {
    const world = await stage.world('beside-settings')
    await world.sweep()
    const look = (namespace: string) =>
      controlPlane.api.get<{
        metadata: { resourceVersion: string }
        status?: { conditions?: { type: string; message: string }[] }
      }>(`${settingsPath(namespace)}/projectsettings`)
    for (const [namespace, { said }] of Object.entries(brokenSettings)) {
      const { status, metadata } = await look(namespace)
      expect(status?.conditions?.find(({ type }) => type === 'Ready')?.message, namespace).toBe(said)
      await world.sweep()
      expect((await look(namespace)).metadata.resourceVersion, namespace).toBe(metadata.resourceVersion)
    }
  })
})

describe('the CRD', () => {
  test('takes what the upstream operator takes, and fills in its defaults', async () => {
    expect((await create('empty')).spec).toEqual({ timeout: 300 })
    const spec = {
      repos: [{ url: 'git@example.com:a/b.git' }, { url: 'https://example.com/c', branch: 'dev', autoPush: true }],
      initialPrompt: 'Hello',
      displayName: 'A session',
      userContext: { userId: 'u', displayName: 'U', groups: ['a', 'b'] },
      llmSettings: { temperature: 1 },
      timeout: 0,
      inactivityTimeout: 0,
      stopOnRunFinished: true,
      environmentVariables: { A_B: 'c', 'x.y-z': '' },
      mcpServers: { custom: { mine: { command: ['a'], env: { B: 1 } } }, disabled: ['other'] },
      activeWorkflow: { gitUrl: 'https://example.com/w', path: 'flows' },
    }
    expect((await create('full', spec)).spec).toEqual({
      ...spec,
      repos: [{ ...spec.repos[0], branch: 'main', autoPush: false }, spec.repos[1]],
      llmSettings: { model: 'claude-sonnet-4-6', temperature: 1, maxTokens: 4000 },
      activeWorkflow: { ...spec.activeWorkflow, branch: 'main' },
    })
  })

  test('takes a user who is in as many groups as a directory may have', async () => {
    const groups = Array.from({ length: 2000 }, (_, i) => `CN=Group ${i},OU=Groups,DC=example,DC=com`)
    expect((await create('popular', { userContext: { userId: 'ann', groups } })).spec).toMatchObject({
      userContext: { groups },
    })
  })

  test.each([
    ['spec', 'x'],
    ['spec.timeout', { timeout: '300' }],
    ['spec.timeout', { timeout: -1 }],
    ['spec.timeout', { timeout: 1.5 }],
    ['spec.timeout', { timeout: 2_592_001 }],
    ['spec.inactivityTimeout', { inactivityTimeout: -1 }],
    ['spec.initialPrompt', { initialPrompt: 'x'.repeat(32_001) }],
    ['spec.displayName', { displayName: 'x'.repeat(257) }],
    ['spec.repos[0].url', { repos: [{}] }],
    ['spec.repos[0].url', { repos: [{ url: '' }] }],
    ['spec.repos[0].url', { repos: [{ url: 'a b' }] }],
    ['spec.repos[0].autoPush', { repos: [{ url: 'a', autoPush: 'yes' }] }],
    ['spec.llmSettings.temperature', { llmSettings: { temperature: 2.1 } }],
    ['spec.llmSettings.maxTokens', { llmSettings: { maxTokens: 0 } }],
    ['spec.llmSettings.model', { llmSettings: { model: '' } }],
    ['spec.environmentVariables', { environmentVariables: { '1A': 'x' } }],
    ['spec.environmentVariables', { environmentVariables: { 'A=B': 'x' } }],
    ['spec.environmentVariables.A', { environmentVariables: { A: 1 } }],
    [
      'spec.environmentVariables',
      { environmentVariables: Object.fromEntries(Array.from({ length: 129 }, (_, i) => [`V${i}`, ''])) },
    ],
    ['spec.userContext.groups', { userContext: { groups: 'a' } }],
    ['spec.mcpServers.custom.a', { mcpServers: { custom: { a: 'b' } } }],
    ['spec.unheardOf', { unheardOf: 1 }],
  ])('refuses a bad %s, by its name', async (field, spec) => {
    await expect(create('bad', spec)).rejects.toThrow(field)
  })

  test.each<[string, string, string, Schema]>([
    ['AgenticSession', 'agenticsessions', 'wrong', specSchema],
    ['ProjectSettings', 'projectsettings', 'projectsettings', settingsSchema],
  ])('of %s refuses whatever is wrong in any field, by the name of that field', async (kind, plural, name, schema) => {
    const path = `/apis/vteam.ambient-code/v1alpha1/namespaces/default/${plural}?dryRun=All`
    const post = (spec: unknown) =>
      controlPlane.api
        .post(path, { apiVersion: 'vteam.ambient-code/v1alpha1', kind, metadata: { name }, spec })
        .then(() => 'taken', String)
    expect(await post(smallest(schema))).toBe('taken')
    const notNamed: string[] = []
    const all = badInputsFor(schema, 'spec')
    for (const { field, why, value } of all) {
      const answer = await post(value)
      if (!answer.includes(field)) notNamed.push(`${field} that is ${why}: ${answer}`)
    }
    expect(notNamed).toEqual([])
    expect(all.length).toBeGreaterThan(30)
  })

  test('keeps what the runner was started with while it runs, and lets the rest change', async () => {
    await create('running', { initialPrompt: 'a', timeout: 60 })
    const path = `${sessionsPath('default')}/running`
    const change = (spec: object) => controlPlane.api.patch<{ spec: object }>(path, 'merge', { spec })
    const phase = (phase: string) => controlPlane.api.patch(`${path}/status`, 'merge', { status: { phase } })
    for (const running of ['Creating', 'Running', 'Stopping']) {
      await phase(running)
      const fixed = {
        initialPrompt: running,
        timeout: 61,
        environmentVariables: { A: 'b' },
        userContext: { userId: 'other' },
      }
      for (const [field, value] of Object.entries(fixed)) {
        await expect(change({ [field]: value })).rejects.toThrow(`spec.${field} cannot change while`)
      }
      for (const [field, value] of Object.entries({ temperature: 0, maxTokens: 1 })) {
        const refusal = `spec.llmSettings.${field} cannot change while`
        await expect(change({ llmSettings: { [field]: value } })).rejects.toThrow(refusal)
      }
      await expect(change({ initialPrompt: null })).rejects.toThrow('spec.initialPrompt cannot change while')
      await change({ displayName: running, repos: [{ url: running }], inactivityTimeout: 7 })
    }
    for (const ended of ['Pending', 'Stopped', 'Completed', 'Failed']) {
      await phase(ended)
      await change({ initialPrompt: ended, timeout: 62, llmSettings: { temperature: 0 } })
    }
  })

  test.each([{}, { llmSettings: { model: 'one', temperature: 0, maxTokens: 9 } }])(
    'lets a runner that was started with %j change over to another model',
    async (spec) => {
      const name = `switched-${Object.keys(spec).length}`
      await create(name, spec)
      const path = `${sessionsPath('default')}/${name}`
      await controlPlane.api.patch(`${path}/status`, 'merge', { status: { phase: 'Running' } })
      const switched = await controlPlane.api.patch<{ spec: object }>(path, 'merge', {
        spec: { llmSettings: { model: 'another' } },
      })
      const settings = { temperature: 0.7, maxTokens: 4000, ...spec.llmSettings, model: 'another' }
      expect(switched.spec).toMatchObject({ llmSettings: settings })
    },
  )

  test('has a status that only the subresource writes, and of known phases only', async () => {
    await create('honest')
    const path = `${sessionsPath('default')}/honest`
    const patched = await controlPlane.api.patch<{ status?: object }>(path, 'merge', { status: { phase: 'Completed' } })
    expect(patched.status).toBeUndefined()
    const write = controlPlane.api.patch(`${path}/status`, 'merge', { status: { phase: 'Asleep' } })
    await expect(write).rejects.toThrow('status.phase')
  })

  test('shows phase, reason, Job and age, and selects by phase', async () => {
    await create('shown')
    const status = {
      phase: 'Failed',
      jobName: 'shown-12345678-1',
      conditions: [{ type: 'Ready', status: 'False', reason: 'RunnerExit' }],
    }
    await controlPlane.api.patch(`${sessionsPath('default')}/shown/status`, 'merge', { status })
    const [head, row] = (await controlPlane.kubectl('get', 'as', 'shown')).trim().split('\n')
    expect(head?.split(/\s+/)).toEqual(['NAME', 'PHASE', 'REASON', 'JOB', 'AGE'])
    expect(row).toMatch(/^shown\s+Failed\s+RunnerExit\s+shown-12345678-1\s/)
    const selected = await controlPlane.kubectl('get', 'as', '-o', 'name', '--field-selector', 'status.phase=Failed')
    expect(selected).toContain('/shown')
    expect(selected).not.toContain('/honest')
  })

  const bomb = Array.from(
    { length: 9 },
    (_, i) => `  ${'abcdefghij'[i + 1]}: &${'abcdefghij'[i + 1]} [${Array(9).fill(`*${'abcdefghij'[i]}`).join(', ')}]`,
  )
  const yaml = [
    'apiVersion: vteam.ambient-code/v1alpha1',
    'kind: AgenticSession',
    'metadata: { name: bomb }',
    'spec:',
    '  a: &a [x, x, x, x, x, x, x, x, x]',
    ...bomb,
  ]

  test('is not reached by a document that grows without bounds when it is read', async () => {
    const apply = controlPlane.kubectl('apply', '-f', '-', { stdin: `${yaml.join('\n')}\n` })
    await expect(apply).rejects.toThrow(/excessive aliasing/)
  })

  test.each([
    [
      'a prompt of a megabyte',
      session('large', { spec: { initialPrompt: 'x'.repeat(1_000_000) } }),
      'spec.initialPrompt',
    ],
    ['a name with capitals', session('Loud'), 'metadata.name'],
    ['a name of 254 characters', session('x'.repeat(254)), 'metadata.name'],
    ['a name that would be a path', session('../secrets'), 'metadata.name'],
    [
      'an annotation of a megabyte',
      { ...session('noted'), metadata: { name: 'noted', annotations: { a: 'x'.repeat(1_000_000) } } },
      'metadata.annotations',
    ],
  ])('is spared %s', async (_, object, field) => {
    await expect(controlPlane.api.post(sessionsPath('default'), object)).rejects.toThrow(field)
  })

  test('takes what no process could hold, and sessions of that fail by the name of the field, once', async () => {
    const world = await stage.world('impossible')
    const impossible = {
      'long-server': {
        spec: { mcpServers: { custom: { a: { words: '$'.repeat(800_000) } } } },
        said: 'spec.mcpServers',
      },
      grows: {
        spec: { environmentVariables: { A: 'x'.repeat(32_000), B: '$(A)'.repeat(8000), C: '$(B)'.repeat(8000) } },
        said: 'spec.environmentVariables.C makes a variable of 2048000000003 bytes',
      },
      nul: { spec: { initialPrompt: 'a\0b' }, said: 'spec.initialPrompt has a NUL character' },
    }
    for (const [name, { spec }] of Object.entries(impossible)) await world.create(name, { spec })
    await world.sweep()
    for (const [name, { said }] of Object.entries(impossible)) {
      const { status } = (await world.session(name)) ?? {}
      expect(status?.phase, name).toBe('Failed')
      expect(status?.conditions?.find(({ type }) => type === 'Ready')?.message, name).toContain(said)
    }
    const before = await world.versions()
    await world.sweep()
    expect(await world.versions()).toEqual(before)
    expect(await world.jobs()).toEqual([])
  })

  test('takes names that no label could hold, and sessions of that name complete', async () => {
    const world = await stage.world('odd-names')
    const names = ['a.b', '1', `${'x'.repeat(62)}.y`, `${'x'.repeat(55)}-${'-'.repeat(6)}y`, 'x'.repeat(253)]
    for (const name of names) await world.create(name)
    for (const name of names) {
      await world.eventually(`${name.slice(0, 60)} completes`, async () => {
        await world.sweep()
        return (await world.session(name))?.status?.phase === 'Completed' ? true : undefined
      })
    }
  })
})
