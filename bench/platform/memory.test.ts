import { describe, expect, test } from 'vitest'
import { memoryOf, watchMemory } from './memory.ts'
import type { ContainerUsage } from './usage.ts'

const aContainer = (differing: Partial<ContainerUsage>): ContainerUsage => ({
  namespace: 'dormouse',
  pod: 'f-1',
  podUid: 'one',
  container: 'function',
  cpuSeconds: 1,
  mebibytes: 20,
  ...differing,
})

describe('the memory of a service', () => {
  test('is that of each of its Pods, with all their containers', () => {
    const proxy = aContainer({ container: 'queue-proxy', mebibytes: 6 })
    const second = aContainer({ pod: 'f-2', podUid: 'two', mebibytes: 30 })
    const others = [aContainer({ pod: 'g-1', podUid: 'three' }), aContainer({ namespace: 'team', podUid: 'four' })]
    expect(memoryOf([aContainer({}), proxy, second, ...others], 'f')).toEqual([
      { podUid: 'one', workingSet: 26, ofProcess: 20 },
      { podUid: 'two', workingSet: 30, ofProcess: 30 },
    ])
  })

  test('is not known while the kubelet has not looked at the function', () => {
    const proxy = aContainer({ container: 'queue-proxy', mebibytes: 6 })
    expect(memoryOf([aContainer({ mebibytes: 0 }), proxy], 'f')).toEqual([])
  })
})

test('a service without a Pod has no figures, rather than small ones', async () => {
  const memory = watchMemory(async () => [], ['f'])
  await memory.look()
  expect(() => memory.figures(['f'], () => true)).toThrow('no memory of a Pod of f')
})
