import { afterAll, afterEach, beforeAll, describe, test } from 'vitest'
import { scenarios } from '../scenarios/scenarios.ts'
import { install, loadOwnImages } from './installation.ts'
import { thePlatform } from './platform.ts'
import { bentRunners } from './runner-pods.ts'
import { letClockSweep, stopSweeperPods } from './sweeps.ts'
import { makeNamespaces, notHere, worldIn } from './world.ts'

const platform = thePlatform()
const { kubectl } = platform

const namespaceOf = (index: number): string => `scenario-${index}`

beforeAll(async () => {
  const images = await loadOwnImages(platform)
  await install(platform, images, { sweepEveryMinutes: 2 })
  const stdin = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: bentRunners })
  await kubectl('apply', '-f', '-', { stdin })
  await makeNamespaces(
    platform,
    scenarios.map((_, index) => namespaceOf(index)),
  )
  await letClockSweep(platform, false)
})

/** Those that break nothing run beside one another. */
const isPeaceful = (needs: readonly string[] = []): boolean => needs.every((need) => need === 'admission policy')

const numbered = scenarios.map((scenario, index) => ({ scenario, index }))

describe.concurrent('a session that', () => {
  for (const { scenario, index } of numbered.filter(({ scenario }) => isPeaceful(scenario.needs)))
    test(scenario.name, () => scenario.run(worldIn(platform, namespaceOf(index))))
})

describe('a session that', () => {
  afterEach(async () => {
    await stopSweeperPods(platform)
    for (const { index } of numbered) await worldIn(platform, namespaceOf(index)).deliverEvents()
  })
  for (const { scenario, index } of numbered.filter(({ scenario }) => !isPeaceful(scenario.needs))) {
    const reasons = (scenario.needs ?? []).flatMap((need) => notHere[need] ?? [])
    if (reasons.length > 0) test.skip(`${scenario.name} (not run here: ${reasons.join('; ')})`)
    else test(scenario.name, () => scenario.run(worldIn(platform, namespaceOf(index))))
  }
})

afterAll(() => letClockSweep(platform, true))
