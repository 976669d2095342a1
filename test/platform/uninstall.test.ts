import { expect, test } from 'vitest'
import { phaseIs } from '../scenarios/world.ts'
import { eventually } from './eventually.ts'
import { uninstall } from './installation.ts'
import { installed } from './installed.ts'
import { freshObjects, leftSince, settled } from './leftover-objects.ts'
import { everything } from './listing.ts'
import { thePlatform } from './platform.ts'
import { sweepOnce } from './sweeps.ts'
import { makeNamespaces, worldIn } from './world.ts'

/** What the README promises, from the last of its commands to the last Pod. */
const PROMISED_SECONDS = 120

const platform = thePlatform()

test('what the README says leaves nothing of ours, of what ran under it, or of what others made for it', async () => {
  const namespace = 'uninstalled'
  const fresh = freshObjects(platform)
  const left = async () => leftSince(fresh, await everything(platform))

  await installed(platform)
  await makeNamespaces(platform, [namespace])
  const world = worldIn(platform, namespace)
  await world.create('ended', { runner: { seconds: 1 } })
  await world.create('running', { runner: { seconds: 600 } })
  await phaseIs(world, 'ended', 'Completed', 60)
  await phaseIs(world, 'running', 'Running', 60)
  await sweepOnce(platform)
  expect((await left()).length).toBeGreaterThan(60)

  const began = Date.now()
  await uninstall(platform, namespace)
  const ended = Date.now()
  console.log(`the commands took ${Math.round((ended - began) / 1000)} s`)
  const isNothing = async () => ((await left()).length === 0 ? true : undefined)
  await eventually('nothing is left', isNothing, PROMISED_SECONDS).catch(() => undefined) // what is left is told below
  const took = Math.round((Date.now() - ended) / 1000)
  const now = await settled(platform)
  expect(leftSince(fresh, now)).toEqual([])
  console.log(`all was gone ${took} s later`)
  expect(took).toBeLessThan(PROMISED_SECONDS)
  expect(now.filter((line) => /dormouse\W|\Wdormouse-|agenticsession/.test(line))).toEqual([])
  const inIt = now.filter((line) => line.includes(`${namespace}/`))
  expect(inIt).toEqual([
    `/api/v1 configmaps ${namespace}/kube-root-ca.crt`,
    `/api/v1 serviceaccounts ${namespace}/default`,
  ])
  await platform.kubectl('delete', 'namespace', namespace)
})
