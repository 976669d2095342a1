import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { aJob, aSession } from '#reconcilers/agentic-session/fixtures.ts'
import { anEvent } from '#test/events.ts'
import { createMemoryCluster } from '#test/memory-cluster.ts'
import { portsOn } from '#test/ports.ts'
import onJobEvent from './on-job-event/index.ts'
import onSessionEvent from './on-session-event/index.ts'

const functions = [
  ['on-session-event', onSessionEvent, aSession()],
  ['on-job-event', onJobEvent, aJob({ isReady: true })],
] as const

describe.each(functions)('%s', (_, fn, honest) => {
  const handle = (object: unknown) => fn.handle(anEvent(object), portsOn(createMemoryCluster()))

  it.each(['..', '.', 'a/b', '%2e%2e'])('rejects an object that is named %j', async (name) => {
    const metadata = { ...honest.metadata, name }
    const owned = aJob({ session: aSession({ name }), isReady: true })
    const outcome = await handle(fn === onJobEvent ? owned : { ...honest, metadata })
    expect(outcome).toMatchObject({ state: 'rejected', reason: 'MalformedName' })
  })

  it('asks for no redelivery of an object that is not what its kind says', () =>
    fc.assert(
      fc.asyncProperty(fc.jsonValue(), fc.jsonValue(), fc.jsonValue(), async (spec, status, more) => {
        const metadata = {
          ...honest.metadata,
          labels: more,
          annotations: more,
          ownerReferences: more,
          generation: more,
        }
        for (const object of [
          { ...honest, spec, status },
          { ...honest, status, metadata },
        ]) {
          expect((await handle(object)).state).not.toBe('failed')
        }
      }),
    ))
})

describe('on-job-event', () => {
  const handle = (object: unknown) => onJobEvent.handle(anEvent(object), portsOn(createMemoryCluster()))
  const job = aJob({ isReady: true })
  const ownedBy = (ownerReferences: unknown) => handle({ ...job, metadata: { ...job.metadata, ownerReferences } })

  it('rejects conditions that are a number', async () => {
    expect(await handle({ ...job, status: { conditions: 5 } })).toMatchObject({ reason: 'MalformedEvent' })
  })

  it('rejects owner references that are an object', async () => {
    expect(await ownedBy({ kind: 'AgenticSession' })).toMatchObject({ reason: 'MalformedEvent' })
  })

  it('rejects an owner whose name is a path, though it comes in a list', async () => {
    const owner = { ...job.metadata.ownerReferences?.[0], name: ['..'] }
    expect(await ownedBy([owner])).toMatchObject({ state: 'rejected' })
  })

  it('leaves Jobs of others alone', async () => {
    expect(await ownedBy([])).toEqual({ state: 'settled', reason: 'NotOurs' })
  })
})
