import { describe, expect, it } from 'vitest'
import { createApiServer } from '#emulator/api-server/server.ts'
import { clientOf } from '#emulator/client.ts'
import { objectsIn } from '#emulator/host/kustomize.ts'
import { createVirtualWorld } from '#emulator/host/virtual-world.ts'
import { specSchema } from '#reconcilers/agentic-session/schema.ts'
import { settingsSchema } from '#reconcilers/project/schema.ts'
import { badInputsFor, type Schema, smallest } from '#test/bad-input.ts'

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
