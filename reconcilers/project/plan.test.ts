import { describe, expect, it } from 'vitest'
import type { Live } from '#sdk/index.ts'
import { bindingNameOf } from './binding-name.ts'
import { LIMITS } from './children.ts'
import { actionsOf, aNamespace, aProject, childrenAsMade, plan, readyStatus } from './fixtures.ts'
import { type Binding, type LimitRange, standingOf } from './kinds.ts'
import type { ProjectSettings, ProjectStatus, Settings } from './schema.ts'

const devs = { groupName: 'devs', role: 'edit' } as const
const ops = { groupName: 'ops', role: 'admin' } as const
const project = aProject({ groups: [devs, ops] })
const all = childrenAsMade(project)
const settled = aProject({ groups: [devs, ops], status: readyStatus(project) })

const without = (name: string, kind?: string) =>
  all.filter((child) => child.metadata.name !== name || (kind !== undefined && child.kind !== kind))
const changed = (name: string, change: (child: Live) => Live) =>
  all.map((child) => (child.metadata.name === name ? change(child) : child))
const metadata = (more: Partial<Live['metadata']>) => (child: Live) => ({
  ...child,
  metadata: { ...child.metadata, ...more },
})
const conditionsOf = (status?: ProjectStatus) =>
  Object.fromEntries((status?.conditions ?? []).map(({ type, status, reason }) => [type, `${status} ${reason}`]))
const messageOf = (status: ProjectStatus | undefined, type: string) =>
  status?.conditions?.find((condition) => condition.type === type)?.message

describe('a project', () => {
  it('that has nothing gets all of it, and is looked at again', () => {
    const made = plan(project, [])
    expect(actionsOf(made)).toEqual([
      'create RoleBinding/devs-edit',
      'create RoleBinding/ops-admin',
      'create ServiceAccount/ambient-session-trigger',
      'create Role/ambient-session-trigger',
      'create RoleBinding/ambient-session-trigger',
      'create LimitRange/ambient-default-limits',
    ])
    expect(made).toMatchObject({ again: true, eachForItself: true })
    expect(made.status).toBeUndefined()
  })

  it('that has all of it says so, and counts its groups', () => {
    const { status, actions = [] } = plan(project, all)
    expect(actions).toEqual([])
    expect(status).toMatchObject({
      observedGeneration: 1,
      groupBindingsCreated: 2,
      scheduledSessionRBACReady: true,
      limitRangeReady: true,
    })
    expect(conditionsOf(status)).toEqual({
      Ready: 'True ProjectReady',
      GroupAccessReady: 'True GroupsBound',
      TriggerAccessReady: 'True TriggerAccessGranted',
      LimitRangeReady: 'True PlatformDefaults',
    })
  })

  it('that has said so already changes nothing', () => {
    expect(plan(settled, all).status).toEqual(settled.status)
  })

  it('that lost a part gets that part', () => {
    expect(actionsOf(plan(settled, without('ops-admin')))).toEqual(['create RoleBinding/ops-admin'])
    expect(actionsOf(plan(settled, without(LIMITS)))).toEqual([`create LimitRange/${LIMITS}`])
  })

  it('whose entry is taken away loses its binding at once', () => {
    const fewer = aProject({ groups: [devs], generation: 2, status: readyStatus(project) })
    const [action, ...others] = plan(fewer, all).actions ?? []
    expect(action).toMatchObject({ verb: 'delete', ref: { name: 'ops-admin' }, uid: 'child-1', force: true })
    expect(others).toEqual([])
  })

  it.each<[string, (binding: Live<Binding>) => Live, string]>([
    ['has another group', (it) => ({ ...it, subjects: [] }), 'correct'],
    ['has lost its mark', (it) => metadata({ labels: {} })(it), 'correct'],
    ['points elsewhere', (it) => ({ ...it, roleRef: { ...it.roleRef, name: 'cluster-admin' } }), 'delete'],
  ])('whose binding %s has it set right', (_, change, verb) => {
    const actions = plan(
      settled,
      changed('devs-edit', (child) => change(child as Live<Binding>)),
    )
    expect(actionsOf(actions)).toEqual([`${verb} RoleBinding/devs-edit`])
  })

  it('corrects what it read, and nothing that came after', () => {
    const [action] = plan(settled, changed('devs-edit', metadata({ labels: { mine: 'too' } }))).actions ?? []
    expect(action).toMatchObject({
      body: {
        metadata: { uid: 'child-0', resourceVersion: '1', labels: { 'ambient-code.io/managed': 'true' } },
      },
    })
    expect(JSON.stringify(action)).not.toContain('mine')
  })

  it('takes over what its predecessor of that name had', () => {
    const again = aProject({ groups: [devs, ops], uid: 'another' })
    const actions = plan(again, all).actions ?? []
    expect(actions.map(({ verb }) => verb)).toEqual(Array(6).fill('correct'))
    expect(JSON.stringify(actions)).not.toContain(project.metadata.uid)
  })

  it('takes over a wanted binding that an older installation made without an owner', () => {
    const ownerless = metadata({ ownerReferences: [] })
    expect(actionsOf(plan(settled, changed('devs-edit', ownerless)))).toEqual(['correct RoleBinding/devs-edit'])
  })

  it('keeps the figures that an administrator gave its LimitRange, and says so', () => {
    const theirs = changed(LIMITS, (child) => ({ ...(child as Live<LimitRange>), spec: { limits: [] } }))
    const { actions, status } = plan(project, theirs)
    expect(actions ?? []).toEqual([])
    expect(conditionsOf(status)).toMatchObject({ LimitRangeReady: 'True KeptAsFound', Ready: 'True ProjectReady' })
  })

  it('leaves alone what is not its own, and says whose name is taken', () => {
    const foreign = metadata({ ownerReferences: [], labels: {} })
    const { actions, status } = plan(project, changed('devs-edit', foreign))
    expect(actions ?? []).toEqual([])
    expect(status?.groupBindingsCreated).toBe(1)
    expect(conditionsOf(status)).toMatchObject({
      GroupAccessReady: 'False BindingsRefused',
      Ready: 'False BindingsRefused',
    })
    expect(messageOf(status, 'GroupAccessReady')).toContain('group devs as edit (RoleBinding devs-edit): ')
    const limits = plan(project, changed(LIMITS, foreign))
    expect(conditionsOf(limits.status)).toMatchObject({ LimitRangeReady: 'True KeptAsFound' })
  })

  it('never takes away a binding that somebody else made', () => {
    const binding = all[0] as Live
    const others = [
      metadata({ name: 'unmarked', labels: {} }),
      metadata({ name: 'ownerless', ownerReferences: [] }),
      metadata({ name: 'of-another', ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'x', uid: 'y' }] }),
    ].map((change) => change(binding))
    expect(actionsOf(plan(settled, [...all, ...others]))).toEqual([])
    expect(actionsOf(plan(settled, [...all, ...others], 'unmanaged'))).not.toContain('delete RoleBinding/unmarked')
  })

  it('whose namespace lost the label loses what was made for it, but not its settings, and says so', () => {
    expect(actionsOf(plan(settled, all, 'unmanaged'))).toEqual(
      all.map(({ kind, metadata: { name } }) => `delete ${kind}/${name}`),
    )
    const { status } = plan(settled, [], 'unmanaged')
    expect(status).toMatchObject({ groupBindingsCreated: 0, scheduledSessionRBACReady: false, limitRangeReady: false })
    expect(new Set(Object.values(conditionsOf(status)))).toEqual(new Set(['False NotManaged']))
  })

  it('in a namespace that never had the label is not written to', () => {
    expect(plan(project, [], 'unmanaged')).toEqual({ reason: 'NotManaged' })
  })

  it('gets nothing while it or its namespace is being deleted', () => {
    expect(plan(aProject({ isDeleting: true }), [])).toEqual({ reason: 'Deleting' })
    expect(plan(project, [], 'terminating')).toEqual({ reason: 'NamespaceTerminating' })
  })

  it('that is looked after has no dead letter any more', () => {
    const told = aProject({
      groups: [devs, ops],
      status: {
        ...settled.status,
        deadLetters: { count: 2 },
        conditions: [...(settled.status?.conditions ?? []), { type: 'EventsDelivered', status: 'False' }],
      },
    })
    const { status } = plan(told, all)
    expect(status?.deadLetters).toBeUndefined()
    expect(Object.keys(conditionsOf(status))).not.toContain('EventsDelivered')
  })
})

describe('the name of a binding', () => {
  it('is that of older installations where the group is a DNS label', () => {
    expect(bindingNameOf({ groupName: 'team-a', role: 'view' })).toBe('team-a-view')
  })

  it('differs for groups that look alike once what does not fit is replaced', () => {
    const groups = ['team_a', 'Team_a', 'team.a', 'team/a', 'team-a', 'system:team a', '%', '..', 'ä', 'ö']
    const names = groups.map((groupName) => bindingNameOf({ groupName, role: 'edit' }))
    expect(new Set(names).size).toBe(groups.length)
    for (const name of names) expect(name).toMatch(/^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$/)
  })

  it('fits into a label value, however long the group is', () => {
    for (const length of [45, 54, 55, 253])
      expect(bindingNameOf({ groupName: 'g'.repeat(length), role: 'admin' }).length).toBeLessThanOrEqual(63)
  })

  it('is given to one of two entries only, should it ever be the same', () => {
    const twice = aProject({ groups: [devs, devs] })
    const { status } = plan(twice, childrenAsMade(aProject({ groups: [devs] })))
    expect(status?.groupBindingsCreated).toBe(1)
    expect(messageOf(status, 'GroupAccessReady')).toContain('another entry')
  })
})

describe('settings that are older than their schema', () => {
  const old = (spec: unknown): Live<ProjectSettings> => ({ ...project, spec: spec as Settings })

  it.each<[string, unknown, string]>([
    ['a text for all of it', 'hello', 'spec is "hello", must be object'],
    ['a text for a list', { groupAccess: 'x' }, 'spec.groupAccess is "x", must be array'],
    ['no list', {}, 'spec.groupAccess is missing'],
    ['null for an entry', { groupAccess: [null] }, 'spec.groupAccess[0] is null, must be object'],
    ['an entry without a group', { groupAccess: [{ role: 'view' }] }, 'spec.groupAccess[0].groupName is missing'],
    [
      'a role that there is not',
      { groupAccess: [{ groupName: 'devs', role: 'owner' }] },
      'spec.groupAccess[0].role is "owner", must be one of admin, edit, view',
    ],
    [
      'a negative time',
      { groupAccess: [devs, ops], inactivityTimeoutSeconds: -5 },
      'spec.inactivityTimeoutSeconds is -5, must be from 0 to 2592000',
    ],
  ])('and have %s are told so by the name of the field, and keep the bindings that there are', (_, spec, message) => {
    const { status, actions } = plan(old(spec), all)
    expect(actions).toBeUndefined()
    expect(conditionsOf(status)).toMatchObject({
      Ready: 'False InvalidSettings',
      GroupAccessReady: 'False InvalidSettings',
      TriggerAccessReady: 'True TriggerAccessGranted',
    })
    expect(messageOf(status, 'Ready')).toBe(message)
    expect(plan({ ...old(spec), status: status as ProjectStatus }, all).status).toEqual(status)
  })

  it('take away who is no longer on a list that can be understood, whatever else is wrong', () => {
    const { actions = [] } = plan(old({ groupAccess: [ops], inactivityTimeoutSeconds: 'soon' }), all)
    expect(actions).toMatchObject([{ verb: 'delete', ref: { name: 'devs-edit' } }])
  })

  it('get what the rest of them says', () => {
    const { actions = [] } = plan(old({ groupAccess: [{ groupName: 5, role: 'view' }, ops] }), without('ops-admin'))
    expect(actions).toMatchObject([{ verb: 'create', object: { metadata: { name: 'ops-admin' } } }])
  })
})

describe('what is not as it should be, and cannot be set right,', () => {
  const going = metadata({ deletionTimestamp: '2026-03-01T11:59:00Z' })

  it('is told where it is wanted and being deleted', () => {
    const { status, actions } = plan(settled, changed('ops-admin', going))
    expect(actions).toBeUndefined()
    expect(messageOf(status, 'GroupAccessReady')).toMatch(/^group ops as admin .*: it is being deleted$/)
  })

  it('is told where it is stale and being deleted, for it still grants', () => {
    const fewer = aProject({ groups: [devs], generation: 2, status: readyStatus(project) })
    const { status, actions } = plan(fewer, changed('ops-admin', going))
    expect(actions).toBeUndefined()
    expect(messageOf(status, 'GroupAccessReady')).toBe('RoleBinding ops-admin should go: it is being deleted')
  })

  it('is left alone where it has our mark and an owner of another kind', () => {
    const ownerReferences = [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'd', uid: 'u' }]
    const { status, actions } = plan(settled, changed('ops-admin', metadata({ ownerReferences })))
    expect(actions).toBeUndefined()
    expect(messageOf(status, 'GroupAccessReady')).toContain('not ours')
  })

  it('is left alone where the project is no longer one and it has a name that is none of ours', () => {
    const others = changed(LIMITS, metadata({ name: 'theirs' })).filter(({ metadata: { name } }) => name === 'theirs')
    expect(plan(settled, others, 'unmanaged').actions).toBeUndefined()
  })
})

it.each([
  ['true', 'managed'],
  ['false', 'unmanaged'],
  ['', 'unmanaged'],
  ['True', 'unmanaged'],
])('a namespace whose label says %j is %s', (value, standing) => {
  expect(standingOf(aNamespace('team-a', { 'ambient-code.io/managed': value }))).toBe(standing)
})
