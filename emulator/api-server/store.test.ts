import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createStore, keyOf } from './store.ts'
import type { KubeObject } from './types.ts'

const aPod = (namespace: string, name: string, label = ''): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace, name, labels: { label } },
})
const keys = (objects: readonly KubeObject[] = []) => objects.map(keyOf)

const write = fc.record({
  namespace: fc.constantFrom('a', 'a-b', 'b'),
  name: fc.constantFrom('x', 'y', 'z'),
  isRemoval: fc.boolean(),
})

describe('the store', () => {
  it('lists, at every revision that it remembers, what there was then, in the order of the keys', () => {
    fc.assert(
      fc.property(fc.array(write, { maxLength: 40 }), (writes) => {
        const store = createStore(10)
        const seen = new Map([[store.revision(), [] as readonly KubeObject[]]])
        for (const { namespace, name, isRemoval } of writes) {
          const key = `${namespace}/${name}`
          const found = store.get('pods', key)
          if (!isRemoval) store.put('pods', key, aPod(namespace, name))
          else if (found) store.remove('pods', key, found)
          seen.set(store.revision(), store.list('pods', '') ?? [])
        }
        for (const [revision, objects] of seen) {
          expect(keys(objects)).toEqual(keys(objects).toSorted())
          const isForgotten = revision < store.compacted()
          expect(store.list('pods', '', revision)).toEqual(isForgotten ? undefined : objects)
        }
      }),
    )
  })

  it('pages from after a key on, and says how many there are', () => {
    const store = createStore()
    for (const [namespace, name] of [
      ['a', 'x'],
      ['a-b', 'x'],
      ['a', 'y'],
      ['b', 'x'],
    ] as const)
      store.put('pods', `${namespace}/${name}`, aPod(namespace, name))
    const { objects, count } = store.page('pods', '', { after: 'a-b/x' }) ?? { objects: [], count: 0 }
    expect([count, ...keys([...objects])]).toEqual([3, 'a/x', 'a/y', 'b/x'])
    expect(store.page('pods', 'a/', { after: 'a/x' })?.count).toBe(1)
  })

  it('tells of a change only those whose scope it is in, in the order in which they came', () => {
    const store = createStore()
    const told: string[] = []
    for (const scope of ['a/x', 'a/', '', 'b/', 'a/y', '']) store.subscribe('pods', () => void told.push(scope), scope)
    store.put('pods', 'a/x', aPod('a', 'x'))
    expect(told).toEqual(['a/x', 'a/', '', ''])
  })

  it('keeps as many changes as it should, and at most twice as many', () => {
    const store = createStore(10)
    for (let at = 0; at < 95; at++) {
      store.put(at % 2 === 0 ? 'pods' : 'jobs', 'a/x', aPod('a', 'x', String(at)))
      const kept = store.changesAfter('pods', 0).length + store.changesAfter('jobs', 0).length
      expect(kept).toBe(store.revision() - Math.max(store.compacted(), 1))
      expect(kept).toBeGreaterThanOrEqual(Math.min(at + 1, 10))
      expect(kept).toBeLessThanOrEqual(20)
    }
  })
})
