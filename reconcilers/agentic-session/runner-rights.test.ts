import { expect, test } from 'vitest'
import { type Attributes, authorize } from '#emulator/api-server/authorize.ts'
import { createStore } from '#emulator/api-server/store.ts'
import type { KubeObject } from '#emulator/api-server/types.ts'
import { settings } from '#test/ports.ts'
import { childrenOf, roleBindingKind, roleKind } from './children.ts'
import { aSession } from './fixtures.ts'
import type { Profile } from './profile-schema.ts'
import { builtInProfile } from './profiles.ts'

const SESSIONS = { group: 'vteam.ambient-code', resource: 'agenticsessions', namespace: 'team-a' }
const SECRETS = { group: '', resource: 'secrets', namespace: 'team-a' }

/** Asks as the runner of a session, of whom nobody else has said what it may do. */
const mayRunnerOf = (profile: Profile) => {
  const store = createStore()
  for (const { kind, object } of childrenOf(aSession(), 1, { profile, settings })) {
    if (kind !== roleKind && kind !== roleBindingKind) continue
    store.put(
      `${kind.plural}.rbac.authorization.k8s.io`,
      `team-a/${object.metadata.name}`,
      JSON.parse(JSON.stringify(object)) as KubeObject,
    )
  }
  const user = { name: 'system:serviceaccount:team-a:ambient-session-tidy-up', groups: [] }
  return (wanted: Attributes) => authorize(store, user, wanted).isAllowed
}

// Upstream's backend, components/backend: handlers/middleware.go, handlers/sessions.go, websocket/agui_proxy.go.
test.each<[string, Attributes]>([
  ['lets anybody in', { ...SESSIONS, verb: 'list' }],
  ['hands its prompt on', { ...SESSIONS, verb: 'update', name: 'tidy-up' }],
  ['gives out what its owner has for GitHub', { ...SESSIONS, verb: 'get', name: 'tidy-up' }],
  ['makes a session for a part of its work', { ...SESSIONS, verb: 'create' }],
  ['looks for the keys of that', { ...SECRETS, verb: 'get', name: 'ambient-runner-secrets' }],
  ['stops that', { ...SESSIONS, verb: 'update', name: 'a-part' }],
])('a runner of the built-in profile may what the backend asks for before it %s', (_, wanted) => {
  expect(mayRunnerOf(builtInProfile)(wanted)).toBe(true)
})

test.each<[string, Attributes]>([
  ["another session's Secret", { ...SECRETS, verb: 'get', name: 'ambient-runner-token-other' }],
  ['all Secrets', { ...SECRETS, verb: 'list' }],
  ['a session of another namespace', { ...SESSIONS, verb: 'get', namespace: 'team-b', name: 'tidy-up' }],
  ['to delete sessions', { ...SESSIONS, verb: 'delete', name: 'tidy-up' }],
])('a runner of the built-in profile may not have %s', (_, wanted) => {
  expect(mayRunnerOf(builtInProfile)(wanted)).toBe(false)
})

test('a runner whose profile adds no rules has its own session alone', () => {
  const may = mayRunnerOf({ id: 'a', port: 80, identity: {} })
  expect(may({ ...SESSIONS, verb: 'update', name: 'tidy-up' })).toBe(true)
  expect(may({ ...SESSIONS, verb: 'list' })).toBe(false)
  expect(may({ ...SESSIONS, verb: 'update', name: 'a-part' })).toBe(false)
})
