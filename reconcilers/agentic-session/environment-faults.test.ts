import { describe, expect, it, test } from 'vitest'
import { NOW, settings } from '#test/ports.ts'
import { environmentFaultsOf } from './environment-faults.ts'
import { aSession } from './fixtures.ts'
import { PROJECT_SETTINGS, projectSettingsKind } from './idle.ts'
import { planSession } from './plan.ts'
import { readyOf } from './plan-fixtures.ts'
import { environmentOf } from './runner-job.ts'
import type { Spec } from './schema.ts'

const faultsOf = (spec: Spec, annotations: Readonly<Record<string, string>> = {}) => {
  const { metadata, ...session } = aSession({ spec })
  const annotated = { ...session, metadata: { ...metadata, annotations } }
  return environmentFaultsOf(annotated, environmentOf(annotated, settings))
}
const variables = (environmentVariables: Record<string, string>): Spec => ({ environmentVariables })
const many = (count: number, value: string) =>
  variables(Object.fromEntries(Array.from({ length: count }, (_, i) => [`V${i}`, value])))

describe('the variables of a session have no faults', () => {
  it.each<[string, Spec]>([
    ['that says nothing', {}],
    ['with the longest prompt in the longest characters', { initialPrompt: '😀'.repeat(32_000) }],
    ['with dollars, which are doubled on their way', { initialPrompt: '$'.repeat(32_000) }],
    ['where one is as long as Linux takes', variables({ A: 'x'.repeat(131_069) })],
    ['that refer to each other', variables({ A: 'x'.repeat(32_000), B: '$(A)'.repeat(4), C: '$$(A)$(NOBODY)' })],
    [
      'that refer to one that comes later, which stays as it is',
      variables({ B: '$(Z)'.repeat(100), Z: 'x'.repeat(9000) }),
    ],
    ['that together are as many as fit', many(32, 'x'.repeat(32_000))],
    ['that are called as an object is', variables(JSON.parse('{"__proto__":"$(constructor)"}'))],
  ])('%s', (_, spec) => {
    expect(faultsOf(spec)).toEqual([])
  })
})

describe('the variables of a session are told', () => {
  it.each<[string, Spec, string]>([
    ['one byte too long', variables({ A: 'x'.repeat(131_070) }), 'spec.environmentVariables.A'],
    [
      'too long together in one list',
      { repos: Array.from({ length: 64 }, (_, i) => ({ url: `https://git/${i}/${'x'.repeat(2030)}` })) },
      'spec.repos',
    ],
    ['too long a server', { mcpServers: { custom: { a: { b: 'x'.repeat(200_000) } } } }, 'spec.mcpServers'],
    [
      'a reference to a reference, that grows without bounds',
      variables({ A: 'x'.repeat(32_000), B: '$(A)'.repeat(8000), C: '$(B)'.repeat(8000) }),
      `spec.environmentVariables.C makes a variable of ${8000 * 8000 * 32_000 + 3} bytes`,
    ],
    ['a NUL in a prompt', { initialPrompt: 'a\0b' }, 'spec.initialPrompt has a NUL character'],
    ['a NUL in a variable', variables({ A: '\0' }), 'spec.environmentVariables.A has a NUL character'],
    ['too many large ones', many(33, 'x'.repeat(32_000)), 'together, must be 1048576 at most'],
    [
      'many that are large by reference',
      variables({ A: 'x'.repeat(32_000), ...copies(12, '$(A)$(A)$(A)') }),
      'together',
    ],
    [
      'so much else that its status would not fit',
      {
        ...many(30, 'x'.repeat(32_000)),
        userContext: { groups: Array.from({ length: 256 }, () => '😀'.repeat(256)) },
        displayName: 'x'.repeat(300_000),
      },
      'metadata and spec take',
    ],
    ['references without an end', variables({ A: '$('.repeat(700_000) }), 'spec.environmentVariables.A makes'],
    ['dollars that are twice as many where they are stored', many(20, '$'.repeat(64_000)), 'together'],
  ])('%s', (_, spec, words) => {
    expect(faultsOf(spec).join('; ')).toContain(words)
  })

  it('too long an annotation', () => {
    const [fault] = faultsOf({}, { 'vteam.ambient-code/parent-session-id': 'x'.repeat(200_000) })
    expect(fault).toContain(
      'metadata.annotations[vteam.ambient-code/parent-session-id] makes a variable of 200019 bytes',
    )
  })
})

test('a session of a project whose MCP servers no variable could hold is not started, and told of that', () => {
  const { apiVersion, kind } = projectSettingsKind
  const project = {
    ...{ apiVersion, kind, metadata: { name: PROJECT_SETTINGS, namespace: 'team-a' } },
    spec: { mcpServers: { custom: { a: { b: 'x'.repeat(200_000) } } } },
  }
  const { actions = [], status } = planSession({
    object: aSession(),
    observed: { job: undefined, previous: undefined, pods: [], project },
    now: NOW,
    settings: { ...settings, runnerProfiles: { profiles: [{ id: 'a', projectMcpServers: true }] } },
  })
  expect(actions).toEqual([])
  expect(readyOf(status)).toMatchObject({
    reason: 'InvalidSpec',
    message: expect.stringContaining("spec.mcpServers of the project's ProjectSettings makes a variable of"),
  })
})

function copies(count: number, value: string) {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`V${i}`, value]))
}
