import { AsyncLocalStorage } from 'node:async_hooks'
import { setImmediate as tick } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { ForbiddenError, RefusedError, UnreachableError } from '#sdk/errors.ts'
import { type KubernetesObject, reconcile } from '#sdk/index.ts'
import { type Around, createMemoryCluster, type MemoryCluster } from '#test/memory-cluster.ts'
import { portsOn } from '#test/ports.ts'
import { aNamespace, aProject, childrenAsMade, readyStatus } from './fixtures.ts'
import { accountKind, bindingKind, limitRangeKind, namespaceKind, roleKind } from './kinds.ts'
import { project } from './reconciler.ts'
import { PROJECT_SETTINGS, projectSettingsKind } from './schema.ts'

const ref = { namespace: 'team-a', name: PROJECT_SETTINGS }
const wake = (cluster: MemoryCluster) => reconcile(project, ref, portsOn(cluster))

const groups = [
  { groupName: 'devs', role: 'edit' },
  { groupName: 'ops', role: 'admin' },
] as const
const managed = aNamespace()
const unmanaged = aNamespace('team-a', {})
const before = aProject({ groups })
const settled = aProject({ groups, status: readyStatus(before) })
const all = childrenAsMade(before)

const worlds: Readonly<Record<string, readonly KubernetesObject[]>> = {
  'has no settings yet': [managed],
  'has settings and nothing else': [managed, before],
  'lost an entry and gained one': [
    managed,
    aProject({ groups: [{ groupName: 'new', role: 'view' }], generation: 2, status: readyStatus(before) }),
    ...all,
  ],
  'lost the label': [unmanaged, settled, ...all],
  'has the children of settings that were deleted': [managed, ...all],
}

/** Whatever uids and versions came of it. */
const endOf = (cluster: MemoryCluster) =>
  JSON.stringify(
    [projectSettingsKind, accountKind, roleKind, bindingKind, limitRangeKind].map((kind) =>
      (cluster.all(kind) as readonly KubernetesObject[]).toSorted((a, b) =>
        a.metadata.name < b.metadata.name ? -1 : 1,
      ),
    ),
    (key, value) => (['resourceVersion', 'uid'].includes(key) ? undefined : value),
  )

const alone = async (objects: readonly KubernetesObject[], around?: Around) => {
  const cluster = createMemoryCluster(objects, around)
  const outcome = await wake(cluster)
  return { cluster, outcome }
}

describe.each(Object.entries(worlds))('a project that %s', (_, objects) => {
  it('comes to its end in one wake-up, and a second writes nothing', async () => {
    const { cluster, outcome } = await alone(objects)
    expect(outcome.state).toBe('settled')
    const [settings] = cluster.all(projectSettingsKind)
    expect(settings?.status?.observedGeneration).toBe(settings?.metadata.generation)
    const calls = cluster.calls.length
    await wake(cluster)
    expect(cluster.writes(calls)).toEqual([])
  })

  it.each(['before', 'after'] as const)('comes to the same end where it is cut off %s any call', async (when) => {
    const { cluster: whole } = await alone(objects)
    for (let cut = 1; cut <= whole.calls.length; cut++) {
      const { cluster } = await alone(objects, ({ number }, commit) => {
        if (number !== cut) return commit()
        if (when === 'after') commit()
        throw new UnreachableError('cut off')
      })
      await wake(cluster)
      expect(endOf(cluster), `call ${cut}`).toBe(endOf(whole))
    }
  })

  it('comes to the same end where two look after it in turns', async () => {
    const { cluster: whole } = await alone(objects)
    for (let lead = 0; lead <= whole.calls.length; lead++) {
      const { cluster, outcomes } = await inTurns(objects, lead)
      expect(endOf(cluster), `after ${lead} calls`).toBe(endOf(whole))
      for (const { state } of outcomes) expect(state, `after ${lead} calls`).toBe('settled')
    }
  })
})

/** The first makes so many calls; then the two take turns. */
const inTurns = async (objects: readonly KubernetesObject[], lead: number) => {
  // A process may have several requests under way.
  const waiting: Readonly<Record<string, (() => void)[]>> = { first: [], second: [] }
  const self = new AsyncLocalStorage<string>()
  const cluster = createMemoryCluster(objects, async (_call, commit) => {
    const name = self.getStore()
    if (name) await new Promise<void>((go) => waiting[name]?.push(go))
    return commit()
  })
  const names = ['first', 'second']
  const outcomes = Promise.all(names.map((name) => self.run(name, () => wake(cluster))))
  const step = async (name: string) => {
    await tick()
    const go = waiting[name]?.shift()
    go?.()
    return go !== undefined
  }
  for (let call = 0; call < lead; call++) await step('first')
  for (let isGoing = true; isGoing; ) {
    const [second, first] = [await step('second'), await step('first')]
    isGoing = second || first
  }
  return { cluster, outcomes: await outcomes }
}

/** Fails every write of that kind and name. */
const refuse =
  (kind: string, error: Error, matches: (number: number) => boolean = () => true): Around =>
  (call, commit) => {
    if (call.verb !== 'create' || call.kind !== kind || !matches(call.number)) return commit()
    throw error
  }

describe('where the API server refuses a binding', () => {
  const conditionsIn = (cluster: MemoryCluster) =>
    Object.fromEntries(
      (cluster.all(projectSettingsKind)[0]?.status?.conditions ?? []).map(({ type, status, message }) => [
        type,
        `${status} ${message}`,
      ]),
    )
  /** What the first write refuses: the binding of `devs`. */
  const theFirst = () => {
    let first: string | undefined
    return (number: number) => {
      first ??= String(number)
      return first === String(number)
    }
  }

  it('for what it says, all else is there, and its entry says why', async () => {
    const error = new RefusedError('Invalid', 'admission webhook "no-devs" denied the request')
    const { cluster, outcome } = await alone([managed, before], refuse('RoleBinding', error, theFirst()))
    expect(cluster.all(bindingKind).map(({ metadata }) => metadata.name)).toEqual([
      'ops-admin',
      'ambient-session-trigger',
    ])
    expect(cluster.all(limitRangeKind)).toHaveLength(1)
    expect(cluster.all(projectSettingsKind)[0]?.status).toMatchObject({
      groupBindingsCreated: 1,
      scheduledSessionRBACReady: true,
    })
    expect(conditionsIn(cluster)['GroupAccessReady']).toBe(
      'False group devs as edit (RoleBinding devs-edit): admission webhook "no-devs" denied the request',
    )
    expect(outcome.state).toBe('settled')
  })

  it('since we may not, the delivery fails too, and later ones change nothing', async () => {
    const error = new ForbiddenError('user on-project-event cannot create resource rolebindings')
    const { cluster, outcome } = await alone([managed, before], refuse('RoleBinding', error))
    expect(outcome).toMatchObject({ state: 'failed', reason: 'ForbiddenError' })
    expect(conditionsIn(cluster)['GroupAccessReady']).toContain('group ops as admin')
    expect(conditionsIn(cluster)['TriggerAccessReady']).toContain('False')
    expect(conditionsIn(cluster)['LimitRangeReady']).toContain('True')
    const kept = JSON.stringify(cluster.all(projectSettingsKind))
    expect((await wake(cluster)).state).toBe('failed')
    expect(JSON.stringify(cluster.all(projectSettingsKind))).toBe(kept)
  })
})

describe('settings are made', () => {
  it('in no namespace that has not the label, is going, or is gone', async () => {
    const going = { ...managed, metadata: { ...managed.metadata, deletionTimestamp: '2026-03-01T11:00:00Z' } }
    for (const objects of [[unmanaged], [going], []]) {
      const { cluster, outcome } = await alone(objects)
      expect(outcome).toEqual({ state: 'settled', reason: 'Gone' })
      expect(cluster.writes()).toEqual([])
    }
  })

  it('under their one name only', async () => {
    const cluster = createMemoryCluster([managed])
    await reconcile(project, { namespace: 'team-a', name: 'other' }, portsOn(cluster))
    expect(cluster.writes()).toEqual([])
  })

  it('empty', async () => {
    const { cluster } = await alone([managed])
    expect(cluster.all(projectSettingsKind)[0]?.spec).toEqual({ groupAccess: [] })
    expect(cluster.all(namespaceKind)).toHaveLength(1)
  })
})

it('a project whose namespace begins to go just before it gets its settings is at rest', async () => {
  const { cluster, outcome } = await alone([managed], (call, commit) => {
    if (call.verb === 'create') throw new RefusedError('NamespaceTerminating', 'it is being terminated')
    return commit()
  })
  expect(outcome).toEqual({ state: 'settled', reason: 'Gone' })
  expect(cluster.writes()).toEqual(['create ProjectSettings'])
})
