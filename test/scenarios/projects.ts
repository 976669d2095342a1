import { expect } from 'vitest'
import { accountKind, bindingKind, limitRangeKind, roleKind } from '#reconcilers/project/kinds.ts'
import {
  type GroupAccess,
  PROJECT_SETTINGS,
  type ProjectSettings,
  projectSettingsKind,
} from '#reconcilers/project/schema.ts'
import type { Kind, KubernetesObject, Live } from '#sdk/index.ts'
import { phaseIs, type Scenario, type World } from './world.ts'

const settingsWith = ({ namespace }: World, groupAccess: readonly GroupAccess[], more: object = {}) => ({
  apiVersion: projectSettingsKind.apiVersion,
  kind: projectSettingsKind.kind,
  metadata: { name: PROJECT_SETTINGS, namespace },
  spec: { groupAccess, ...more },
})

const settingsOf = async (world: World): Promise<Live<ProjectSettings> | undefined> =>
  (await world.list(projectSettingsKind))[0]

const conditionOf = (settings: ProjectSettings | undefined, type: string) =>
  settings?.status?.conditions?.find((condition) => condition.type === type)

/** Waits until `Ready` has this reason for the settings as they are. */
const projectIs = (world: World, reason: string, seconds?: number) =>
  world.eventually(
    `the project is ${reason}`,
    async () => {
      const settings = await settingsOf(world)
      const isOfNow = settings?.status?.observedGeneration === settings?.metadata.generation
      return settings && isOfNow && conditionOf(settings, 'Ready')?.reason === reason ? settings : undefined
    },
    seconds,
  )

const bindingsOf = async (world: World) =>
  (await world.list(bindingKind)).map(({ metadata, roleRef, subjects }) =>
    [metadata.name, roleRef?.name, ...(subjects ?? []).map(({ name }) => name)].join(' '),
  )
const TRIGGER = 'ambient-session-trigger ambient-session-trigger ambient-session-trigger'

const versionsOf = async (world: World) =>
  (await Promise.all([projectSettingsKind, bindingKind, limitRangeKind].map((kind) => world.list(kind as Kind))))
    .flat()
    .map(({ metadata }) => `${metadata.name} ${metadata.resourceVersion}`)

const label = (world: World, value: string | null) =>
  world.label(value === null ? { 'ambient-code.io/managed': null } : { 'ambient-code.io/managed': value })

const devs = { groupName: 'devs', role: 'edit' } as const
const ops = { groupName: 'Ops Team', role: 'admin' } as const

/** Everything that a project goes through; a name completes the sentence that begins "a project that". */
export const projectScenarios: readonly Scenario[] = [
  {
    name: 'is new gets settings, a ServiceAccount for scheduled sessions and default limits',
    run: async (world) => {
      const settings = await projectIs(world, 'ProjectReady')
      expect(settings.spec).toEqual({ groupAccess: [] })
      expect(settings.status).toMatchObject({
        groupBindingsCreated: 0,
        scheduledSessionRBACReady: true,
        limitRangeReady: true,
      })
      expect(await bindingsOf(world)).toEqual([TRIGGER])
    },
  },
  {
    name: 'gains, changes and loses groups has their bindings, those of now and no others',
    run: async (world) => {
      await projectIs(world, 'ProjectReady')
      await world.apply(settingsWith(world, [devs, ops]))
      expect((await projectIs(world, 'ProjectReady')).status?.groupBindingsCreated).toBe(2)
      expect((await bindingsOf(world)).toSorted()).toEqual([
        TRIGGER,
        'devs-edit ambient-project-edit devs',
        expect.stringMatching(/^ops-team\.[0-9a-f]{8}-admin ambient-project-admin Ops Team$/),
      ])
      await world.apply(settingsWith(world, [{ ...devs, role: 'view' }]))
      await projectIs(world, 'ProjectReady')
      expect(await bindingsOf(world)).toEqual([TRIGGER, 'devs-view ambient-project-view devs'])
    },
  },
  {
    name: 'loses the label loses what was made for it, and has its sessions looked after once it is labelled again',
    needs: ['events lost'],
    run: async (world) => {
      await world.apply(settingsWith(world, [devs]))
      await projectIs(world, 'ProjectReady')
      await label(world, null)
      const left = await projectIs(world, 'NotManaged')
      expect(left.status).toMatchObject({ groupBindingsCreated: 0, limitRangeReady: false })
      expect(await bindingsOf(world)).toEqual([])
      expect(await world.list(limitRangeKind)).toEqual([])
      // Nobody is told of what happens in such a namespace, but for an adapter that has not ended yet.
      await world.loseEvents()
      await world.create('waiting')
      await world.wait(3)
      await world.deliverEvents()
      expect((await world.session('waiting'))?.status?.jobName).toBeUndefined()
      await label(world, 'true')
      await projectIs(world, 'ProjectReady', 60)
      await phaseIs(world, 'waiting', 'Completed', 60)
      expect((await bindingsOf(world)).length).toBe(2)
    },
  },
  {
    name: 'has its settings deleted gets new ones, and keeps what is still to be there',
    run: async (world) => {
      const { metadata } = await projectIs(world, 'ProjectReady')
      await world.remove(projectSettingsKind, PROJECT_SETTINGS)
      await world.eventually('other settings are ready', async () => {
        const settings = await settingsOf(world)
        return settings?.metadata.uid !== metadata.uid && conditionOf(settings, 'Ready')?.status === 'True'
          ? true
          : undefined
      })
      // The collector has had time to take what belonged to the deleted ones.
      await world.wait(2)
      await world.sweep()
      expect(await bindingsOf(world)).toEqual([TRIGGER])
      expect(await world.list(limitRangeKind)).toHaveLength(1)
    },
  },
  {
    name: 'loses its events and parts of it is repaired by a sweep, and a second one writes nothing',
    needs: ['events lost'],
    run: async (world) => {
      await world.apply(settingsWith(world, [devs]))
      await projectIs(world, 'ProjectReady')
      await world.loseEvents()
      await world.apply(settingsWith(world, [ops]))
      await world.remove(limitRangeKind, 'ambient-default-limits')
      await world.sweep()
      expect(await bindingsOf(world)).toHaveLength(2)
      expect(await world.list(limitRangeKind)).toHaveLength(1)
      const before = await versionsOf(world)
      await world.sweep()
      expect(await versionsOf(world)).toEqual(before)
      await world.remove(projectSettingsKind, PROJECT_SETTINGS)
      await world.sweep()
      expect((await settingsOf(world))?.spec).toEqual({ groupAccess: [] })
      await world.deliverEvents()
    },
  },
  {
    name: 'has an object of somebody else under a name of ours leaves it alone, and says so',
    run: async (world) => {
      await projectIs(world, 'ProjectReady')
      const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' }
      const theirs = {
        apiVersion: bindingKind.apiVersion,
        kind: bindingKind.kind,
        metadata: { name: 'devs-edit', namespace: world.namespace },
        roleRef,
        subjects: [],
      }
      await world.apply(theirs as KubernetesObject)
      await world.apply(settingsWith(world, [devs, { groupName: 'ops', role: 'view' }]))
      const settings = await projectIs(world, 'BindingsRefused')
      expect(settings.status?.groupBindingsCreated).toBe(1)
      expect(conditionOf(settings, 'GroupAccessReady')?.message).toMatch(/^group devs as edit .* not ours/)
      expect((await bindingsOf(world)).toSorted()).toEqual([
        TRIGGER,
        'devs-edit view',
        'ops-view ambient-project-view ops',
      ])
    },
  },
  {
    name: 'is written wrongly is refused by a message that names the field',
    run: async (world) => {
      // Under another name: what is there already would be merged with it.
      const metadata = { name: 'mine', namespace: world.namespace }
      const refused = (object: object, words: RegExp) =>
        expect(world.apply({ ...object, metadata } as KubernetesObject)).rejects.toThrow(words)
      const spec = (fields: object) => ({ ...settingsWith(world, []), spec: fields })
      const group = (fields: object) => spec({ groupAccess: [fields] })
      await refused(spec({}), /spec\.groupAccess: Required value/)
      await refused(spec({ groupAccess: 'all' }), /spec\.groupAccess/)
      await refused(group({ role: 'edit' }), /spec\.groupAccess\[0\]\.groupName: Required value/)
      await refused(group({ groupName: 'devs' }), /spec\.groupAccess\[0\]\.role: Required value/)
      await refused(group({ groupName: 'devs', role: 'owner' }), /spec\.groupAccess\[0\]\.role: Unsupported value/)
      await refused(group({ groupName: '', role: 'edit' }), /spec\.groupAccess\[0\]\.groupName/)
      await refused(group({ groupName: 'g'.repeat(254), role: 'edit' }), /spec\.groupAccess\[0\]\.groupName: Too long/)
      await refused(spec({ groupAccess: [devs, devs] }), /spec\.groupAccess.*(Duplicate value|duplicate entries)/)
      await refused(
        spec({ groupAccess: Array.from({ length: 513 }, (_, i) => ({ groupName: `g${i}`, role: 'view' })) }),
        /spec\.groupAccess: Too many/,
      )
      for (const seconds of [-1, 2_592_001])
        await refused(settingsWith(world, [], { inactivityTimeoutSeconds: seconds }), /spec\.inactivityTimeoutSeconds/)
      await refused(settingsWith(world, [], { inactivityTimeoutSeconds: 'soon' }), /spec\.inactivityTimeoutSeconds/)
      await refused(settingsWith(world, [], { repositories: [{}] }), /spec\.repositories\[0\]\.url: Required value/)
      await refused(settingsWith(world, []), /a namespace has one ProjectSettings, and its name is projectsettings/)
    },
  },
]

/** Each of what is made for a project, by kind and name. */
const made: readonly (readonly [Kind, string])[] = [
  [bindingKind, 'devs-edit'],
  [accountKind, 'ambient-session-trigger'],
  [roleKind, 'ambient-session-trigger'],
  [limitRangeKind, 'ambient-default-limits'],
]

/** Both doors lead to one plan, so each may have to make, correct and remove any part of a project: in turn, alone. */
export const eachProjectDoorDoesEverything = async (world: World): Promise<void> => {
  const wake = {
    'on-project-event': async (count: number) => {
      await world.deliverEvents()
      await world.apply(settingsWith(world, [devs], { inactivityTimeoutSeconds: count }))
      await projectIs(world, 'ProjectReady')
      await world.loseEvents()
    },
    'timeout-sweeper': () => world.sweep(),
  }
  await projectIs(world, 'ProjectReady')
  let count = 0
  for (const look of Object.values(wake)) {
    await look(++count)
    await world.loseEvents()
    for (const [kind, name] of made) await world.remove(kind, name)
    await look(++count)
    for (const [kind, name] of made)
      await world.change(kind, name, { metadata: { labels: { 'ambient-code.io/managed': null } } })
    await look(++count)
    expect((await world.list(roleKind))[0]?.metadata.labels).toEqual({ 'ambient-code.io/managed': 'true' })
  }
  // Both take it all away again, and make new settings.
  await world.deliverEvents()
  await world.create('busy', { runner: { seconds: 600 } })
  await world.create('failing', { runner: { seconds: 6, exitCode: 5 } })
  await phaseIs(world, 'busy', 'Running')
  await phaseIs(world, 'failing', 'Running')
  await label(world, null)
  await projectIs(world, 'NotManaged')
  await world.loseEvents()
  await world.annotate('busy', { 'ambient-code.io/desired-phase': 'Stopped' })
  await world.create('asked', { annotations: { 'ambient-code.io/desired-phase': 'Running' } })
  await world.eventually('the Job of failing has failed', async () =>
    (await world.jobs()).find(({ status }) => status?.conditions?.some(({ type }) => type === 'Failed')),
  )
  await world.deliverEvents()
  await label(world, 'true')
  await projectIs(world, 'ProjectReady', 60)
  await phaseIs(world, 'asked', 'Completed', 60)
  await phaseIs(world, 'failing', 'Failed')
  // A source watches a namespace some seconds after it is labelled: that the Job went may be lost.
  await world.eventually('the Job of busy is gone', async () =>
    (await world.jobs()).some(({ metadata }) => metadata.name.startsWith('busy')) ? undefined : true,
  )
  await world.sweep()
  await phaseIs(world, 'busy', 'Stopped')
  await world.loseEvents()
  await label(world, null)
  await world.sweep()
  expect(await world.list(accountKind)).toHaveLength(1)
  await label(world, 'true')
  await world.remove(projectSettingsKind, PROJECT_SETTINGS)
  await world.sweep()
  await projectIs(world, 'ProjectReady')
  await world.deliverEvents()
}
