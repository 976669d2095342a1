import { expect } from 'vitest'
import type { KubernetesObject } from '#sdk/index.ts'
import { conditionOf, phaseIs, quota, type Scenario, type World } from './world.ts'

/** What a session goes through by itself. */
export const lifecycle: readonly Scenario[] = [
  {
    name: 'completes: its Job is as promised, and so are its conditions',
    run: async (world) => {
      await world.create('ok', {
        runner: { seconds: 8 },
        spec: { initialPrompt: 'Hello', timeout: 120, llmSettings: { temperature: 0 } },
      })
      await phaseIs(world, 'ok', 'Running')
      const [job, ...others] = await world.jobs()
      const session = await phaseIs(world, 'ok', 'Completed')

      expect(others).toEqual([])
      expect(job?.metadata.name).toBe(session.status?.jobName)
      expect(job?.metadata.ownerReferences).toEqual([
        {
          apiVersion: 'vteam.ambient-code/v1alpha1',
          kind: 'AgenticSession',
          name: 'ok',
          uid: session.metadata.uid,
          controller: true,
        },
      ])
      expect(job?.spec).toMatchObject({ backoffLimit: 0, activeDeadlineSeconds: 120, ttlSecondsAfterFinished: 3600 })
      const pod = job?.spec?.template.spec
      expect(pod?.securityContext).toEqual({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } })
      expect(pod?.containers[0]?.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        capabilities: { drop: ['ALL'] },
        runAsNonRoot: true,
        seccompProfile: { type: 'RuntimeDefault' },
      })
      expect(pod?.containers[0]?.env).toEqual(
        expect.arrayContaining([
          { name: 'INITIAL_PROMPT', value: 'Hello' },
          { name: 'LLM_TEMPERATURE', value: '0' },
          { name: 'LLM_MODEL', value: 'claude-sonnet-4-6' },
        ]),
      )

      const generation = session.metadata.generation
      expect(session.status).toMatchObject({ attempt: 1, observedGeneration: generation })
      expect(conditionOf(session, 'Ready')).toMatchObject({
        status: 'False',
        reason: 'Completed',
        observedGeneration: generation,
      })
      expect(conditionOf(session, 'JobCreated')).toMatchObject({ status: 'True', reason: 'JobCreated' })
      expect(conditionOf(session, 'RunnerStarted')).toMatchObject({ status: 'True', reason: 'ContainerRunning' })
      expect(Date.parse(session.status?.completionTime ?? '')).toBeGreaterThanOrEqual(
        Date.parse(session.status?.startTime ?? ''),
      )
    },
  },
  {
    name: 'fails: its reason names the exit code',
    run: async (world) => {
      await world.create('exit-3', { runner: { exitCode: 3 } })
      await world.create('exit-2', { runner: { exitCode: 2 } })
      await world.create('oom', { runner: { fault: 'OOMKilled' } })
      expect(conditionOf(await phaseIs(world, 'exit-3', 'Failed'), 'Ready')).toMatchObject({
        reason: 'RunnerExit',
        message: expect.stringContaining('exit code 3'),
      })
      expect(conditionOf(await phaseIs(world, 'exit-2', 'Failed'), 'Ready')).toMatchObject({
        reason: 'PrerequisiteFailed',
        message: expect.stringContaining('exit code 2'),
      })
      expect(conditionOf(await phaseIs(world, 'oom', 'Failed'), 'Ready')).toMatchObject({
        reason: 'OOMKilled',
        message: expect.stringContaining('exit code 137'),
      })
    },
  },
  {
    name: 'runs into its timeout, running or waiting for a node, fails for it',
    run: async (world) => {
      await world.create('endless', { spec: { timeout: 3 }, runner: { seconds: 600 } })
      await world.create('homeless', { spec: { timeout: 3 }, runner: { fault: 'Unschedulable' } })
      for (const name of ['endless', 'homeless']) {
        const session = await phaseIs(world, name, 'Failed')
        expect(conditionOf(session, 'Ready')).toMatchObject({
          reason: 'DeadlineExceeded',
          message: expect.stringContaining('3 s'),
        })
      }
    },
  },
  {
    name: 'has an image that does not exist is failed for it by the first sweep after a minute, not where it comes before that; for a node, or for leave to have a Pod, it waits, and says so',
    run: async (world) => {
      await world.create('no-image', { runner: { fault: 'ImagePullBackOff' } })
      await world.create('late-image', { runner: { fault: 'ImagePullBackOff', pullSeconds: 8 } })
      await world.create('homeless', { runner: { fault: 'Unschedulable' }, spec: { timeout: 0 } })
      for (const name of ['no-image', 'homeless']) await phaseIs(world, name, 'Creating')
      await world.wait(5)
      await world.sweep()
      expect((await world.session('homeless'))?.status?.phase).toBe('Creating')
      const early = await world.session('no-image')
      // Others may sweep too, and a minute may be over.
      if (early?.status?.phase !== 'Creating') {
        const since = Date.parse((early && conditionOf(early, 'Ready')?.lastTransitionTime) ?? '')
        expect(since - Date.parse(early?.status?.startTime ?? '')).toBeGreaterThanOrEqual(59_000)
      }
      await world.eventually('each has a Pod', async () => ((await world.pods()).length >= 3 ? true : undefined))
      await world.apply(quota(world, 'count/pods', '0'))
      await world.create('podless', { spec: { timeout: 0 } })
      await phaseIs(world, 'podless', 'Creating')
      expect((await phaseIs(world, 'late-image', 'Completed', 45)).status?.attempt).toBe(1)
      await world.wait(60)
      await world.sweep()
      const session = await phaseIs(world, 'no-image', 'Failed')
      expect(conditionOf(session, 'Ready')).toMatchObject({
        reason: 'ImageNotPulled',
        message: expect.stringMatching(/^the image \S+ cannot be pulled \((ErrImagePull|ImagePullBackOff)\): ./),
      })
      expect(conditionOf(session, 'RunnerStarted')).toMatchObject({ status: 'False' })
      const homeless = await phaseIs(world, 'homeless', 'Creating')
      const message = expect.stringMatching(/nodes are available: 1 ./)
      expect(conditionOf(homeless, 'PodScheduled')).toMatchObject({ status: 'False', reason: 'Unschedulable', message })
      expect(conditionOf(homeless, 'Ready')).toMatchObject({ reason: 'Creating', message })
      expect(conditionOf(await phaseIs(world, 'podless', 'Creating'), 'Ready')).toMatchObject({
        reason: 'Creating',
        message: expect.stringMatching(/^waiting for a Pod: .*kubectl describe job podless-/),
      })
      const left = (await world.jobs()).flatMap(({ metadata }) => metadata.ownerReferences?.map(({ name }) => name))
      expect(left.toSorted()).toEqual(['homeless', 'late-image', 'podless'])
    },
  },
  {
    name: 'has a name of 253 characters completes like any other',
    run: async (world) => {
      const name = `${'long.'.repeat(49)}name-253`
      await world.create(name)
      const session = await phaseIs(world, name, 'Completed')
      expect(session.status?.jobName?.length).toBeLessThanOrEqual(63)
    },
  },
  {
    name: 'asks for a Job that a policy denies, or for a profile that there is not, fails with words, and does not start by itself again',
    needs: ['admission policy'],
    run: async (world) => {
      await denyJobs(world)
      const annotations = { 'ambient-code.io/desired-phase': 'Running' }
      await world.create('denied', { annotations })
      await world.create('nobody', { annotations, spec: { environmentVariables: { RUNNER_TYPE: 'nobody' } } })
      const session = await phaseIs(world, 'denied', 'Failed')
      const message = expect.stringContaining('no work on Sundays')
      expect(conditionOf(session, 'Ready')).toMatchObject({ reason: 'InvalidSpec', message })
      await phaseIs(world, 'nobody', 'Failed')
      await world.wait(1)
      await world.sweep()
      for (const name of ['denied', 'nobody']) {
        const { status, metadata } = await phaseIs(world, name, 'Failed', 0)
        expect(status?.attempt, name).toBe(1)
        expect(metadata.annotations ?? {}, name).not.toHaveProperty('ambient-code.io/desired-phase')
      }
      expect(await world.jobs()).toEqual([])
    },
  },
  {
    name: 'is over the quota of its namespace waits, says so, and starts at a sweep when there is room',
    run: async (world) => {
      await world.apply(quota(world, 'count/jobs.batch', '0'))
      await world.create('queued')
      const session = await phaseIs(world, 'queued', 'Pending')
      const message = expect.stringContaining('quota')
      expect(conditionOf(session, 'Ready')).toMatchObject({ status: 'False', reason: 'QuotaExceeded', message })
      await world.apply(quota(world, 'count/jobs.batch', '5'))
      await world.eventually('it has started', async () => {
        await world.sweep()
        return (await world.session('queued'))?.status?.phase === 'Pending' ? undefined : true
      })
      await phaseIs(world, 'queued', 'Completed')
    },
  },
]

/** Resolves once the policy holds, which takes the API server a moment. */
const denyJobs = async (world: World): Promise<void> => {
  const name = `no-jobs-in-${world.namespace}`
  const apiVersion = 'admissionregistration.k8s.io/v1'
  const rule = (apiGroups: string[], resources: string[]) => ({
    apiGroups,
    apiVersions: ['*'],
    operations: ['CREATE', 'UPDATE'],
    resources,
  })
  const expression = `object.metadata.namespace != '${world.namespace}' || object.metadata.name == 'kube-root-ca.crt'`
  const policy = {
    apiVersion,
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name },
    spec: {
      matchConstraints: { resourceRules: [rule(['batch'], ['jobs']), rule([''], ['configmaps'])] },
      validations: [{ expression, message: 'no work on Sundays' }],
    },
  }
  await world.apply(policy)
  const binding = { policyName: name, validationActions: ['Deny'] }
  await world.apply({ ...policy, kind: 'ValidatingAdmissionPolicyBinding', spec: binding } as KubernetesObject)
  const probe = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'probe', namespace: world.namespace } }
  await world.eventually('the policy holds', () =>
    world.apply({ ...probe, data: { at: String(Math.random()) } } as KubernetesObject).then(
      () => undefined,
      (error: Error) => (error.message.includes('no work on Sundays') ? true : undefined),
    ),
  )
}
