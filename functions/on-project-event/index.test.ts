import { describe, expect, it } from 'vitest'
import { aSession } from '#reconcilers/agentic-session/fixtures.ts'
import { jobKind } from '#reconcilers/agentic-session/job.ts'
import { aNamespace, aProject, childrenAsMade, readyStatus } from '#reconcilers/project/fixtures.ts'
import { projectSettingsKind } from '#reconcilers/project/schema.ts'
import type { KubernetesObject } from '#sdk/index.ts'
import { anEvent } from '#test/events.ts'
import { createMemoryCluster } from '#test/memory-cluster.ts'
import { portsOn } from '#test/ports.ts'
import onProjectEvent from './index.ts'

/** As the source sends it: of a kind without namespaces, none is in the object. */
const namespaceEvent = (change: 'add' | 'update' | 'delete', labels?: Record<string, string>) => {
  const { namespace: _, ...metadata } = aNamespace('team-a', labels).metadata
  return anEvent({ ...aNamespace(), metadata: { ...metadata, uid: 'namespace-uid', resourceVersion: '7' } }, change)
}

const woken = async (event: ReturnType<typeof anEvent>, ...objects: KubernetesObject[]) => {
  const cluster = createMemoryCluster(objects)
  const outcome = await onProjectEvent.handle(event, portsOn(cluster))
  return { cluster, outcome }
}
const done = { ...aProject(), status: readyStatus(aProject()) }

describe('a namespace', () => {
  it('that gets the label gets settings, and its sessions are looked after', async () => {
    const { cluster, outcome } = await woken(namespaceEvent('add'), aNamespace(), aSession())
    expect(outcome.state).not.toBe('failed')
    expect(cluster.all(projectSettingsKind)[0]?.status?.scheduledSessionRBACReady).toBe(true)
    expect(cluster.all(jobKind)).toHaveLength(1)
  })

  it('that gets the label while sessions of others wait does not touch those', async () => {
    const elsewhere = aSession()
    const session = { ...elsewhere, metadata: { ...elsewhere.metadata, namespace: 'team-b' } }
    const { cluster } = await woken(namespaceEvent('add'), aNamespace(), aNamespace('team-b'), session)
    expect(cluster.all(jobKind)).toEqual([])
  })

  it('that loses the label, which comes as its deletion, loses what was made for it', async () => {
    const { cluster } = await woken(
      namespaceEvent('delete'),
      aNamespace('team-a', {}),
      done,
      ...childrenAsMade(done),
      aSession(),
    )
    expect(cluster.writes()).toEqual([
      ...Array(4).fill(expect.stringMatching(/^delete /)),
      'patchStatus ProjectSettings',
    ])
    expect(cluster.all(jobKind)).toEqual([])
  })

  it('that changes otherwise costs no request', async () => {
    const { cluster, outcome } = await woken(namespaceEvent('update'), aNamespace())
    expect(outcome).toEqual({ state: 'settled', reason: 'NoNews' })
    expect(cluster.calls).toEqual([])
  })

  it('whose settings cannot be written has its sessions looked after all the same', async () => {
    const cluster = createMemoryCluster([aNamespace(), aSession()], (call, commit) => {
      if (call.kind === 'LimitRange') throw new Error('no answer')
      return commit()
    })
    const outcome = await onProjectEvent.handle(namespaceEvent('add'), portsOn(cluster))
    expect(outcome.state).toBe('failed')
    expect(cluster.all(jobKind)).toHaveLength(1)
  })
})

describe('settings', () => {
  it('whose status alone was written cost no request', async () => {
    const { cluster, outcome } = await woken(anEvent(done), aNamespace(), done)
    expect(outcome).toEqual({ state: 'settled', reason: 'NoNews' })
    expect(cluster.calls).toEqual([])
  })

  it('that are deleted are made again', async () => {
    const { cluster } = await woken(anEvent(done, 'delete'), aNamespace())
    expect(cluster.all(projectSettingsKind)).toHaveLength(1)
  })
})

it('an event about another kind is rejected', async () => {
  const { outcome } = await woken(anEvent(aSession()))
  expect(outcome).toMatchObject({ state: 'rejected', reason: 'UnknownEvent' })
})
