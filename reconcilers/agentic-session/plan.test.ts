import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isIdle, type Live, type Refusal, withoutDeadLetters } from '#sdk/index.ts'
import { mergePatch } from '#sdk/merge-patch.ts'
import { NOW } from '#test/ports.ts'
import { DESIRED_PHASE } from './annotations.ts'
import { afterWakeUp, aWorld, carriedOut, planFor, type World } from './arbitraries.ts'
import { aDeadLetter, aJob, aPod, aSession, minutesAgo } from './fixtures.ts'
import { factsOf, jobNameOf } from './job.ts'
import { afterPlan, type Given, inWords, plan, readyOf } from './plan-fixtures.ts'
import { type AgenticSession, type Phase, phaseOf, type Spec } from './schema.ts'
import { RUNNER } from './started-with.ts'

const stopAsked = { metadata: aSession({ desired: 'Stopped' }).metadata }

const jobs = {
  missing: undefined,
  creating: {},
  ready: { isReady: true },
  complete: { end: 'Complete' },
  failed: { end: 'Failed' },
  deleting: { isDeleting: true },
  foreign: { ownerUid: 'somebody-else' },
} as const

/**
 * Phase, Job | nothing asked | start asked | stop asked. `Idle` is the phase's own name: nothing happens. A phase that is absent is
 * like Pending, Stopped and Completed are like Failed, and so is the Error of old installations.
 */
const decisions = `
  Pending  missing  | Start +job => Creating        | Start -request +job => Creating  | UserStopped => Stopped ...
  Pending  creating | Creating => Creating          | Creating -request => Creating    | Stopping => Stopping ...
  Pending  ready    | Running => Running            | Running -request => Running      | Stopping => Stopping ...
  Pending  complete | Completed => Completed        | Completed -request => Completed  | Completed => Completed ...
  Pending  failed   | JobFailed => Failed           | JobFailed -request => Failed     | JobFailed => Failed ...
  Pending  deleting | Creating => Creating          | Creating -request => Creating    | Stopping => Stopping ...
  Pending  foreign  | JobNameTaken => Failed        | JobNameTaken -request => Failed  | UserStopped => Stopped ...
  Creating missing  | JobMissing => Failed          | JobMissing -request => Failed    | UserStopped => Stopped ...
  Creating creating | Creating => Creating          | Creating -request => Creating    | Stopping => Stopping ...
  Creating ready    | Running => Running            | Running -request => Running      | Stopping => Stopping ...
  Creating complete | Completed => Completed        | Completed -request => Completed  | Completed => Completed ...
  Creating failed   | JobFailed => Failed           | JobFailed -request => Failed     | JobFailed => Failed ...
  Creating deleting | Creating => Creating          | Creating -request => Creating    | Stopping => Stopping ...
  Creating foreign  | JobMissing => Failed          | JobMissing -request => Failed    | UserStopped => Stopped ...
  Running  missing  | JobMissing => Failed          | JobMissing -request => Failed    | UserStopped => Stopped ...
  Running  creating | Running => Running            | Running -request => Running      | Stopping => Stopping ...
  Running  ready    | Running => Running            | Running -request => Running      | Stopping => Stopping ...
  Running  complete | Completed => Completed        | Completed -request => Completed  | Completed => Completed ...
  Running  failed   | JobFailed => Failed           | JobFailed -request => Failed     | JobFailed => Failed ...
  Running  deleting | Running => Running            | Running -request => Running      | Stopping => Stopping ...
  Running  foreign  | JobMissing => Failed          | JobMissing -request => Failed    | UserStopped => Stopped ...
  Stopping missing  | UserStopped => Stopped ...    | UserStopped => Stopped ...       | UserStopped => Stopped ...
  Stopping creating | Stopping -job                 | Stopping -job                    | Stopping -job
  Stopping ready    | Stopping -job                 | Stopping -job                    | Stopping -job
  Stopping complete | Stopping -job                 | Stopping -job                    | Stopping -job
  Stopping failed   | Stopping -job                 | Stopping -job                    | Stopping -job
  Stopping deleting | Stopping                      | Stopping                         | Stopping
  Stopping foreign  | UserStopped => Stopped ...    | UserStopped => Stopped ...       | UserStopped => Stopped ...
  Failed   missing  | Idle                          | Restart => Pending ...           | StopCarriedOut -request
  Failed   creating | Leftover -job                 | Leftover -job                    | Leftover -job
  Failed   ready    | Leftover -job                 | Leftover -job                    | Leftover -job
  Failed   complete | Idle                          | Restart => Pending ...           | StopCarriedOut -request
  Failed   failed   | Idle                          | Restart => Pending ...           | StopCarriedOut -request
  Failed   deleting | Leftover                      | Leftover                         | Leftover
  Failed   foreign  | Idle                          | Restart => Pending ...           | StopCarriedOut -request
`
  .trim()
  .split('\n')
  .map((line) => line.split('|').map((cell) => cell.trim()))

const like = {
  Pending: [undefined, 'Pending'],
  Creating: ['Creating'],
  Running: ['Running'],
  Stopping: ['Stopping'],
  Failed: ['Failed', 'Stopped', 'Completed', 'Error'],
} as const

describe('a session', () => {
  for (const [given = '', ...cells] of decisions) {
    const [name, job] = given.split(/ +/) as [keyof typeof like, keyof typeof jobs]
    for (const phase of like[name]) {
      it(`that is ${phase ?? 'brand new'}, its Job ${job}, gets what the table says`, () => {
        const idle = phase === 'Error' ? 'Failed' : phase
        const facts = jobs[job]
        const decided = ([undefined, 'Running', 'Stopped'] as const).map((desired) => {
          const session = aSession({ phase, desired })
          return inWords(plan({ session, job: facts && aJob({ session, ...facts }) }))
        })
        expect(decided).toEqual(cells.map((cell) => cell.replace('Idle', idle ?? '')))
      })
    }
  }

  it('that is being deleted is left to garbage collection', () => {
    const session = aSession({ phase: 'Running', isDeleting: true, desired: 'Stopped' })
    expect(plan({ session, job: aJob({ session }) })).toEqual({ reason: 'Deleting' })
  })

  it('has the Job of the attempt before removed first', () => {
    const session = aSession({ phase: 'Pending', attempt: 2 })
    const { actions } = plan({ session, previous: aJob({ session, attempt: 1, isReady: true }) })
    expect(actions?.map((action) => (action.verb === 'delete' ? action : action.verb))).toEqual([
      {
        verb: 'delete',
        kind: expect.objectContaining({ kind: 'Job' }),
        ref: { namespace: 'team-a', name: jobNameOf(session, 1) },
        uid: 'job-uid-1',
      },
      'create',
    ])
  })

  it.each([
    ['has ended', { end: 'Complete' }],
    ['is being deleted', { isDeleting: true }],
    ["is somebody else's", { ownerUid: 'somebody-else' }],
  ] as const)('has the Job of the attempt before left alone where it %s', (_, facts) => {
    const session = aSession({ phase: 'Pending', attempt: 2 })
    const { actions } = plan({ session, previous: aJob({ session, attempt: 1, ...facts }) })
    expect(actions?.map(({ verb }) => verb)).toEqual(['create'])
  })
})

describe('a dead letter', () => {
  it('is off the status once any plan is carried out, and nothing else with it', () =>
    fc.assert(
      fc.property(aWorld, (world) => {
        const { deadLetters, conditions = [] } = afterWakeUp(world).session.status ?? {}
        const isLeft = world.session.metadata.deletionTimestamp !== undefined && world.session.status?.deadLetters
        expect(deadLetters).toEqual(isLeft ? aDeadLetter.deadLetters : undefined)
        expect(conditions.some(({ type }) => type === 'EventsDelivered')).toBe(isLeft !== undefined && isLeft !== false)
      }),
    ))

  it('leaves the conditions of others where they are', () => {
    const foreign = { type: 'ReposReconciled', status: 'True' } as const
    const conditions = [...(aDeadLetter.conditions ?? []), foreign]
    const session = aSession({ phase: 'Completed', status: { ...aDeadLetter, conditions } })
    expect(plan({ session }).status).toEqual({ ...session.status, deadLetters: undefined, conditions: [foreign] })
  })
})

describe('a restart', () => {
  const ended = aSession({
    phase: 'Stopped',
    desired: 'Running',
    attempt: 2,
    status: {
      completionTime: minutesAgo(5),
      stoppedReason: 'user',
      lastActivityTime: minutesAgo(6),
      sdkSessionId: 'kept',
    },
  })

  it('begins a new attempt, from now, with a Job of its own', () => {
    expect(plan({ session: ended }).status).toMatchObject({
      phase: 'Pending',
      attempt: 3,
      jobName: jobNameOf(ended, 3),
      startTime: '2026-03-01T12:00:00Z',
      sdkSessionId: 'kept',
    })
  })

  it('forgets how and when the last attempt ended', () => {
    const { status } = plan({ session: ended })
    for (const field of ['completionTime', 'stoppedReason', 'lastActivityTime'])
      expect(status).not.toHaveProperty(field)
  })

  it('never starts the Job of the last attempt again', () => {
    const world = { session: ended, job: undefined, previous: undefined, refusal: undefined }
    const restarted = carriedOut(world, planFor(world))
    expect(planFor(restarted).actions).toContainEqual(
      expect.objectContaining({
        verb: 'create',
        object: expect.objectContaining({ metadata: expect.objectContaining({ name: jobNameOf(ended, 3) }) }),
      }),
    )
  })

  it('asked for while the session is Stopping is carried out once it has stopped', () => {
    const session = aSession({ phase: 'Stopping', desired: 'Running' })
    const stopping = { session, job: aJob({ session, isDeleting: true }), previous: undefined, refusal: undefined }
    expect(phaseOf(afterWakeUp(stopping).session)).toBe('Stopping')
    const { session: started, job } = afterWakeUp({ ...stopping, job: undefined })
    expect(started.status).toMatchObject({ phase: 'Creating', attempt: 2 })
    expect(started.metadata.annotations).not.toHaveProperty(DESIRED_PHASE)
    expect(job?.metadata.name).toBe(jobNameOf(session, 2))
  })
})

describe('a spec that is older than its schema', () => {
  /** What may be stored is not what may be written. */
  const old = (desired?: 'Running'): Live<AgenticSession> => ({
    ...aSession({ desired }),
    spec: { timeout: 'soon' } as unknown as Spec,
  })

  it('fails its session by the name of its fault, before any Job', () => {
    const { status, actions } = plan({ session: old() })
    expect(readyOf(status)).toMatchObject({ reason: 'InvalidSpec', message: 'spec.timeout is "soon", must be integer' })
    expect(actions).toEqual([])
  })

  it('does not start its session over and over', () => {
    const failed = afterWakeUp({ session: old('Running'), job: undefined, previous: undefined, refusal: undefined })
    expect(failed.session.status?.phase).toBe('Failed')
    expect(isIdle(planFor(failed), failed.session)).toBe(true)
  })

  it('says no more of a thousand faults than a condition can hold', () => {
    const variables = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`${i}${'x'.repeat(2000)}`, 1]))
    const session = { ...aSession(), spec: { environmentVariables: variables } as unknown as Spec }
    const { message = '' } = readyOf(plan({ session }).status) ?? {}
    expect(message.length).toBeLessThan(32_768)
    expect(message).toMatch(/; and 984 more$/)
  })

  it('does not keep its session from being stopped', () => {
    expect(plan({ session: { ...old(), ...stopAsked } }).status?.phase).toBe('Stopped')
  })
})

it('a session whose variables no process could hold fails by the name of the field, before any Job', () => {
  const spec = { mcpServers: { custom: { a: { words: 'x'.repeat(200_000) } } } }
  const { status, actions } = plan({ session: aSession({ spec }) })
  expect(readyOf(status)).toMatchObject({ reason: 'InvalidSpec', message: expect.stringContaining('spec.mcpServers') })
  expect(actions).toEqual([])
})

describe('a Job that the API server refuses', () => {
  const refusedAs = (reason: Refusal['reason']) => ({ reason, message: 'spec.template: too much of it' })

  it('because of its content fails the session for good, even one made with a start request', () => {
    const session = aSession({ desired: 'Running' })
    const world = { session, job: undefined, previous: undefined, refusal: refusedAs('Invalid') }
    const failed = afterWakeUp(world)
    expect(failed.session.status).toMatchObject({ phase: 'Failed', attempt: 1 })
    expect(readyOf(failed.session.status)).toMatchObject({
      status: 'False',
      reason: 'InvalidSpec',
      message: 'spec.template: too much of it',
    })
    expect(isIdle(planFor({ ...failed, refusal: undefined }), failed.session)).toBe(true)
  })

  it('for lack of quota leaves the session Pending and says so', () => {
    const { status, actions, announce } = plan({ refusal: refusedAs('QuotaExceeded') })
    expect(status?.phase).toBe('Pending')
    expect(readyOf(status)).toMatchObject({ status: 'False', reason: 'QuotaExceeded' })
    expect({ actions, announce }).toEqual({ actions: undefined, announce: undefined })
  })

  it('in a namespace that is going away writes nothing', () => {
    expect(plan({ refusal: refusedAs('NamespaceTerminating') })).toEqual({ reason: 'NamespaceTerminating' })
  })
})

/** A session that nothing else exists for. */
const alone = { job: undefined, previous: undefined, refusal: undefined }

describe('a deadline', () => {
  const session = aSession({ phase: 'Running', spec: { timeout: 300 } })
  const startTime = minutesAgo(7)
  /** The timeout of 5 minutes and 2 minutes of grace. */
  const deadline = NOW

  it('is not reached a millisecond before', () => {
    const early = plan({ session, job: aJob({ session, startTime }), now: new Date(deadline.getTime() - 1) })
    expect(early).toMatchObject({ reason: 'Running', checkAgainAt: deadline })
  })

  it('is reached exactly at its time', () => {
    const late = plan({ session, job: aJob({ session, startTime }), now: deadline })
    expect(inWords(late)).toBe('DeadlineExceeded => Stopping ...')
    expect(readyOf(late.status)).toMatchObject({
      reason: 'DeadlineExceeded',
      message: expect.stringContaining('300 s'),
    })
  })

  it('ends the Job, and then the session as Failed', () => {
    const stopping = afterWakeUp({ ...alone, session, job: aJob({ session, startTime }) })
    expect(stopping.job?.metadata.deletionTimestamp).toBeDefined()
    expect(stopping.session.status?.phase).toBe('Stopping')
    const { status } = afterWakeUp({ ...stopping, job: undefined }).session
    expect(status).toMatchObject({ phase: 'Failed', completionTime: '2026-03-01T12:00:00Z' })
    expect(readyOf(status)?.reason).toBe('DeadlineExceeded')
  })

  it('does not take a start request that came before it for one of the next attempt', () => {
    const asked = aSession({ phase: 'Running', desired: 'Running', spec: { timeout: 300 } })
    const stopping = afterWakeUp({ ...alone, session: asked, job: aJob({ session, startTime }) })
    expect(afterWakeUp({ ...stopping, job: undefined }).session.status).toMatchObject({ phase: 'Failed', attempt: 1 })
  })

  it('does not keep a start request that comes behind it from being carried out', () => {
    const stopping = afterWakeUp({ ...alone, session, job: aJob({ session, startTime }) })
    const { annotations } = aSession({ desired: 'Running' }).metadata
    const asked = {
      ...stopping.session,
      metadata: { ...stopping.session.metadata, ...(annotations && { annotations }) },
    }
    const started = afterWakeUp({ ...alone, session: asked })
    expect(started.session.status).toMatchObject({ phase: 'Creating', attempt: 2 })
  })

  it('is never reached by a Job that was started without one', () => {
    const { spec, ...job } = aJob({ session, startTime: minutesAgo(600) })
    const { activeDeadlineSeconds: _, ...unlimited } = spec as NonNullable<typeof spec>
    expect(plan({ session, job: { ...job, spec: unlimited } }).reason).toBe('Running')
  })

  it('counts from the creation of a Job that has not started', () => {
    expect(plan({ session, job: aJob({ session }) }).checkAgainAt).toEqual(new Date('2026-03-01T12:04:00Z'))
  })

  it("is the schema's own for a session from before it", () => {
    const session = aSession({ phase: 'Running', spec: {} })
    expect(plan({ session, job: aJob({ session, startTime }) }).reason).toBe('DeadlineExceeded')
    expect(plan({ session, job: aJob({ session, startTime: minutesAgo(6) }) }).reason).toBe('Running')
  })

  it('lets a Job that ended at the last moment be what it is', () => {
    expect(plan({ session, job: aJob({ session, startTime, end: 'Complete' }) }).status?.phase).toBe('Completed')
  })

  it.each([
    ['whose Job is suspended', { timeout: 300 }, { isSuspended: true }],
    ['with timeout 0', { timeout: 0 }, {}],
  ] as const)('does not exist for a session %s', (_, spec, facts) => {
    const session = aSession({ phase: 'Creating', spec })
    const decided = plan({ session, job: aJob({ session, startTime: minutesAgo(10_000), ...facts }) })
    expect(inWords(decided)).toBe('Creating => Creating')
    expect(decided).not.toHaveProperty('checkAgainAt')
  })
})

describe('a runner whose image cannot be pulled', () => {
  const session = aSession({ phase: 'Creating', spec: { timeout: 300 } })
  const state = { waiting: { reason: 'ImagePullBackOff', message: 'not found' } }
  const waiting = { name: RUNNER, image: 'runner:1', imageID: '', ready: false, restartCount: 0, state }
  const pods = [aPod({ status: { phase: 'Pending', containerStatuses: [waiting] } })]
  const since = NOW.getTime() - 60_000
  const job = aJob({ session, startTime: new Date(since).toISOString() })

  it('has a minute, for a registry may come back', () => {
    expect(plan({ session, job, pods, now: new Date(NOW.getTime() - 1) }).reason).toBe('Creating')
  })

  it('fails the session for it then, and its Job goes', () => {
    const late = plan({ session, job, pods })
    expect(inWords(late)).toBe('ImageNotPulled => Stopping ...')
    const stopping = afterWakeUp({
      session: carriedOut({ ...alone, session, job }, late).session,
      job,
      previous: undefined,
      refusal: undefined,
    })
    expect(stopping.job?.metadata.deletionTimestamp).toBeDefined()
    const { status } = afterWakeUp({ ...stopping, job: undefined }).session
    expect(status?.phase).toBe('Failed')
    expect(readyOf(status)).toMatchObject({
      reason: 'ImageNotPulled',
      message: 'the image runner:1 cannot be pulled (ImagePullBackOff): not found',
    })
    expect(status?.conditions?.find(({ type }) => type === 'RunnerStarted')?.status).not.toBe('True')
  })

  it('until its timeout passes is told apart from work that takes long', () => {
    const ended = { session, job: aJob({ session, end: 'Failed', endReason: 'DeadlineExceeded' }) }
    const timeout = 'the session ran into its timeout of 300 s (spec.timeout)'
    const said = (given: Given) => readyOf(plan(given).status)?.message
    expect(said({ ...ended, pods })).toBe(
      `${timeout}; its runner was not seen to start: the image runner:1 cannot be pulled (ImagePullBackOff): not found`,
    )
    expect(said(ended)).toBe(`${timeout}; its runner was not seen to start`)
    expect(said({ ...ended, session: aSession({ phase: 'Running', spec: { timeout: 300 } }) })).toBe(timeout)
  })

  it('that runs after all goes on', () => {
    expect(plan({ session, job: aJob({ session, isReady: true, startTime: minutesAgo(2) }), pods }).reason).toBe(
      'Running',
    )
  })
})

describe('a runner that no node has room for', () => {
  const scheduled = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/3 nodes: no memory' }
  const session = aSession({ phase: 'Creating', spec: { timeout: 0 } })
  const job = aJob({ session, startTime: minutesAgo(2) })

  it("waits, and tells so in the scheduler's words", () => {
    const { status } = plan({ session, job, pods: [aPod({ status: { conditions: [scheduled] } })] })
    expect(status?.phase).toBe('Creating')
    expect(readyOf(status)?.message).toBe('waiting for a node: 0/3 nodes: no memory')
    expect(status?.conditions).toContainEqual(expect.objectContaining(scheduled))
  })

  it('whose Job has no Pod a minute after it began is told where to look for the reason', () => {
    expect(readyOf(plan({ session, job }).status)?.message).toMatch(/^waiting for a Pod: Job \S+ has none; `kubectl/)
    const young = aJob({ session, startTime: minutesAgo(0) })
    expect(readyOf(plan({ session, job: young }).status)?.message).toBe('waiting for the runner to start')
    const scheduledPod = aPod({ status: { phase: 'Pending' } })
    expect(readyOf(plan({ session, job, pods: [scheduledPod] }).status)?.message).toBe(
      'waiting for the runner to start',
    )
  })

  it('says so no longer once it has started', () => {
    const waiting = afterPlan({ session, job, pods: [aPod({ status: { conditions: [scheduled] } })] })
    const { status } = plan({ session: waiting, job: aJob({ session, isReady: true }) })
    expect(status?.conditions).toContainEqual(expect.objectContaining({ type: 'PodScheduled', status: 'True' }))
  })
})

describe('the status', () => {
  const foreign = { type: 'Audited', status: 'True', reason: 'ByTheBackend' } as const

  it('keeps the fields and conditions of others', () => {
    const others = { lastActivityTime: minutesAgo(1), sdkRestartCount: 3, sdkSessionId: 'kept' }
    const session = aSession({ phase: 'Creating', status: { ...others, conditions: [foreign] } })
    const { status } = plan({ session, job: aJob({ session, isReady: true }) })
    expect(status).toMatchObject({ phase: 'Running', ...others })
    expect(status?.conditions).toContainEqual(foreign)
  })

  it('moves the transition time of a condition only when its status changes', () => {
    const before = minutesAgo(9)
    const session = aSession({
      phase: 'Creating',
      status: {
        conditions: [
          { type: 'Ready', status: 'False', reason: 'Creating', lastTransitionTime: before },
          { type: 'JobCreated', status: 'True', reason: 'JobCreated', lastTransitionTime: before },
        ],
      },
    })
    const { status } = plan({ session, job: aJob({ session, isReady: true }) })
    const times = status?.conditions?.map(({ type, lastTransitionTime }) => [type, lastTransitionTime])
    expect(Object.fromEntries(times ?? [])).toEqual({
      Ready: minutesAgo(0),
      JobCreated: before,
      PodScheduled: minutesAgo(0),
      RunnerStarted: minutesAgo(0),
    })
  })

  it('speaks of the generation that it was planned from', () => {
    const session = aSession({ phase: 'Running', generation: 4, status: { observedGeneration: 3 } })
    const { status } = plan({ session, job: aJob({ session, isReady: true }) })
    expect(status?.observedGeneration).toBe(4)
    expect(readyOf(status)?.observedGeneration).toBe(4)
  })

  it('takes the time of an end from the Job', () => {
    const session = aSession({ phase: 'Running' })
    for (const end of ['Complete', 'Failed'] as const) {
      expect(plan({ session, job: aJob({ session, end }) }).status?.completionTime).toBe(minutesAgo(1))
    }
  })

  it('knows from how a Pod ended that its runner had started', () => {
    const runnerThat = (exitCode: number) =>
      aPod({
        status: {
          phase: 'Failed',
          containerStatuses: [
            {
              name: RUNNER,
              image: '',
              imageID: '',
              ready: false,
              restartCount: 0,
              state: { terminated: { exitCode } },
            },
          ],
        },
      })
    const session = aSession({ phase: 'Creating' })
    const job = aJob({ session, end: 'Failed' })
    expect(plan({ session, job, pods: [runnerThat(1)] }).status).toMatchObject({ phase: 'Failed', hasRun: true })
    expect(plan({ session, job }).status).not.toHaveProperty('hasRun')
  })

  it('names the missing Job of a session that an older operator had started', () => {
    const { jobName: _, ...status } = aSession({ phase: 'Running' }).status ?? {}
    const session = { ...aSession(), status }
    expect(readyOf(plan({ session }).status)?.message).not.toContain('undefined')
  })
})

describe('an end', () => {
  it.each([
    ['Completed', { end: 'Complete' }, 'completed'],
    ['Failed', { end: 'Failed' }, 'failed'],
  ] as const)('as %s is announced', (phase, facts, word) => {
    const session = aSession({ phase: 'Running', attempt: 2 })
    const { announce, reason } = plan({ session, job: aJob({ session, ...facts }) })
    expect(announce).toEqual({
      type: `dev.dormouse.agenticsession.${word}`,
      subject: 'team-a/tidy-up',
      data: { namespace: 'team-a', name: 'tidy-up', uid: session.metadata.uid, attempt: 2, phase, reason },
    })
  })

  it('that is over is not announced again', () => {
    const session = aSession({ phase: 'Completed' })
    expect(plan({ session, job: aJob({ session, end: 'Complete' }) })).toEqual({ reason: 'Completed' })
  })
})

/** Where a session may go, by one status write. */
const graph: Record<Phase, readonly Phase[]> = {
  Pending: ['Pending', 'Creating', 'Running', 'Stopping', 'Stopped', 'Completed', 'Failed'],
  Creating: ['Creating', 'Running', 'Stopping', 'Stopped', 'Completed', 'Failed'],
  Running: ['Running', 'Stopping', 'Stopped', 'Completed', 'Failed'],
  Stopping: ['Stopped', 'Failed'],
  Stopped: ['Pending'],
  Completed: ['Pending'],
  Failed: ['Pending'],
}

describe('in any world', () => {
  const always = (holds: (world: World) => void) => fc.assert(fc.property(aWorld, holds), { numRuns: 2000 })

  /** The status that a plan wants; `undefined` where it does no more than take a dead letter off. */
  const wantedIn = (world: World) => {
    const { status } = planFor(world)
    const given = world.session.status
    return status && given && !mergePatch(withoutDeadLetters(given), status) ? undefined : status
  }

  it('planning twice gives the same', () =>
    always((world) => {
      expect(planFor(world)).toEqual(planFor(structuredClone(world)))
    }))

  it('a wake-up leaves nothing for a second one to write', () =>
    always((world) => {
      const next = afterWakeUp(world)
      const second = planFor(next)
      expect(isIdle(second, next.session), inWords(second)).toBe(true)
    }))

  it('phases follow the graph', () =>
    always((world) => {
      const next = wantedIn(world)?.phase
      if (next) expect(graph[phaseOf(world.session)]).toContain(next)
    }))

  it('an ended session is left only by a start request, and then for the next attempt', () =>
    always((world) => {
      const { session } = world
      if (!['Stopped', 'Completed', 'Failed'].includes(phaseOf(session))) return
      const status = wantedIn(world)
      if (!status) return
      expect(session.metadata.annotations?.[DESIRED_PHASE]).toBe('Running')
      expect(status.attempt).toBe((session.status?.attempt ?? 1) + 1)
    }))

  it('the attempt and the observed generation never decrease', () =>
    always((world) => {
      const status = wantedIn(world)
      if (!status) return
      expect(status.attempt).toBeGreaterThanOrEqual(world.session.status?.attempt ?? 1)
      expect(status.observedGeneration).toBe(world.session.metadata.generation)
    }))

  it('a Job is made only where there is none, the session is not going away, and a stop is not asked for', () =>
    always((world) => {
      const { actions = [] } = planFor(world)
      if (!actions.some(({ verb }) => verb === 'create')) return
      expect(world.job).toBeUndefined()
      expect(world.session.metadata.deletionTimestamp).toBeUndefined()
      expect(world.session.metadata.annotations?.[DESIRED_PHASE]).not.toBe('Stopped')
    }))

  it('no Job of another owner is ever deleted', () =>
    always((world) => {
      const foreign = [world.job, world.previous].filter(
        (job) => job && job.metadata.ownerReferences?.[0]?.uid !== world.session.metadata.uid,
      )
      const deleted = (planFor(world).actions ?? []).flatMap((action) => (action.verb === 'delete' ? action.uid : []))
      for (const job of foreign) expect(deleted).not.toContain(job?.metadata.uid)
    }))

  it('an ended session with nothing asked of it has no Job left to run', () =>
    always((world) => {
      const { session, job } = afterWakeUp(world)
      const isOver = ['Stopped', 'Completed', 'Failed'].includes(session.status?.phase ?? '')
      const isOurs = job?.metadata.ownerReferences?.[0]?.uid === session.metadata.uid
      if (!isOver || !isOurs || session.metadata.deletionTimestamp !== undefined || !job) return
      expect(factsOf(job).end ?? job.metadata.deletionTimestamp).toBeDefined()
    }))
})
