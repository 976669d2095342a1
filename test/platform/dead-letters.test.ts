import { afterAll, beforeAll, describe, test } from 'vitest'
import { deadLetters } from '../scenarios/dead-letters.ts'
import { installed } from './installed.ts'
import { thePlatform } from './platform.ts'
import { letClockSweep } from './sweeps.ts'
import { makeNamespaces, worldIn } from './world.ts'

/**
 * Three attempts, each waiting ten seconds for a Pod that does not come. The letter gets no more, in which who takes it starts from zero. As our
 * manifests have it, it is nine and a minute: eleven minutes, which the emulator passes in no time. Whose patience ends first, the broker's or the activator's, is compared in `deliveries.test.ts`.
 */
const SHORT = { retry: 2, backoffDelay: 'PT0.2S', timeout: 'PT10S' }
const PATIENCE = { letter: 30, start: 45 }

const platform = thePlatform()
const { api } = platform
const TRIGGERS = '/apis/eventing.knative.dev/v1/namespaces/dormouse/triggers'

describe('a session that', () => {
  beforeAll(async () => {
    await installed(platform)
    await letClockSweep(platform, false)
    await makeNamespaces(platform, ['dead-letters'])
    await api.patch(`${TRIGGERS}/on-session-event-agenticsessions`, 'merge', { spec: { delivery: SHORT } })
    await platform.kubectl('wait', '-n', 'dormouse', '--for=condition=Ready', 'trigger', '--all', '--timeout=60s')
  })

  for (const { name, run } of deadLetters(PATIENCE)) test(name, () => run(worldIn(platform, 'dead-letters')), 600_000)

  afterAll(async () => {
    await platform.kubectl('delete', 'namespace', 'dead-letters')
    await installed(platform)
    await letClockSweep(platform, true)
  })
})
