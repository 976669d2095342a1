import { expect } from 'vitest'
import {
  accountKind,
  networkPolicyKind,
  roleBindingKind,
  roleKind,
  secretKind,
  serviceKind,
} from '#reconcilers/agentic-session/children.ts'
import { jobKind } from '#reconcilers/agentic-session/job.ts'
import { PROJECT_SETTINGS, projectSettingsKind } from '#reconcilers/project/schema.ts'
import type { KubernetesObject } from '#sdk/index.ts'
import { sharedByRunners } from './own-children.ts'
import { conditionOf, gone, phaseIs, quota, type Scenario, type World } from './world.ts'

const start = { 'ambient-code.io/desired-phase': 'Running' }
const stop = { 'ambient-code.io/desired-phase': 'Stopped' }
const ofType = (type: string) => ({ environmentVariables: { RUNNER_TYPE: type } })

const tokenOf = async (world: World, name: string) =>
  (await world.read(secretKind, `ambient-runner-token-${name}`))?.data?.['agui-token']

/** What a session has beside its Jobs. The profiles are those of `test/runner-profiles.yaml`. */
export const children: readonly Scenario[] = [
  {
    name: 'runs as upstream has it gets all that belongs to it, another token with each attempt, and leaves nothing',
    run: async (world) => {
      await world.create('whole', { runner: { seconds: 600 }, spec: ofType('upstream') })
      const { metadata, status } = await phaseIs(world, 'whole', 'Running')
      const names = [
        [accountKind, 'ambient-session-whole'],
        [roleKind, 'ambient-session-whole-role'],
        [roleBindingKind, 'ambient-session-whole-rb'],
        [secretKind, 'ambient-runner-token-whole'],
        [serviceKind, 'session-whole'],
        [networkPolicyKind, 'session-whole'],
      ] as const
      for (const [kind, name] of names) {
        const child = await world.read<KubernetesObject>(kind, name)
        expect(child?.metadata.ownerReferences, `${kind.kind} ${name}`).toMatchObject([
          { kind: 'AgenticSession', uid: metadata.uid, controller: true },
        ])
      }
      const port = 8001
      expect((await world.read(serviceKind, 'session-whole'))?.spec?.ports).toMatchObject([{ name: 'agui', port }])
      const policy = await world.read(networkPolicyKind, 'session-whole')
      expect(policy?.spec?.ingress).toMatchObject([{ ports: [{ protocol: 'TCP', port }] }])
      const job = await world.read(jobKind, status?.jobName ?? '')
      expect(job?.spec?.template.spec).toMatchObject({ serviceAccountName: 'ambient-session-whole' })
      const first = await tokenOf(world, 'whole')
      expect(first).toMatch(/^[A-Za-z0-9+/=]{40,}$/)

      await world.annotate('whole', stop)
      await phaseIs(world, 'whole', 'Stopped')
      expect(await tokenOf(world, 'whole')).toBe(first)
      await world.annotate('whole', start)
      const again = await phaseIs(world, 'whole', 'Running')
      expect(again.status?.attempt).toBe(2)
      expect(await tokenOf(world, 'whole')).toMatch(/^[A-Za-z0-9+/=]{40,}$/)
      expect(await tokenOf(world, 'whole')).not.toBe(first)

      await world.delete('whole')
      await gone(world, 'whole')
      await world.eventually('nothing is left', async () => ((await world.leftovers()).length === 0 ? true : undefined))
    },
  },
  {
    name: 'has the longest of names gets all that belongs to it as well, under names that their kinds take',
    run: async (world) => {
      const name = `${'long.'.repeat(49)}name-253`
      await world.create(name, { runner: { seconds: 600 }, spec: ofType('upstream') })
      const { metadata } = await phaseIs(world, name, 'Running')
      for (const kind of [accountKind, roleKind, roleBindingKind, secretKind, serviceKind, networkPolicyKind]) {
        const own = (await world.list<KubernetesObject>(kind)).filter((child) =>
          child.metadata.ownerReferences?.some(({ uid }) => uid === metadata.uid),
        )
        expect(own, kind.kind).toHaveLength(1)
      }
      await world.delete(name)
      await gone(world, name)
      // The garbage collector of a cluster that is new to the kind hears of it within 30 s.
      await world.eventually(
        'nothing is left',
        async () => ((await world.leftovers()).length === 0 ? true : undefined),
        60,
      )
    },
  },
  {
    name: 'is of a project with MCP servers has its runner told of them',
    run: async (world) => {
      const mcpServers = { custom: { search: { url: 'https://mcp.example', price: '5$(USD)' } }, disabled: ['other'] }
      const settings = {
        apiVersion: projectSettingsKind.apiVersion,
        kind: projectSettingsKind.kind,
        metadata: { name: PROJECT_SETTINGS, namespace: world.namespace },
        spec: { groupAccess: [], mcpServers },
      } as KubernetesObject
      // They may be made between the look of `kubectl apply` and its write, which then fails.
      await world.apply(settings).catch(() => world.apply(settings))
      await world.create('equipped', { runner: { seconds: 600 }, spec: ofType('upstream') })
      const { status } = await phaseIs(world, 'equipped', 'Running')
      const job = await world.read(jobKind, status?.jobName ?? '')
      const env = job?.spec?.template.spec?.containers[0]?.env ?? []
      // The kubelet makes one dollar of two.
      const told = env.find(({ name }) => name === 'PROJECT_MCP_SERVERS')?.value?.replaceAll('$$', '$')
      expect(JSON.parse(told ?? '{}')).toEqual(mcpServers)
    },
  },
  {
    name: 'finds a Service of its name that is not its own ends with words, and leaves that alone',
    run: async (world) => {
      const service = {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'session-late', namespace: world.namespace },
        spec: { ports: [{ port: 80 }] },
      }
      await world.apply(service)
      await world.create('late', { spec: ofType('upstream') })
      const session = await phaseIs(world, 'late', 'Failed')
      expect(conditionOf(session, 'Ready')).toMatchObject({
        reason: 'ChildNameTaken',
        message: expect.stringContaining('Service session-late exists and does not belong to'),
      })
      expect((await world.read(serviceKind, 'session-late'))?.spec?.ports).toMatchObject([{ port: 80 }])
      expect(await world.jobs()).toEqual([])
    },
  },
  {
    name: 'may not have its Service has no Job either, and gets both once it may',
    run: async (world) => {
      await world.apply(quota(world, 'count/services', '0'))
      await world.create('unreachable', { spec: ofType('upstream') })
      const session = await phaseIs(world, 'unreachable', 'Pending')
      expect(conditionOf(session, 'Ready')).toMatchObject({ reason: 'QuotaExceeded' })
      expect(await world.jobs()).toEqual([])
      await world.apply(quota(world, 'count/services', '1'))
      await world.eventually('it has started', async () => {
        await world.sweep()
        return (await world.jobs()).length > 0 ? true : undefined
      })
      expect(await world.read(serviceKind, 'session-unreachable')).toBeDefined()
      await phaseIs(world, 'unreachable', 'Completed')
    },
  },
  {
    name: 'has a copied Secret that another one has too has what is new in it after a sweep, and leaves it to that one',
    run: async (world) => {
      const source = (KEY: string) => ({ ...sharedByRunners, data: { KEY } })
      const { name } = sharedByRunners.metadata
      const copy = () => world.read(secretKind, name)
      await world.apply(source('b2xk'))
      for (const session of ['goes', 'stays'])
        await world.create(session, { runner: { seconds: 600 }, spec: ofType('everything') })
      await world.eventually('both own the copy', async () =>
        (await copy())?.metadata.ownerReferences?.length === 2 ? true : undefined,
      )
      expect(await copy()).toMatchObject({
        metadata: { annotations: { 'vteam.ambient-code/copied-from': `dormouse/${name}` } },
        data: { KEY: 'b2xk' },
      })
      await world.apply(source('bmV3'))
      await world.eventually('the copy is as its source', async () => {
        await world.sweep()
        return (await copy())?.data?.['KEY'] === 'bmV3' ? true : undefined
      })
      await world.delete('goes')
      await gone(world, 'goes')
      await world.eventually('one owns it', async () =>
        (await copy())?.metadata.ownerReferences?.length === 1 ? true : undefined,
      )
      expect((await copy())?.metadata.ownerReferences).toMatchObject([{ name: 'stays' }])
      await world.delete('stays')
      await world.eventually('nothing is left', async () => ((await world.leftovers()).length === 0 ? true : undefined))
    },
  },
  {
    name: 'lacks a Secret that its runner needs waits, says which, and starts at a sweep once it is there',
    run: async (world) => {
      await world.create('keyless', { spec: ofType('keyed') })
      const session = await world.eventually('it says what is missing', async () => {
        const found = await world.session('keyless')
        return found && conditionOf(found, 'SecretsReady') ? found : undefined
      })
      expect(session.status?.phase).toBe('Pending')
      expect(conditionOf(session, 'SecretsReady')).toMatchObject({
        status: 'False',
        reason: 'RunnerSecretMissing',
        message: expect.stringContaining(`Secret ${world.namespace}/runner-key is not there`),
      })
      const before = (await world.versions()).filter((version) => version.startsWith('keyless'))
      await world.sweep()
      expect((await world.versions()).filter((version) => version.startsWith('keyless'))).toEqual(before)
      const metadata = { name: 'runner-key', namespace: world.namespace }
      await world.apply({ apiVersion: 'v1', kind: 'Secret', metadata })
      await world.sweep()
      const completed = await phaseIs(world, 'keyless', 'Completed')
      expect(conditionOf(completed, 'SecretsReady')).toMatchObject({ status: 'True' })
    },
  },
]
