import { describe, expect, test } from 'vitest'
import { UnreachableError } from '#sdk/errors.ts'
import { type KubernetesObject, type Live, type Outcome, type Ports, reconcile } from '#sdk/index.ts'
import { type Around, createMemoryCluster, type MemoryCluster } from '#test/memory-cluster.ts'
import { NOW, portsOn, settings } from '#test/ports.ts'
import { DESIRED_PHASE } from './annotations.ts'
import * as kinds from './children.ts'
import { aJob, aSession } from './fixtures.ts'
import { jobKind } from './job.ts'
import { conditionOf } from './plan-fixtures.ts'
import type { Profile } from './profile-schema.ts'
import { agenticSession } from './reconciler.ts'
import { sessionKind } from './schema.ts'
import { COPIED_FROM } from './secrets.ts'

const everything: Profile = {
  id: 'everything',
  port: 8001,
  identity: {},
  workspace: { size: '1Gi', persistent: true },
  requiredSecrets: ['runner-key'],
  copiedSecrets: [{ from: { namespace: 'platform', name: 'tracing' }, required: true, env: true }],
}
const ref = { namespace: 'team-a', name: 'tidy-up' }

const aSecret = (namespace: string, name: string, more: object = {}): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { namespace, name, ...more },
  ...{ type: 'Opaque', data: { key: 'a2V5' } },
})
const key = aSecret('team-a', 'runner-key')
const tracing = aSecret('platform', 'tracing')

const wake = (cluster: MemoryCluster, name = ref.name, differing: Partial<Ports> = {}): Promise<Outcome> =>
  reconcile(
    agenticSession,
    { ...ref, name },
    portsOn(cluster, { settings: { ...settings, runnerProfiles: { profiles: [everything] } }, ...differing }),
  )

const secretIn = (cluster: MemoryCluster, namespace: string, name: string) => {
  const found = cluster
    .all(kinds.secretKind)
    .find(({ metadata }) => metadata.name === name && metadata.namespace === namespace)
  if (!found) throw new Error(`no Secret ${namespace}/${name}`)
  return found
}
const tokenIn = (cluster: MemoryCluster) =>
  secretIn(cluster, 'team-a', 'ambient-runner-token-tidy-up').data?.['agui-token']
const sessionIn = (cluster: MemoryCluster, name = ref.name) =>
  cluster.all(sessionKind).find(({ metadata }) => metadata.name === name) ?? aSession()

const started = async (around?: Around) => {
  const cluster = createMemoryCluster([aSession(), key, tracing], around)
  await wake(cluster)
  return cluster
}
const MADE = [
  'create PersistentVolumeClaim',
  'create ServiceAccount',
  'create Role',
  'create RoleBinding',
  'create Secret',
  'create Service',
  'create NetworkPolicy',
  'create Secret',
  'create Job',
  'patchStatus AgenticSession',
  'create Event',
]

/** Ends its Job, and asks for another attempt. */
const startAgain = async (cluster: MemoryCluster) => {
  const session = sessionIn(cluster)
  const [job] = cluster.all(jobKind)
  const { status } = aJob({ session, end: 'Complete' })
  if (job && status) cluster.put({ ...job, status } as KubernetesObject)
  await wake(cluster)
  const ended = sessionIn(cluster)
  const annotations = { ...ended.metadata.annotations, [DESIRED_PHASE]: 'Running' }
  cluster.put({ ...ended, metadata: { ...ended.metadata, annotations } })
  return wake(cluster)
}

describe('a session with all that a profile can ask for', () => {
  test('has it made before its Job, without a look', async () => {
    const cluster = await started()
    expect(cluster.writes()).toEqual(MADE)
    expect(sessionIn(cluster).status?.phase).toBe('Creating')
    expect(conditionOf(sessionIn(cluster).status, 'SecretsReady')).toMatchObject({ status: 'True' })
  })

  test('names its account for the backend before its Job, once, where the backend knows its owner', async () => {
    const annotations = { mine: 'kept' }
    const owned = aSession({ spec: { userContext: { userId: 'ann' } }, annotations })
    const cluster = createMemoryCluster([owned, key, tracing])
    await wake(cluster)
    expect(cluster.writes().filter((write) => /Job|patch AgenticSession/.test(write))).toEqual([
      'patch AgenticSession',
      'create Job',
    ])
    const named = { ...annotations, 'ambient-code.io/runner-sa': 'ambient-session-tidy-up' }
    expect(sessionIn(cluster).metadata.annotations).toEqual(named)
    const before = cluster.writes().length
    await startAgain(cluster)
    const again = cluster.writes().slice(before)
    // The request to start, which is taken off.
    expect(again.filter((write) => write === 'patch AgenticSession')).toHaveLength(1)
    expect(again).toContain('create Job')
  })

  test('has the making of its identity timed as one, and that of its Job apart', async () => {
    let time = NOW.getTime()
    const cluster = createMemoryCluster([aSession(), key, tracing], (call, commit) => {
      if (call.verb === 'create') time += 100
      return commit()
    })
    const taken: string[] = []
    const measure: Ports['measure'] = (each) =>
      void ('value' in each && each.metric.type === 'histogram' && taken.push(`${each.metric.name} ${each.value}`))
    await wake(cluster, ref.name, { measure, now: () => new Date(time) })
    expect(taken).toEqual([
      // ServiceAccount, Role, RoleBinding and the Secret that is drawn: not the one that is copied.
      'ambient_token_provision_duration_seconds 0.4',
      'ambient_pod_creation_duration_seconds 0.1',
      expect.stringMatching(/^ambient_reconcile_duration_seconds /),
    ])
  })

  test.each(MADE.map((what, i) => [i + 1, what] as const))(
    'comes to the same where its process dies after write %i, %s',
    async (last) => {
      let writes = 0
      const cluster = await started((call, commit) => {
        const isWrite = !['get', 'list'].includes(call.verb)
        if (isWrite && writes === last) throw new UnreachableError('killed')
        if (isWrite) writes++
        return commit()
      })
      writes = Number.NEGATIVE_INFINITY
      await wake(cluster)
      await wake(cluster)
      const whole = await started()
      const idsOf = (all: MemoryCluster) =>
        Object.values(kinds)
          .filter((kind): kind is typeof kinds.secretKind => typeof kind === 'object' && 'plural' in kind)
          .flatMap((kind) => all.all(kind).map(({ metadata }) => `${kind.kind} ${metadata.namespace}/${metadata.name}`))
      expect(idsOf(cluster)).toEqual(idsOf(whole))
      expect(cluster.all(jobKind)).toHaveLength(1)
      expect(sessionIn(cluster).status).toMatchObject({ phase: 'Creating', attempt: 1 })
    },
  )

  test('has one of each where two instances are woken at once, and one token', async () => {
    const cluster = createMemoryCluster([aSession(), key, tracing], async (_call, commit) => {
      await Promise.resolve()
      return commit()
    })
    await Promise.all([wake(cluster), wake(cluster)])
    expect(cluster.all(kinds.serviceKind)).toHaveLength(1)
    expect(cluster.all(jobKind)).toHaveLength(1)
    expect(cluster.writes().filter((write) => write === 'patch Secret')).toEqual([])
  })

  test('gets another token with each attempt, and what was changed meanwhile set right', async () => {
    const cluster = await started()
    const before = tokenIn(cluster)
    const [policy] = cluster.all(kinds.networkPolicyKind)
    cluster.put({ ...policy, spec: { podSelector: {}, policyTypes: ['Egress'] } } as KubernetesObject)
    const from = cluster.calls.length
    await startAgain(cluster)
    expect(sessionIn(cluster).status).toMatchObject({ phase: 'Creating', attempt: 2 })
    expect(tokenIn(cluster)).not.toBe(before)
    expect(cluster.all(kinds.networkPolicyKind)[0]?.spec).toMatchObject({ policyTypes: ['Ingress'] })
    expect(cluster.writes(from).filter((write) => write.startsWith('patch '))).toEqual([
      'patch AgenticSession',
      'patch Secret',
      'patch NetworkPolicy',
    ])
  })

  test.each([kinds.serviceKind, kinds.roleKind, kinds.secretKind, kinds.claimKind])(
    'ends with words where a $kind of that name is somebody else’s, which is left alone',
    async (kind) => {
      const made = (await started())
        .all(kind)
        .find(({ metadata }) => metadata.namespace === 'team-a' && metadata.ownerReferences)
      if (!made) throw new Error('none was made')
      const { ownerReferences: _, ...metadata } = made.metadata
      const foreign = { ...made, metadata } as Live
      const cluster = createMemoryCluster([aSession(), key, tracing, foreign])
      await wake(cluster)
      expect(conditionOf(sessionIn(cluster).status, 'Ready')).toMatchObject({
        reason: 'ChildNameTaken',
        message: expect.stringContaining(`${kind.kind} ${metadata.name} exists and does not belong to`),
      })
      expect(cluster.all(jobKind)).toEqual([])
      const after = cluster.all<KubernetesObject>(kind).find((each) => each.metadata.name === metadata.name)
      expect(after?.metadata).not.toHaveProperty('ownerReferences')
    },
  )
})

describe('a session whose Secrets are not there', () => {
  test('waits, says which, writes that once, and starts when they are', async () => {
    const cluster = createMemoryCluster([aSession()])
    await wake(cluster)
    const message = expect.stringContaining('Secrets team-a/runner-key, platform/tracing are not there')
    expect(sessionIn(cluster).status?.phase).toBe('Pending')
    for (const type of ['Ready', 'SecretsReady']) {
      expect(conditionOf(sessionIn(cluster).status, type)).toMatchObject({
        status: 'False',
        reason: 'RunnerSecretMissing',
        message,
      })
    }
    const from = cluster.calls.length
    await wake(cluster)
    expect(cluster.writes(from)).toEqual([])
    cluster.put(key)
    await wake(cluster)
    expect(conditionOf(sessionIn(cluster).status, 'SecretsReady')?.message).toContain(
      'Secret platform/tracing is not there',
    )
    cluster.put(tracing)
    await wake(cluster)
    expect(sessionIn(cluster).status?.phase).toBe('Creating')
    expect(conditionOf(sessionIn(cluster).status, 'SecretsReady')).toMatchObject({
      status: 'True',
      reason: 'AllRequiredSecretsFound',
    })
  })

  test('can be stopped', async () => {
    const cluster = createMemoryCluster([aSession({ desired: 'Stopped' })])
    await wake(cluster)
    expect(sessionIn(cluster).status?.phase).toBe('Stopped')
  })
})

describe('a copied Secret', () => {
  test('says where it is from, and belongs to every session that uses it', async () => {
    const cluster = await started()
    const other = aSession({ name: 'other', uid: 'aaaaaaaa-4f89-41d3-9a0c-0305e82c3301' })
    cluster.put(other)
    await wake(cluster, 'other')
    const { metadata, data } = secretIn(cluster, 'team-a', 'tracing')
    expect(data).toEqual({ key: 'a2V5' })
    expect(metadata.annotations).toMatchObject({ [COPIED_FROM]: 'platform/tracing' })
    expect(metadata.ownerReferences?.map(({ name, controller }) => [name, controller])).toEqual([
      ['tidy-up', true],
      ['other', undefined],
    ])
  })

  test('follows its source while a session runs, keys that are gone included, and writes nothing else', async () => {
    const cluster = await started()
    const [job] = cluster.all(jobKind)
    const { status } = aJob({ session: sessionIn(cluster), isReady: true })
    if (job && status) cluster.put({ ...job, status } as KubernetesObject)
    await wake(cluster)
    expect(sessionIn(cluster).status?.phase).toBe('Running')
    cluster.put({ ...secretIn(cluster, 'platform', 'tracing'), data: { other: 'bmV3' } } as KubernetesObject)
    const from = cluster.calls.length
    await wake(cluster)
    expect(cluster.writes(from)).toEqual(['create Secret', 'patch Secret'])
    expect(secretIn(cluster, 'team-a', 'tracing').data).toEqual({ other: 'bmV3' })
    const quiet = cluster.calls.length
    await wake(cluster)
    expect(cluster.writes(quiet)).toEqual([])
  })

  test('never takes the place of a Secret that is no copy', async () => {
    const mine = aSecret('team-a', 'tracing')
    const cluster = createMemoryCluster([aSession(), key, tracing, mine])
    await wake(cluster)
    expect(conditionOf(sessionIn(cluster).status, 'Ready')).toMatchObject({
      reason: 'ChildNameTaken',
      message: expect.stringContaining('Secret tracing exists'),
    })
    expect(secretIn(cluster, 'team-a', 'tracing')).toMatchObject(mine)
  })
})

test('a session that asks for a profile that is not there ends, and is told which are', async () => {
  const cluster = createMemoryCluster([aSession({ spec: { environmentVariables: { RUNNER_TYPE: 'gemini' } } })])
  await wake(cluster)
  expect(conditionOf(sessionIn(cluster).status, 'Ready')).toMatchObject({
    reason: 'InvalidSpec',
    message: 'spec.environmentVariables.RUNNER_TYPE is "gemini", must be one of everything',
  })
})
