import type { ContainerStateTerminated } from 'kubernetes-types/core/v1.js'
import { describe, expect, it } from 'vitest'
import { failureOf, obstacleOf } from './failure.ts'
import { aPod as anyPod } from './fixtures.ts'
import type { PodObject } from './pods.ts'
import { RUNNER } from './started-with.ts'

const end = (reason = 'BackoffLimitExceeded', message = 'Job has reached the specified backoff limit') =>
  ({ state: 'Failed', reason, message, at: new Date(0) }) as const

const aPod = (status: PodObject['status']) => anyPod({ status: { phase: 'Failed', ...status } })

const ended = (terminated: Partial<ContainerStateTerminated>, name = RUNNER) => ({
  name,
  image: 'runner:1',
  imageID: '',
  ready: false,
  restartCount: 0,
  state: { terminated: { exitCode: 1, ...terminated } },
})

const disrupted = (reason: string): PodObject['status'] => ({
  conditions: [{ type: 'DisruptionTarget', status: 'True', reason, message: 'because' }],
})

describe('a Job failed', () => {
  it('because of its deadline, whatever its Pods say', () => {
    const pods = [aPod({ containerStatuses: [ended({ exitCode: 143 })] })]
    expect(failureOf(end('DeadlineExceeded'), pods, 300)).toEqual({
      reason: 'DeadlineExceeded',
      message: 'the session ran into its timeout of 300 s (spec.timeout)',
    })
  })

  it.each([
    ['evicted', aPod({ reason: 'Evicted', message: 'low on memory' }), 'Evicted', 'low on memory'],
    ['out of memory', aPod({ containerStatuses: [ended({ exitCode: 137, reason: 'OOMKilled' })] }), 'OOMKilled', '137'],
    [
      'not given what it needs',
      aPod({ containerStatuses: [ended({ exitCode: 2, message: 'no API key' })] }),
      'PrerequisiteFailed',
      'no API key',
    ],
    [
      'never started: its image has no such command',
      aPod({
        containerStatuses: [ended({ exitCode: 128, reason: 'StartError', message: 'exec: "/no/such": no such file' })],
      }),
      'RunnerNotStarted',
      'could not be started (exit code 128): exec: "/no/such": no such file',
    ],
    ['preempted', aPod(disrupted('PreemptionByScheduler')), 'Preempted', 'higher priority: because'],
    ['on a node that was drained', aPod(disrupted('EvictionByEvictionAPI')), 'Evicted', 'because'],
    ['on a node that shut down', aPod(disrupted('TerminationByKubelet')), 'Evicted', 'because'],
    ['on a node that does not answer', aPod(disrupted('DeletionByTaintManager')), 'NodeLost', 'because'],
    ['on a node that is no more', aPod(disrupted('DeletionByPodGC')), 'NodeLost', 'because'],
    [
      'never started: what comes before it failed',
      aPod({ initContainerStatuses: [ended({ exitCode: 4, message: 'no such branch' }, 'clone')] }),
      'RunnerNotStarted',
      'the container clone, which comes before the runner, ended with exit code 4: no such branch',
    ],
    [
      'ended by an exit code',
      aPod({ containerStatuses: [ended({ exitCode: 7, message: 'git: no such branch' })] }),
      'RunnerExit',
      'exit code 7: git: no such branch',
    ],
  ])('because its runner was %s', (_, pod, reason, said) => {
    const failure = failureOf(end(), [pod], 0)
    expect(failure.reason).toBe(reason)
    expect(failure.message).toContain(said)
  })

  it('because of its runner, not of a container beside it', () => {
    const containerStatuses = [ended({ exitCode: 9 }, 'injected-proxy'), ended({ exitCode: 2 })]
    expect(failureOf(end(), [aPod({ containerStatuses })], 0).reason).toBe('PrerequisiteFailed')
  })

  it('because of the Pod that failed, not of one that runs or succeeded', () => {
    const others = [
      aPod({ phase: 'Running' }),
      aPod({ phase: 'Succeeded', containerStatuses: [ended({ exitCode: 0 })] }),
    ]
    expect(failureOf(end(), [...others, aPod({ containerStatuses: [ended({ exitCode: 5 })] })], 0).reason).toBe(
      'RunnerExit',
    )
  })

  it.each([
    ['its own message', end(), 'Job has reached the specified backoff limit'],
    ['its reason where it has no message', end('MaxFailedIndexesExceeded', ''), 'MaxFailedIndexesExceeded'],
    ['words of ours where it has neither', end('', ''), 'the Job failed without a message'],
  ])('for a reason that its Pods no longer tell: %s is passed on', (_, end, message) => {
    expect(failureOf(end, [], 0)).toEqual({ reason: 'JobFailed', message })
  })
})

const waiting = (reason: string, message: string, name = RUNNER) => ({
  ...ended({}, name),
  image: 'runner:1',
  state: { waiting: { reason, message } },
})

describe('a Job that its policy failed', () => {
  it('tells that its runner was ended from outside, though its Pod is gone', () => {
    const said = 'Pod team-a/tidy-up-x has condition DisruptionTarget matching FailJob rule at index 0'
    expect(failureOf(end('PodFailurePolicy', said), [], 0)).toEqual({
      reason: 'Disrupted',
      message: `the runner was ended from outside (evicted, preempted, or its node was lost): ${said}`,
    })
  })
})

describe('a runner that does not start', () => {
  it.each([
    ['ErrImagePull', 'ImageNotPulled'],
    ['ImagePullBackOff', 'ImageNotPulled'],
    ['InvalidImageName', 'ImageNotPulled'],
    ['ErrImageNeverPull', 'ImageNotPulled'],
    ['CreateContainerConfigError', 'RunnerNotStarted'],
    ['CreateContainerError', 'RunnerNotStarted'],
  ])('for %s has an obstacle that names it: %s', (said, reason) => {
    const obstacle = obstacleOf([aPod({ phase: 'Pending', containerStatuses: [waiting(said, 'no such host')] })])
    expect(obstacle).toMatchObject({ reason, message: expect.stringContaining(`(${said}): no such host`) })
  })

  it.each(['ContainerCreating', 'PodInitializing'])('for %s has none: it is on its way', (said) => {
    expect(obstacleOf([aPod({ phase: 'Pending', containerStatuses: [waiting(said, '')] })])).toBeUndefined()
  })

  it('since what comes before it does not is told of that', () => {
    const initContainerStatuses = [waiting('CrashLoopBackOff', 'back-off 40s', 'clone')]
    expect(obstacleOf([aPod({ phase: 'Pending', initContainerStatuses })])).toEqual({
      reason: 'RunnerNotStarted',
      message: 'the container clone cannot be started (CrashLoopBackOff): back-off 40s',
    })
  })

  it('is told apart from a container beside it, and has none while no node has taken it', () => {
    const containerStatuses = [waiting('ImagePullBackOff', '', 'injected-proxy'), waiting('ContainerCreating', '')]
    expect(obstacleOf([aPod({ phase: 'Pending', containerStatuses })])).toBeUndefined()
    expect(obstacleOf([aPod({ phase: 'Pending' })])).toBeUndefined()
  })
})
