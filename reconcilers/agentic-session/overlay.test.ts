import { expect, test } from 'vitest'
import { overlaid } from './overlay.ts'

const pod = {
  nodeSelector: { a: '1' },
  containers: [{ name: 'runner', image: 'x', args: ['a', 'b'] }],
  volumes: [{ name: 'workspace', emptyDir: {} }],
}

test.each([
  ['objects are merged', { nodeSelector: { b: '2' } }, { ...pod, nodeSelector: { a: '1', b: '2' } }],
  ['null takes a field away', { nodeSelector: null }, { containers: pod.containers, volumes: pod.volumes }],
  [
    'items with a name are merged by it, and others follow',
    { containers: [{ name: 'runner', image: 'y' }, { name: 'sidecar' }] },
    { ...pod, containers: [{ name: 'runner', image: 'y', args: ['a', 'b'] }, { name: 'sidecar' }] },
  ],
  [
    'lists without names are replaced',
    { containers: [{ name: 'runner', args: ['c'] }] },
    { ...pod, containers: [{ name: 'runner', image: 'x', args: ['c'] }] },
  ],
  ['an empty list is empty', { volumes: [] }, { ...pod, volumes: [] }],
])('%s', (_what, change, result) => {
  expect(overlaid(pod, change)).toEqual(result)
})

test('a volume may be mounted twice: mounts are told apart by where they are', () => {
  const base = [{ name: 'workspace', mountPath: '/workspace' }]
  const more = [{ name: 'workspace', mountPath: '/app/.claude', subPath: '.claude' }]
  expect(overlaid(base, more)).toEqual([...base, ...more])
})
