import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isIdle, type Live } from '#sdk/index.ts'
import { DESIRED_PHASE } from './annotations.ts'
import { afterWakeUp, aWorld, planFor } from './arbitraries.ts'
import { aDeadLetter, aSession } from './fixtures.ts'
import { ignoredSession } from './ignored-session.ts'
import type { AgenticSession } from './schema.ts'

const ignored = (session: Live<AgenticSession>, change: 'add' | 'update' | 'delete' = 'update') =>
  ignoredSession({ change, object: session })

describe('a change of a session', () => {
  it.each([
    ['that says it is gone', aSession({ desired: 'Running' }), 'delete', 'Deleted'],
    ['that says it is going', aSession({ phase: 'Running', isDeleting: true }), 'update', 'Deleted'],
    ['that echoes our own write', aSession({ phase: 'Creating' }), 'update', 'WaitsForJob'],
    ['while it runs', aSession({ phase: 'Running' }), 'update', 'WaitsForJob'],
    ['while it stops', aSession({ phase: 'Stopping' }), 'update', 'WaitsForJob'],
    ['after its end', aSession({ phase: 'Failed' }), 'update', 'Ended'],
  ] as const)('%s is ignored', (_, session, change, reason) => {
    expect(ignored(session, change)).toBe(reason)
  })

  it.each([
    ['that makes it', aSession(), 'add'],
    ['that asks for a start', aSession({ phase: 'Stopped', desired: 'Running' }), 'update'],
    ['that asks for a stop', aSession({ phase: 'Running', desired: 'Stopped' }), 'update'],
    [
      'that edits its spec while it runs',
      aSession({ phase: 'Running', generation: 2, status: { observedGeneration: 1 } }),
      'update',
    ],
    ['that a restarted source tells as an add', aSession({ phase: 'Pending' }), 'add'],
    ['that records a dead letter while it runs', aSession({ phase: 'Running', status: aDeadLetter }), 'update'],
    ['that records a dead letter after its end', aSession({ phase: 'Completed', status: aDeadLetter }), 'update'],
  ] as const)('%s is looked into', (_, session, change) => {
    expect(ignored(session, change)).toBeUndefined()
  })

  type Edit = (session: Live<AgenticSession>) => Live<AgenticSession>
  const annotated =
    (key: string, value: string): Edit =>
    (session) => ({
      ...session,
      metadata: { ...session.metadata, annotations: { ...session.metadata.annotations, [key]: value } },
    })
  const edit = fc.constantFrom<Edit>(
    (session) => session,
    annotated(DESIRED_PHASE, 'Running'),
    annotated(DESIRED_PHASE, 'Stopped'),
    annotated('somebody.else/note', 'x'),
    ({ metadata, ...session }) => ({
      ...session,
      spec: { ...session.spec, displayName: 'other' },
      metadata: { ...metadata, generation: (metadata.generation ?? 0) + 1 },
    }),
    (session) => ({ ...session, status: { ...session.status, lastActivityTime: '2026-03-01T11:59:59Z' } }),
    (session) => ({ ...session, status: { ...session.status, ...aDeadLetter } }),
    ({ metadata, ...session }) => ({
      ...session,
      metadata: { ...metadata, deletionTimestamp: '2026-03-01T11:59:59Z' },
    }),
  )

  it('that is ignored makes no plan write anything', () =>
    fc.assert(
      fc.property(aWorld, edit, (world, edit) => {
        const rest = afterWakeUp(world)
        const changed = { ...rest, session: edit(rest.session) }
        if (ignored(changed.session) === undefined) return
        expect(isIdle(planFor(changed), changed.session)).toBe(true)
      }),
      { numRuns: 3000 },
    ))
})
