import { describe, expect, test } from 'vitest'
import type { Kind, Live } from '#sdk/index.ts'
import { changeFor, eventOf, namespaceKind, turnKeyOf, watchedBy } from './source.ts'

const jobs: Kind = { apiVersion: 'batch/v1', kind: 'Job', plural: 'jobs', scope: 'Namespaced' }
const managed = 'ambient-code.io/managed=true'

const aJob = (labels: Record<string, string> = {}): Live => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name: 'j', namespace: 'team', uid: 'u', resourceVersion: '1', labels },
})

describe('the kinds to watch', () => {
  test('are namespaces first, and each once', () => {
    const labels = { app: 'a' }
    expect(
      watchedBy([
        { kind: jobs, labels },
        { kind: jobs, labels: { ...labels } },
      ]),
    ).toEqual([
      { kind: namespaceKind, labelSelector: managed },
      { kind: jobs, labelSelector: 'app=a' },
    ])
  })

  test('have no labels where those who subscribe do not agree on them', () => {
    expect(
      watchedBy([
        { kind: jobs, labels: { app: 'a' } },
        { kind: jobs, labels: { app: 'b' } },
        { kind: namespaceKind, labels: undefined },
      ]),
    ).toEqual([
      { kind: namespaceKind, labelSelector: undefined },
      { kind: jobs, labelSelector: undefined },
    ])
  })
})

describe('a change, to whom objects with certain labels concern,', () => {
  const [ours, theirs] = [aJob({ app: 'ours' }), aJob({ app: 'theirs' })]
  test.each([
    ['add', ours, undefined, 'add'],
    ['add', theirs, undefined, undefined],
    ['update', ours, ours, 'update'],
    ['update', ours, theirs, 'add'],
    ['update', theirs, ours, 'delete'],
    ['update', theirs, theirs, undefined],
    ['delete', ours, ours, 'delete'],
    ['delete', ours, undefined, 'delete'],
    ['delete', theirs, theirs, undefined],
  ] as const)('%s of %j after %j is: %s', (type, object, before, expected) => {
    expect(changeFor({ app: 'ours' }, { type, object, before })).toBe(expected)
  })
})

test('an event is what ApiServerSource sends in Resource mode', () => {
  const time = new Date('2026-01-01T00:00:00Z')
  const event = eventOf('update', aJob(), { source: 'https://10.96.0.1', time })
  expect(event.toJSON()).toEqual({
    specversion: '1.0',
    id: expect.stringMatching(/^[-0-9a-f]{36}$/),
    type: 'dev.knative.apiserver.resource.update',
    source: 'https://10.96.0.1',
    subject: '/apis/batch/v1/namespaces/team/jobs/j',
    time: '2026-01-01T00:00:00.000Z',
    datacontenttype: 'application/json',
    apiversion: 'batch/v1',
    kind: 'Job',
    name: 'j',
    namespace: 'team',
    data: aJob(),
  })
})

test('an event about an object without a namespace has an empty one', () => {
  const metadata = { name: 'team', uid: 'u', resourceVersion: '1' }
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata } as unknown as Live
  const event = eventOf('add', namespace, { source: 'https://10.96.0.1', time: new Date(0) })
  expect(event.subject).toBe('/apis/v1/namespaces//namespaces/team')
  expect(event['namespace']).toBe('')
})

test('turns are called as the loop calls them', () => {
  expect(turnKeyOf(aJob())).toBe('Job team/j')
})
