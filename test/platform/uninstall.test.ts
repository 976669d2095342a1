import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { phaseIs } from '../scenarios/world.ts'
import { eventually } from './eventually.ts'
import { installed } from './installed.ts'
import { everything } from './listing.ts'
import { thePlatform } from './platform.ts'
import { sweepOnce } from './sweeps.ts'
import { makeNamespaces, worldIn } from './world.ts'

/** What the README promises, from the first of its commands to the last Pod. */
const PROMISED_SECONDS = 120

const platform = thePlatform()
const { kubectl } = platform

/** What the README tells a user to run. */
const uninstall = async (): Promise<void> => {
  await kubectl('delete', 'agenticsessions', '--all', '--all-namespaces')
  await kubectl('delete', '-k', join(platform.dir, 'overlay'))
}

/** Once nothing changes any more: children are collected in the background. */
const settled = async (): Promise<readonly string[]> => {
  let last = ''
  return eventually('nothing comes or goes any more', async () => {
    const now = await everything(platform)
    const isSame = now.join() === last
    last = now.join()
    if (!isSame) await new Promise((resolve) => setTimeout(resolve, 2000))
    return isSame ? now : undefined
  })
}

beforeAll(async () => {
  await installed(platform)
  await uninstall()
})

test('what the README says leaves nothing of ours, of what ran under it, or of what others made for it', async () => {
  const namespace = 'uninstalled'
  const before = await settled()
  expect(before.filter((line) => /dormouse\W|\Wdormouse-|agenticsession/.test(line))).toEqual([])

  await installed(platform)
  await makeNamespaces(platform, [namespace])
  const world = worldIn(platform, namespace)
  await world.create('ended', { runner: { seconds: 1 } })
  await world.create('running', { runner: { seconds: 600 } })
  await phaseIs(world, 'ended', 'Completed', 60)
  await phaseIs(world, 'running', 'Running', 60)
  await sweepOnce(platform)
  expect((await everything(platform)).length).toBeGreaterThan(before.length + 60)

  const its = [
    `namespaces /${namespace}`,
    `configmaps ${namespace}/kube-root-ca.crt`,
    `serviceaccounts ${namespace}/default`,
  ]
  const expected = [...before, ...its.map((line) => `/api/v1 ${line}`)].sort()
  const began = Date.now()
  await uninstall()
  const seconds = (): number => Math.round((Date.now() - began) / 1000)
  console.log(`the commands took ${seconds()} s`)
  await eventually(
    'all that is left was there before',
    async () => ((await everything(platform)).length <= expected.length ? true : undefined),
    PROMISED_SECONDS,
  ).catch(() => undefined) // what is left is told below
  console.log(`all was gone after ${seconds()} s`)
  expect(await settled()).toEqual(expected)
  expect(seconds()).toBeLessThan(PROMISED_SECONDS)
  await kubectl('delete', 'namespace', namespace)
})
