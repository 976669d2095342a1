import { describe, expect, test } from 'vitest'
import { createMemoryCluster } from '#test/memory-cluster.ts'
import { ensureObject } from './ensure.ts'
import { ConflictError } from './errors.ts'
import type { Kind, KubernetesObject, Live } from './object.ts'
import { type Ensure, ensure } from './plan.ts'

type Box = KubernetesObject & { readonly spec?: object; readonly data?: Readonly<Record<string, string>> }
const boxKind: Kind<Box> = { apiVersion: 'v1', kind: 'Box', plural: 'boxes', scope: 'Namespaced' }

const owner = { apiVersion: 'v1', kind: 'Keeper', name: 'ann', uid: 'uid-of-ann', controller: true }
const wanted = {
  apiVersion: 'v1',
  kind: 'Box',
  metadata: {
    name: 'box',
    namespace: 'shelf',
    labels: { colour: 'red' },
    annotations: { turn: '1' },
    ownerReferences: [owner],
  },
  spec: { size: 2, ports: [{ port: 80 }], at: { x: 1 } },
} satisfies Box

/** What an API server makes of it: more than was asked for. */
const asStored = {
  ...wanted,
  metadata: { ...wanted.metadata, labels: { colour: 'red', mine: 'yes' } },
  spec: { size: 2, ports: [{ port: 80, protocol: 'TCP' }], at: { x: 1, y: 0 }, ip: '10.0.0.1' },
}

const carriedOut = async (found: readonly KubernetesObject[], action: Ensure = ensure(boxKind, wanted)) => {
  const cluster = createMemoryCluster(found)
  let drawn = 0
  await ensureObject(action, cluster, () => `secret-${++drawn}`)
  const [box] = cluster.all(boxKind) as readonly Live<Box>[]
  return { box, calls: cluster.calls.map(({ verb }) => verb) }
}

describe('an object that is ensured', () => {
  test('is made in one request where there is none', async () => {
    const { box, calls } = await carriedOut([])
    expect(box).toMatchObject(wanted)
    expect(calls).toEqual(['create'])
  })

  test('is left alone where all that is wanted is so, whatever else it has', async () => {
    const { box, calls } = await carriedOut([asStored])
    expect(box).toMatchObject(asStored)
    expect(calls).toEqual(['create', 'get'])
  })

  test('has what differs set right, and keeps the rest', async () => {
    const { box, calls } = await carriedOut([
      { ...asStored, spec: { ...asStored.spec, size: 9, ports: [{ port: 81, protocol: 'TCP' }] } } as KubernetesObject,
    ])
    expect(calls).toEqual(['create', 'get', 'patch'])
    expect(box).toMatchObject({ metadata: { labels: { mine: 'yes' } }, spec: { size: 2, ports: [{ port: 80 }] } })
    expect(box?.spec).toMatchObject({ ip: '10.0.0.1', at: { x: 1, y: 0 } })
  })

  test('keeps the fields that cannot change', async () => {
    const found = { ...asStored, spec: { ...asStored.spec, size: 9 } } as KubernetesObject
    const { box, calls } = await carriedOut([found], ensure(boxKind, wanted, { keep: ['spec'] }))
    expect(calls).toEqual(['create', 'get'])
    expect(box?.spec).toMatchObject({ size: 9 })
  })

  test('changes only in the version that was read', async () => {
    const cluster = createMemoryCluster([{ ...asStored, spec: { size: 9 } } as KubernetesObject], (call, commit) => {
      if (call.verb === 'patch') cluster.put({ ...asStored, spec: { size: 3 } } as KubernetesObject)
      return commit()
    })
    await expect(ensureObject(ensure(boxKind, wanted), cluster, () => '')).rejects.toThrow(ConflictError)
  })
})

describe('an object of the same name', () => {
  const ofOthers = (owners: (typeof owner)[], more: object = {}) =>
    ({ ...asStored, metadata: { ...wanted.metadata, ownerReferences: owners, ...more } }) as KubernetesObject

  test.each([
    ['of nobody', []],
    ['of somebody else', [{ ...owner, name: 'bob', uid: 'uid-of-bob' }]],
  ])('%s is refused and not touched', async (_whose, owners) => {
    const cluster = createMemoryCluster([ofOthers(owners)])
    await expect(ensureObject(ensure(boxKind, wanted), cluster, () => '')).rejects.toMatchObject({
      reason: 'NameTaken',
      message: 'Box box exists and does not belong to Keeper ann',
    })
    expect(cluster.writes()).toEqual(['create Box'])
  })

  test.each([
    ['whose owner had our name and is gone', ofOthers([{ ...owner, uid: 'uid-of-another-ann' }])],
    ['that is being deleted', ofOthers([owner], { deletionTimestamp: '2026-03-01T12:00:00Z' })],
  ])('%s is waited for', async (_which, found) => {
    const cluster = createMemoryCluster([found])
    await expect(ensureObject(ensure(boxKind, wanted), cluster, () => '')).rejects.toMatchObject({
      name: 'TransientError',
    })
    expect(cluster.writes()).toEqual(['create Box'])
  })

  test('that is marked as shared gets one owner more, who does not control it', async () => {
    const { box } = await carriedOut(
      [ofOthers([{ ...owner, name: 'bob', uid: 'uid-of-bob' }])],
      ensure(boxKind, wanted, { sharedBy: 'turn' }),
    )
    const { controller: _, ...second } = owner
    expect(box?.metadata.ownerReferences).toEqual([{ ...owner, name: 'bob', uid: 'uid-of-bob' }, second])
  })

  test.each([
    [3, 'keeps all of those that others add meanwhile'],
    [1000, 'is left to the plan where others never cease'],
  ])('that is marked as shared, and written by %i others while it is looked at, %s', async (others) => {
    let written = 0
    const cluster = createMemoryCluster([ofOthers([])], (call, commit) => {
      if (call.verb === 'patch' && written < others) {
        written += 1
        const owners = Array.from({ length: written }, (_, i) => ({
          ...owner,
          name: `bob-${i}`,
          uid: `uid-of-bob-${i}`,
        }))
        cluster.put(ofOthers(owners))
      }
      return commit()
    })
    const done = ensureObject(ensure(boxKind, wanted, { sharedBy: 'turn' }), cluster, () => '')
    if (others > 3) await expect(done).rejects.toThrow(ConflictError)
    else {
      await done
      expect(cluster.all(boxKind)[0]?.metadata.ownerReferences?.map(({ name }) => name)).toEqual([
        'bob-0',
        'bob-1',
        'bob-2',
        'ann',
      ])
    }
  })

  test('that lost its mark is nobody to share with, though we own it', async () => {
    const cluster = createMemoryCluster([ofOthers([owner], { annotations: {} })])
    const action = ensure(boxKind, wanted, { sharedBy: 'turn' })
    await expect(ensureObject(action, cluster, () => '')).rejects.toMatchObject({ reason: 'NameTaken' })
  })
})

describe('chance', () => {
  const secret = (turn: string) =>
    ensure(
      boxKind,
      { ...wanted, metadata: { ...wanted.metadata, annotations: { turn } } },
      { random: ['key'], countedBy: 'turn' },
    )
  const found = (data: Readonly<Record<string, string>>) => ({ ...asStored, data }) as KubernetesObject

  test('is drawn when the object is made', async () => {
    expect((await carriedOut([], secret('1'))).box?.data).toEqual({ key: btoa('secret-1') })
  })

  test('stays while the annotations do', async () => {
    const { box, calls } = await carriedOut([found({ key: 'old', other: 'kept' })], secret('1'))
    expect(box?.data).toEqual({ key: 'old', other: 'kept' })
    expect(calls).toEqual(['create', 'get'])
  })

  test('is drawn anew with another annotation, and where it is missing', async () => {
    const turned = await carriedOut([found({ key: 'old', other: 'kept' })], secret('2'))
    expect(turned.box?.data).toEqual({ key: btoa('secret-2'), other: 'kept' })
    expect(turned.box?.metadata.annotations).toEqual({ turn: '2' })
    expect((await carriedOut([found({})], secret('1'))).box?.data).toEqual({ key: btoa('secret-2') })
  })

  test('is not drawn back by one who had slept', async () => {
    const { box, calls } = await carriedOut([found({ key: 'old' })], secret('0'))
    expect(box).toMatchObject({ metadata: { annotations: { turn: '1' } }, data: { key: 'old' } })
    expect(calls).toEqual(['create', 'get'])
  })
})
