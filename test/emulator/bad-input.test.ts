import { describe, expect, it, test } from 'vitest'
import { createApiServer } from '#emulator/api-server/server.ts'
import { clientOf } from '#emulator/client.ts'
import { objectsIn } from '#emulator/host/kustomize.ts'
import { createVirtualWorld } from '#emulator/host/virtual-world.ts'
import { type Spec, specSchema } from '#reconcilers/agentic-session/schema.ts'
import { settingsSchema } from '#reconcilers/project/schema.ts'
import { badInputsFor, type Schema, smallest } from '#test/bad-input.ts'
import { conditionOf, phaseIs } from '../scenarios/world.ts'
import { createEmulatorWorld } from './world.ts'

const world = createVirtualWorld(1)
const admin = clientOf(createApiServer({ world }), { name: 'admin', groups: ['system:masters'] })
for (const crd of objectsIn('crds'))
  admin.create({ apiVersion: 'apiextensions.k8s.io/v1', plural: 'customresourcedefinitions' }, crd)
await world.advance(10_000)

const apiVersion = 'vteam.ambient-code/v1alpha1'
const kinds: readonly [kind: string, plural: string, name: string, schema: Schema][] = [
  ['AgenticSession', 'agenticsessions', 'bad', specSchema],
  ['ProjectSettings', 'projectsettings', 'projectsettings', settingsSchema],
]

describe.each(kinds)('%s', (kind, plural, name, schema) => {
  const bad = badInputsFor(schema, 'spec')

  it('has been given something wrong in every field', () => expect(bad.length).toBeGreaterThan(30))

  it('takes what is right', () => {
    const object = { apiVersion, kind, metadata: { name }, spec: smallest(schema) }
    expect(admin.create({ apiVersion, plural }, object, { namespace: 'kube-public' })).toMatchObject(object)
  })

  it.each(bad.map((input) => [input.field, input.why, input.value] as const))(
    'refuses %s that is %s',
    (field, _, spec) => {
      const object = { apiVersion, kind, metadata: { name }, spec }
      expect(() => admin.create({ apiVersion, plural }, object, { namespace: 'default' })).toThrow(field)
    },
  )
})

/** What the schema takes, and no process or store. */
const impossible: Readonly<Record<string, { spec?: Spec; annotations?: Record<string, string>; said: string }>> = {
  'long-server': {
    spec: { mcpServers: { custom: { a: { words: '$'.repeat(132_000) } } } },
    said: 'spec.mcpServers makes a variable of',
  },
  'grows-without-bounds': {
    spec: { environmentVariables: { A: 'x'.repeat(1000), B: '$(A)'.repeat(1000), C: '$(B)'.repeat(1000) } },
    said: 'spec.environmentVariables.B makes a variable of',
  },
  'long-parent': {
    annotations: { 'vteam.ambient-code/parent-session-id': 'x'.repeat(132_000) },
    said: 'metadata.annotations[vteam.ambient-code/parent-session-id] makes a variable of',
  },
  'not-text': { spec: { initialPrompt: 'a\0b' }, said: 'spec.initialPrompt has a NUL character' },
}

test('a session that nothing could run fails by the name of its field, is not tried again, and holds up no other', async () => {
  const platform = await createEmulatorWorld('impossible')
  const names = Object.keys(impossible)
  for (const name of names) await platform.create(name, impossible[name])
  await platform.create('sound')
  await phaseIs(platform, 'sound', 'Completed')
  for (const name of names) {
    const session = await phaseIs(platform, name, 'Failed')
    expect(conditionOf(session, 'Ready')?.message).toContain(impossible[name]?.said)
  }
  const before = await platform.versions()
  await platform.sweep()
  expect(await platform.versions()).toEqual(before)
  expect((await platform.jobs()).map(({ metadata }) => metadata.name)).toEqual([expect.stringMatching(/^sound-/)])
})
