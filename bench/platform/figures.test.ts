import { describe, expect, test } from 'vitest'
import type { AuditEvent } from '#test/cluster/audit.ts'
import { reportOf } from '../report.ts'
import { sessionFigures, timeFigures } from './figures.ts'
import { anEvent, asked } from './fixtures.ts'
import type { Sample } from './follow.ts'

const aSample = (took: number): Sample => ({
  stations: {
    accepted: 0,
    atSource: 5,
    atBroker: 10,
    scheduled: 400,
    started: 900,
    listening: 1000,
    received: 1100,
    jobCreated: took,
  },
  conditions: {},
  requests: [],
})

describe('the figures of times', () => {
  test('are medians beside those of the bare function, with the goal on the whole way', () => {
    const figures = timeFigures('cold', { ours: [1300, 1500].map(aSample), bare: [1200, 1100].map(aSample) })
    expect(figures).toContainEqual({
      name: 'platform/cold/accepted to Job',
      value: 1400,
      unit: 'ms',
      baseline: 1150,
      goal: 1.25,
    })
    expect(figures).toContainEqual(expect.objectContaining({ name: 'platform/cold/Pod start', value: 500 }))
    expect(figures.filter(({ goal, limit }) => goal ?? limit)).toHaveLength(1)
  })

  test('miss the goal where ours takes longer, and cannot be made of no sample', () => {
    const slow = timeFigures('cold', { ours: [aSample(1500)], bare: [aSample(1199)] })
    expect(reportOf(slow, 'table').missed).toEqual([expect.stringContaining('accepted to Job')])
    expect(() => timeFigures('cold', { ours: [aSample(1500)], bare: [] })).toThrow('of nothing')
  })
})

const pod = (name: string) => ({ resource: 'pods', namespace: 'dormouse', name })
const aLife = (name: string, from: number, to: number): AuditEvent[] => [
  anEvent(from, { verb: 'create', objectRef: { ...pod(name), subresource: 'binding' } }),
  anEvent(to, { verb: 'delete', objectRef: pod(name) }),
]

describe('what a session costs', () => {
  const span = { from: 10_000, to: 100_000 }
  const first = anEvent(0, {})
  const last = anEvent(100, {})
  const sessionPods = aLife('on-session-event-1', 20, 60)
  const jobPods = aLife('on-job-event-1', 25, 75)

  test('is the time of both Pods, of each by itself and together, over the sessions', () => {
    const events = [first, ...sessionPods, ...jobPods, asked(30, 'on-job-event'), last]
    const figures = sessionFigures(events, span, 2)
    expect(figures.map(({ name, value }) => [name, value])).toEqual([
      ['platform/session/Pods of on-session-event', 20],
      ['platform/session/API requests of on-session-event', 0],
      ['platform/session/Pods of on-job-event', 25],
      ['platform/session/API requests of on-job-event', 0.5],
      ['platform/session/Pods', 45],
      ['platform/session/Pods, until asked to end', 45],
      ['platform/session/API requests', 0.5],
    ])
  })

  test('is not known where a Pod is missing, or its end', () => {
    expect(() => sessionFigures([first, ...sessionPods, last], span, 1)).toThrow(
      'no session woke a Pod of on-job-event',
    )
    expect(() => sessionFigures([first, ...sessionPods, ...jobPods.slice(0, 1), last], span, 1)).toThrow(
      'no audit event of the end of Pod on-job-event-1',
    )
  })
})
