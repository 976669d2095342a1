import { describe, expect, it } from 'vitest'
import { groupOf, type Kind, keyOf, refOf } from './object.ts'

const kind = (apiVersion: string): Kind => ({ apiVersion, kind: 'Nap', plural: 'naps', scope: 'Namespaced' })

describe('an object', () => {
  it('is found by its namespace and name', () => {
    const nap = { apiVersion: 'test/v1', kind: 'Nap', metadata: { namespace: 'home', name: 'noon', uid: 'x' } }
    expect(refOf(nap)).toEqual({ namespace: 'home', name: 'noon' })
    expect(keyOf(refOf(nap))).toBe('home/noon')
  })

  it('without a namespace has an empty one', () => {
    expect(refOf({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'home' } })).toEqual({
      namespace: '',
      name: 'home',
    })
  })
})

describe('the group of a kind', () => {
  it.each([
    ['batch/v1', 'batch'],
    ['vteam.ambient-code/v1alpha1', 'vteam.ambient-code'],
    ['v1', ''],
  ])('of %s is "%s"', (apiVersion, group) => {
    expect(groupOf(kind(apiVersion))).toBe(group)
  })
})
