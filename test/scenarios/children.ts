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
import type { KubernetesObject } from '#sdk/index.ts'
import { conditionOf, gone, phaseIs, type Scenario, type World } from './world.ts'

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
