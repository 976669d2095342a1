import { expect, test } from 'vitest'
import type { Happening } from '#emulator/journal.ts'
import { createNarrator, textOf } from './show.ts'

const change = (resource: string, status: object, type: 'ADDED' | 'MODIFIED' | 'DELETED' = 'MODIFIED'): Happening => ({
  what: 'change',
  type,
  resource,
  ref: 'default/hello',
  resourceVersion: '1',
  object: { status },
})
const session = (phase: string, ...conditions: object[]) =>
  change('agenticsessions.vteam.ambient-code', { phase, conditions })

test('tells a phase once, with its reason where that says more, and the end of what it told of', () => {
  const narrate = createNarrator()
  const failed = { type: 'Ready', status: 'False', reason: 'RunnerExit', message: 'exit code 3' }
  expect(narrate(session('Running'))).toEqual({ who: 'agenticsession hello', what: 'Running', mood: 'plain' })
  expect(narrate(session('Running'))).toBeUndefined()
  expect(narrate(session('Failed', failed))?.what).toBe('Failed (RunnerExit: exit code 3)')
  expect(narrate(change('agenticsessions.vteam.ambient-code', {}, 'DELETED'))?.what).toBe('deleted')
  expect(narrate(change('jobs.batch', {}, 'DELETED'))).toBeUndefined()
})

test('tells what keeps a container from running, and not that it is being made', () => {
  const narrate = createNarrator()
  const waiting = (reason: string, message?: string) =>
    change('pods', { containerStatuses: [{ state: { waiting: { reason, ...(message && { message }) } } }] })
  expect(narrate(waiting('ContainerCreating'))).toBeUndefined()
  expect(narrate(waiting('CrashLoopBackOff', 'back-off 10s'))).toMatchObject({
    what: 'CrashLoopBackOff: back-off 10s',
    mood: 'bad',
  })
})

test('tells of deliveries that fail, and of no others', () => {
  const narrate = createNarrator()
  const delivery = (status: number): Happening => ({
    what: 'delivery',
    trigger: 'dormouse/jobs',
    event: '1',
    type: 't',
    subject: '/apis/batch/v1/namespaces/default/jobs/a',
    attempt: 2,
    status,
    ms: 1,
  })
  expect(narrate(delivery(204))).toBeUndefined()
  expect(narrate(delivery(503))).toEqual({ who: 'jobs', what: 'jobs/a: attempt 2 answered 503', mood: 'bad' })
})

test('writes plain lines where nobody sees colours', () => {
  const line = { who: 'hello', what: 'Failed', mood: 'bad' } as const
  expect(textOf(1.23, line, false)).toBe('   1.2 s  hello                        Failed')
  expect(textOf(1.23, line, true)).toContain('\u001b[31m')
})
