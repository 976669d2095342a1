import { expect, test } from 'vitest'
import type { KubernetesObject, Ref } from '#sdk/index.ts'
import { createMemoryCluster } from '#test/memory-cluster.ts'
import { portsOn, settings } from '#test/ports.ts'
import { dueSessions } from './due-sessions.ts'
import { aSession } from './fixtures.ts'
import { COPIED_FROM, COPIED_VERSION, copyLabels } from './secrets.ts'

const from = { namespace: 'platform', name: 'tracing' }
const runnerProfiles = { profiles: [{ id: 'a', copiedSecrets: [{ from, required: true, env: true }] }] }
const source = (uid: string): KubernetesObject => ({ apiVersion: 'v1', kind: 'Secret', metadata: { ...from, uid } })
const copyOf = (version: string, owners: readonly { readonly name: string; readonly uid: string }[]) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: {
    namespace: 'team-a',
    name: 'tracing',
    labels: copyLabels,
    annotations: { [COPIED_FROM]: 'platform/tracing', [COPIED_VERSION]: version },
    ownerReferences: owners.map((owner) => ({ apiVersion: 'v1', kind: 'AgenticSession', ...owner })),
  },
})

const running = aSession({ phase: 'Stopping', name: 'open', uid: 'uid-open' })
const ended = aSession({ phase: 'Completed', name: 'ended', uid: 'uid-ended' })
const owners = [running, ended].map(({ metadata: { name, uid } }) => ({ name, uid }))

const sweptWith = async (objects: readonly KubernetesObject[], profiles: unknown = runnerProfiles) => {
  const cluster = createMemoryCluster([running, ended, ...objects])
  const due: Ref[] = []
  const ports = portsOn(cluster, { settings: { ...settings, runnerProfiles: profiles } })
  for await (const ref of dueSessions(ports, { managed: new Set(['team-a']), settings: new Map() })) due.push(ref)
  return { due: due.map(({ name }) => name), secrets: cluster.calls.filter(({ kind }) => kind === 'Secret').length }
}
const open = (names: readonly string[]) => names.filter((name) => name === 'open').length
const ordinary = open((await sweptWith([], undefined)).due)

test('open sessions that own a copy of an older version of its source are looked into, ended ones are not', async () => {
  const { due, secrets } = await sweptWith([source('second'), copyOf('first/1', owners)])
  expect(open(due)).toBe(ordinary + 1)
  expect(due).not.toContain('ended')
  expect(secrets).toBe(2)
})

test('a copy that is as its source is not looked into', async () => {
  const { due } = await sweptWith([source('second'), copyOf('second/3', owners)])
  expect(open(due)).toBe(ordinary)
})

test('a copy whose source is gone, or is copied no more, is not looked into at every sweep', async () => {
  const other = { namespace: 'platform', name: 'other' }
  const profiles = {
    profiles: [{ id: 'a', copiedSecrets: [from, other].map((from) => ({ from, required: true, env: true })) }],
  }
  const there: KubernetesObject = { apiVersion: 'v1', kind: 'Secret', metadata: { ...other, uid: 'there' } }
  const { due } = await sweptWith([there, copyOf('first/1', owners)], profiles)
  expect(open(due)).toBe(ordinary)
})

test('where no profile has anything copied, no Secret is asked for', async () => {
  const { secrets } = await sweptWith([source('second'), copyOf('first/1', owners)], { profiles: [{ id: 'a' }] })
  expect(secrets).toBe(0)
})
