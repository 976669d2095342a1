import { expect } from 'vitest'
import type { KubernetesObject } from '#sdk/index.ts'
import { conditionOf, phaseIs, type Scenario, type World } from './world.ts'

/** What a session goes through by itself. */
export const lifecycle: readonly Scenario[] = [
  {
    name: 'completes: its Job is as promised, and so are its conditions',
    run: async (world) => {
      await world.create('ok', {
        runner: { seconds: 2 },
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
    name: 'has an image that does not exist is failed for it by the first sweep after a minute, and its Job goes',
    run: async (world) => {
      await world.create('no-image', { runner: { fault: 'ImagePullBackOff' } })
      await phaseIs(world, 'no-image', 'Creating')
      await world.wait(20)
      await world.sweep()
      expect((await world.session('no-image'))?.status?.phase).toBe('Creating')
      await world.wait(45)
      await world.sweep()
      const session = await phaseIs(world, 'no-image', 'Failed')
      expect(conditionOf(session, 'Ready')).toMatchObject({
        reason: 'ImageNotPulled',
        message: expect.stringMatching(/^the image \S+ cannot be pulled \((ErrImagePull|ImagePullBackOff)\): ./),
      })
      expect(conditionOf(session, 'RunnerStarted')).toMatchObject({ status: 'False' })
      expect(await world.jobs()).toEqual([])
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
    name: 'asks for a Job that a policy denies fails with its words, and does not start by itself again',
    needs: ['admission policy'],
    run: async (world) => {
      await denyJobs(world)
      await world.create('denied', { annotations: { 'ambient-code.io/desired-phase': 'Running' } })
      const session = await phaseIs(world, 'denied', 'Failed')
      const message = expect.stringContaining('no work on Sundays')
      expect(conditionOf(session, 'Ready')).toMatchObject({ reason: 'InvalidSpec', message })
      expect(session.status?.attempt).toBe(1)
      expect(session.metadata.annotations ?? {}).not.toHaveProperty('ambient-code.io/desired-phase')
      expect(await world.jobs()).toEqual([])
    },
  },
  {
    name: 'is over the quota of its namespace waits, says so, and starts at a sweep when there is room',
    run: async (world) => {
      const quota = (jobs: string) => ({
        apiVersion: 'v1',
        kind: 'ResourceQuota',
        metadata: { name: 'jobs', namespace: world.namespace },
        spec: { hard: { 'count/jobs.batch': jobs } },
      })
      await world.apply(quota('0'))
      await world.create('queued')
      const session = await phaseIs(world, 'queued', 'Pending')
      const message = expect.stringContaining('quota')
      expect(conditionOf(session, 'Ready')).toMatchObject({ status: 'False', reason: 'QuotaExceeded', message })
      await world.apply(quota('5'))
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
