import { describe, expect, it } from 'vitest'
import { DESIRED_PHASE, FORCE_EXECUTE_PROMPT, STOP_REASON } from './annotations.ts'
import { afterWakeUp } from './arbitraries.ts'
import { aJob, aSession } from './fixtures.ts'
import { plan, readyOf } from './plan-fixtures.ts'
import { RUNNER } from './started-with.ts'

const alone = { job: undefined, previous: undefined, refusal: undefined }

const environment = (job: ReturnType<typeof aJob> | undefined) =>
  job?.spec?.template.spec?.containers.find(({ name }) => name === RUNNER)?.env?.map(({ name }) => name)

describe('a stop', () => {
  it.each([
    ['a user', undefined, 'user', 'UserStopped'],
    ['a user, whatever he calls it', 'boredom', 'user', 'UserStopped'],
    ['the backend for inactivity', 'inactivity', 'inactivity', 'InactivityTimeout'],
    ['the backend after its run', 'run-finished', 'run-finished', 'RunFinished'],
  ])('by %s is told as that', (_, annotation, stoppedReason, reason) => {
    const annotations = annotation === undefined ? {} : { [STOP_REASON]: annotation }
    const { session } = afterWakeUp({ ...alone, session: aSession({ desired: 'Stopped', annotations }) })
    expect(session.status).toMatchObject({ phase: 'Stopped', stoppedReason })
    expect(readyOf(session.status)?.reason).toBe(reason)
    expect(session.metadata.annotations).toEqual({})
  })

  it('leaves nothing that the next one could be taken for', () => {
    const annotations = { [STOP_REASON]: 'inactivity', 'ambient-code.io/stop-requested-at': 'then' }
    const session = aSession({ phase: 'Stopping', desired: 'Running', annotations })
    expect(afterWakeUp({ ...alone, session }).session.metadata.annotations).toEqual({})
  })
})

describe('a prompt', () => {
  const again = (annotations: Record<string, string>) =>
    aSession({ phase: 'Stopped', desired: 'Running', annotations, status: { hasRun: true } })

  it('of a session that has run is not run again', () => {
    expect(environment(afterWakeUp({ ...alone, session: again({}) }).job)).toContain('IS_RESUME')
  })

  it('that is forced is run once more, and not by the attempt after that', () => {
    const forced = afterWakeUp({ ...alone, session: again({ [FORCE_EXECUTE_PROMPT]: 'true' }) })
    expect(environment(forced.job)).not.toContain('IS_RESUME')
    expect(forced.session.metadata.annotations).toEqual({})
    const ended = {
      ...forced.session,
      metadata: { ...forced.session.metadata, annotations: { [DESIRED_PHASE]: 'Running' } },
    }
    const session = { ...ended, status: { ...ended.status, phase: 'Stopped' as const } }
    expect(environment(afterWakeUp({ ...alone, session }).job)).toContain('IS_RESUME')
  })

  it('that is forced stays so until its Job is there: a crash in between loses nothing', () => {
    const pending = { ...again({ [FORCE_EXECUTE_PROMPT]: 'true' }), status: { phase: 'Pending' as const } }
    const actions = plan({ session: pending }).actions ?? []
    expect(actions.map(({ verb }) => verb)).toEqual(['unannotate', 'create', 'unannotate'])
    expect(actions[0]).not.toMatchObject({ annotations: expect.arrayContaining([FORCE_EXECUTE_PROMPT]) })
  })

  it.each<['Pending' | 'Creating', Parameters<typeof aJob>[0]]>([
    ['Pending', {}],
    ['Pending', { end: 'Complete' }],
    ['Creating', { end: 'Failed' }],
  ])('that is forced is not again where the session was %s as who made its Job was gone: %j', (phase, facts) => {
    const session = aSession({ phase, annotations: { [FORCE_EXECUTE_PROMPT]: 'true' } })
    const after = afterWakeUp({ ...alone, session, job: aJob({ session, ...facts }) })
    expect(after.session.metadata.annotations).toEqual({})
  })

  it('that is forced for the next attempt is not taken by the one that runs', () => {
    const session = aSession({ phase: 'Running', annotations: { [FORCE_EXECUTE_PROMPT]: 'true' } })
    expect(plan({ session, job: aJob({ session, isReady: true }) }).actions).toEqual([])
  })
})
