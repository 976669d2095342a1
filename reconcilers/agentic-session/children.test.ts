import { describe, expect, test } from 'vitest'
import type { KubernetesObject } from '#sdk/index.ts'
import { settings } from '#test/ports.ts'
import { childrenOf } from './children.ts'
import { aSession } from './fixtures.ts'
import type { Profile } from './profile-schema.ts'
import { builtInProfile } from './profiles.ts'

const everything: Profile = {
  ...builtInProfile,
  port: 9001,
  identity: { rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }] },
  workspace: { size: '5Gi', persistent: true, storageClassName: 'fast' },
}

type Child = KubernetesObject & {
  readonly spec?: unknown
  readonly rules?: readonly object[]
  readonly subjects?: readonly object[]
  readonly roleRef?: object
}

const childrenFor = (profile: Profile, session = aSession()): readonly Child[] =>
  childrenOf(session, 1, { profile, settings }).map(({ object }) => object)
const childOf = (kind: string, profile = everything, session = aSession()): Child => {
  const found = childrenFor(profile, session).find((child) => child.kind === kind)
  if (!found) throw new Error(`no ${kind}`)
  return found
}

describe('the children of a session', () => {
  test("have upstream's names, in the order in which they are made", () => {
    expect(childrenFor(everything).map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([
      'PersistentVolumeClaim ambient-workspace-tidy-up',
      'ServiceAccount ambient-session-tidy-up',
      'Role ambient-session-tidy-up-role',
      'RoleBinding ambient-session-tidy-up-rb',
      'Secret ambient-runner-token-tidy-up',
      'Service session-tidy-up',
      'NetworkPolicy session-tidy-up',
    ])
  })

  test('belong to it, and do not block its deletion', () => {
    const { uid } = aSession().metadata
    for (const { kind, metadata } of childrenFor(everything)) {
      expect(metadata.ownerReferences, kind).toEqual([
        { apiVersion: 'vteam.ambient-code/v1alpha1', kind: 'AgenticSession', name: 'tidy-up', uid, controller: true },
      ])
      expect(metadata.namespace).toBe('team-a')
    }
  })

  test('are none where the profile asks for none', () => {
    expect(childrenFor({ id: 'plain' })).toEqual([])
  })

  test('have names that their kinds take, and that are nobody else’s, for the longest and strangest session', () => {
    const uids = ['3f2504e0-4f89-41d3-9a0c-0305e82c3301', '00000000-4f89-41d3-9a0c-0305e82c3301']
    const longest = (uid: string) => aSession({ name: `${'a'.repeat(200)}.${'b'.repeat(52)}`, uid })
    const [one = [], other = []] = uids.map((uid) => childrenFor(everything, longest(uid)))
    for (const { kind, metadata } of one) {
      const most = kind === 'Service' ? 63 : 253
      expect(metadata.name, kind).toMatch(/^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$/)
      expect(metadata.name.length, kind).toBeLessThanOrEqual(most)
      expect(other.map((child) => child.metadata.name)).not.toContain(metadata.name)
    }
    expect(childOf('Service', everything, aSession({ name: 'v1.2' })).metadata.name).toBe('session-v1-2-3f2504e0')
  })

  test('let the backend and the functions at the port that the runner has, and nobody else', () => {
    expect(childOf('Service').spec).toMatchObject({
      selector: { 'ambient-code.io/session-uid': aSession().metadata.uid },
      ports: [{ name: 'agui', port: 9001, targetPort: 9001 }],
    })
    expect(childOf('NetworkPolicy').spec).toEqual({
      podSelector: { matchLabels: { 'ambient-code.io/session-uid': aSession().metadata.uid } },
      policyTypes: ['Ingress'],
      ingress: [
        {
          from: [
            { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'ambient-code' } } },
            { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'dormouse' } } },
          ],
          ports: [{ protocol: 'TCP', port: 9001 }],
        },
      ],
    })
  })

  test('let the runner at its own session and its own secret, and at what the profile adds', () => {
    expect(childOf('Role').rules).toEqual([
      expect.objectContaining({ resources: ['agenticsessions'], resourceNames: ['tidy-up'] }),
      { apiGroups: [''], resources: ['secrets'], resourceNames: ['ambient-runner-token-tidy-up'], verbs: ['get'] },
      { apiGroups: [''], resources: ['pods'], verbs: ['get'] },
    ])
    expect(childOf('RoleBinding')).toMatchObject({
      roleRef: { kind: 'Role', name: 'ambient-session-tidy-up-role' },
      subjects: [{ kind: 'ServiceAccount', name: 'ambient-session-tidy-up', namespace: 'team-a' }],
    })
  })

  test('give the token of the account to no Pod that does not ask for it', () => {
    expect(childOf('ServiceAccount')).toMatchObject({ automountServiceAccountToken: false })
  })

  test('tell who the session is for', () => {
    const session = aSession({ spec: { userContext: { userId: 'ann' } } })
    expect(childOf('ServiceAccount', everything, session).metadata.annotations).toEqual({
      'ambient-code.io/created-by-user-id': 'ann',
    })
  })

  test('keep a workspace of the size and class that was asked for', () => {
    expect(childOf('PersistentVolumeClaim').spec).toEqual({
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: '5Gi' } },
      storageClassName: 'fast',
    })
  })
})
