import { expect } from 'vitest'
import { phaseIs, type World } from '../scenarios/world.ts'
import { eventually } from './eventually.ts'
import type { Platform } from './platform.ts'
import { sweepers } from './sweeps.ts'

const WINDOWS = 3
/** The overlay's period, KEDA's polling interval, and half a minute for the Pod's start and the sweep on a node that is busy with other tests. */
const BOUND_SECONDS = 120 + 10 + 30

/**
 * Three sessions that run into their timeouts one after the other while no Trigger lets their events pass: only the sweeper that KEDA wakes can
 * tell. How late it does is counted from the Job's end.
 */
export const clockAlone = async (platform: Platform, world: World): Promise<void> => {
  const names = ['late-0', 'late-1', 'late-2']
  await Promise.all(
    names.map((name, i) => world.create(name, { spec: { timeout: 60 + i * 90 }, runner: { seconds: 900 } })),
  )
  for (const name of names) await phaseIs(world, name, 'Running')
  await world.loseEvents()
  let windows = 0
  let isOpen = false
  let hasSlept = false
  const seen = new Map<string, number>()
  await eventually(
    `there were ${WINDOWS} windows, and all sessions have ended`,
    async () => {
      const now = await sweepers(platform)
      if (now === 0 && isOpen) windows++
      hasSlept ||= now === 0
      isOpen = now > 0 && hasSlept
      for (const { metadata, status } of await world.sessions())
        if (status?.phase === 'Failed' && !seen.has(metadata.name)) seen.set(metadata.name, Date.now())
      return windows >= WINDOWS && seen.size === names.length ? true : undefined
    },
    540,
  )
  for (const { status, metadata } of await world.jobs()) {
    const end = status?.conditions?.find(({ type }) => type === 'Failed')?.lastTransitionTime ?? ''
    const [name = ''] = metadata.ownerReferences?.map((owner) => owner.name) ?? []
    const late = ((seen.get(name) ?? 0) - Date.parse(end)) / 1000
    console.log(`${name}: noticed ${late.toFixed(0)} s after the end of its Job`)
    expect(late).toBeLessThan(BOUND_SECONDS)
  }
}
