import { expect, test } from 'vitest'
import { builtInType } from './built-in-types.ts'
import { keepTimes } from './keep-times.ts'
import { withStructs } from './structs.ts'
import { managerFromUserAgent } from './track-update.ts'

test('a Pod has the structs that Go writes, and no empty lists', () => {
  const type = builtInType('v1', 'Pod')
  if (!type) throw new Error('there is no Pod')
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    spec: { containers: [{ name: 'a', args: [], ports: null, tty: false }] },
  }
  expect(withStructs(type, pod)).toEqual({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {},
    spec: { containers: [{ name: 'a', resources: {} }] },
    status: {},
  })
})

test('a struct without fields stays, as an empty map of labels does not', () => {
  const type = builtInType('apiextensions.k8s.io/v1', 'CustomResourceDefinition')
  if (!type) throw new Error('there is no CustomResourceDefinition')
  const versions = [{ name: 'v1', served: true, storage: true, subresources: { status: {} } }]
  const crd = {
    metadata: { name: 'a', labels: {} },
    spec: { group: 'x', scope: 'Namespaced', names: { kind: 'A', plural: 'as' }, versions },
  }
  expect(withStructs(type, crd)).toMatchObject({ metadata: { name: 'a' }, spec: { versions } })
  expect(withStructs(type, crd)['metadata']).not.toHaveProperty('labels')
})

test('a write that would change nothing but a time keeps the time', () => {
  const at = (time: string, value: string) => ({
    metadata: { managedFields: [{ manager: 'a', time }] },
    data: { value },
  })
  expect(keepTimes(at('1', 'x'), at('2', 'x'))).toEqual(at('1', 'x'))
  expect(keepTimes(at('1', 'x'), at('2', 'y'))).toEqual(at('2', 'y'))
})

test('a client without a fieldManager is named after its User-Agent', () => {
  expect(managerFromUserAgent('kubectl/v1.36.3 (linux/amd64)')).toBe('kubectl')
})
