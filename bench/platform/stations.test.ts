import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { AuditEvent } from '#test/cluster/audit.ts'
import { anEvent } from './fixtures.ts'
import { acceptedAt, answeredIn, complete, jobCreatedAt, partsOf, scheduledAt } from './stations.ts'

let logs: string
beforeEach(() => {
  logs = mkdtempSync(join(tmpdir(), 'dormouse-stations-'))
})
afterEach(() => rmSync(logs, { recursive: true }))

const aLog = (pod: string, ...lines: readonly object[]) => {
  const dir = join(logs, `dormouse_${pod}_uid`, 'function')
  mkdirSync(dir, { recursive: true })
  const text = lines.map((line) => `2026-01-01T00:00:00.000000001Z stdout F ${JSON.stringify(line)}\n`)
  writeFileSync(join(dir, '0.log'), text.join(''))
}

const listening = { msg: 'listening', time: 2000, startMs: 90 }
const answered = {
  msg: 'answered',
  subject: '/apis/x/v1/namespaces/bench/things/one',
  sourceAt: '1970-01-01T00:00:01.010Z',
  brokerAt: '1970-01-01T00:00:01.015Z',
  receivedAt: '1970-01-01T00:00:02.050Z',
  time: 2100,
}
const stations = {
  accepted: 1000,
  atSource: 1010,
  atBroker: 1015,
  scheduled: 1400,
  started: 1910,
  listening: 2000,
  received: 2050,
  jobCreated: 2090,
}

const aCreate = (differing: Partial<AuditEvent>): AuditEvent =>
  anEvent(1, {
    verb: 'create',
    user: { username: 'f' },
    responseStatus: { code: 201 },
    requestReceivedTimestamp: '1970-01-01T00:00:01.000250Z',
    stageTimestamp: '1970-01-01T00:00:01.004000Z',
    ...differing,
  })

describe('the way of a change', () => {
  test('is read from the log of the Pod that answered it', () => {
    aLog('f-00001-deployment-1', { ...listening, time: 500 }, { ...answered, subject: '/things/another' })
    aLog('f-00001-deployment-2', listening, answered)
    expect(answeredIn(logs, 'f', 'one')).toEqual({
      pod: 'f-00001-deployment-2',
      atSource: 1010,
      atBroker: 1015,
      started: 1910,
      listening: 2000,
      received: 2050,
    })
  })

  test('is not known before the answer, nor from another function', () => {
    aLog('f-00001-deployment-1', listening)
    aLog('g-00001-deployment-1', listening, answered)
    expect(answeredIn(logs, 'f', 'one')).toBeUndefined()
  })

  test('has the parts of a cold start where the process began after the change, and sums up', () => {
    const { 'accepted to Job': whole, ...parts } = partsOf(stations)
    expect(parts).toMatchObject({ 'activator and autoscaler': 385, 'Pod start': 510, 'process to listening': 90 })
    expect(Object.values(parts).reduce((sum, each) => sum + each, 0)).toBe(whole)
    expect(partsOf({ ...stations, started: 10 })).toMatchObject({ 'Trigger and delivery': 1035 })
  })

  test('is refused where an event came without a time, and says which', () => {
    expect(complete(stations)).toBe(stations)
    expect(() => complete({ ...stations, atBroker: Date.parse('') })).toThrow(/stations: atBroker$/)
  })
})

test('a change is accepted when the API server gets the request, to the microsecond', () => {
  const ref = { resource: 'things', name: 'one' }
  expect(acceptedAt([aCreate({ objectRef: ref })], 'things', 'one')).toBe(1000.25)
  expect(acceptedAt([aCreate({ objectRef: ref })], 'things', 'two')).toBeUndefined()
})

test('a Job is made when the API server has answered so, to whom it answers', () => {
  const objectRef = { resource: 'jobs', name: 'any' }
  const refused = aCreate({ objectRef, responseStatus: { code: 409 }, stageTimestamp: '1970-01-01T00:00:09.000000Z' })
  expect(jobCreatedAt([aCreate({ objectRef }), refused], 'f', 1000)).toBe(1004)
  expect(jobCreatedAt([aCreate({ objectRef })], 'f', 1005)).toBeUndefined()
  expect(jobCreatedAt([aCreate({ objectRef })], 'g', 1000)).toBeUndefined()
})

test('a Pod is scheduled when the API server has bound it to its node', () => {
  const ref = { resource: 'pods', name: 'f-1' }
  const events = [aCreate({ objectRef: { ...ref, subresource: 'binding' } }), aCreate({ objectRef: ref })]
  expect(scheduledAt(events, 'f-1')).toBe(1004)
  expect(scheduledAt(events, 'f-2')).toBeUndefined()
  expect(scheduledAt(events.slice(1), 'f-1')).toBeUndefined()
})
