import { writeFileSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { afterAll, beforeAll, describe } from 'vitest'
import { play } from '../conformance/platform/play.ts'
import type { DeliveryRecord } from '../conformance/platform/record.ts'
import { RECORD_FILE, testSameDeliveries } from '../conformance/platform/same-deliveries.ts'
import { installed } from './installed.ts'
import { thePlatform } from './platform.ts'
import { recordingStage } from './recording-stage.ts'
import { letClockSweep } from './sweeps.ts'

const { RECORD } = process.env
/** How long this process, in which the subscribers are, could not do its work: one that notices an attempt late has the next seem early. */
const stalls = monitorEventLoopDelay()
/** The emulator, which is compared with the same record, is exact to the second. */
const BUSY = { early: () => 1 + stalls.max / 1e9, late: 30, isTieOpen: true }
/** Each step has a bound of its own, and says what it waited for. */
const LONGER_THAN_ITS_STEPS_MS = 900_000
const platform = thePlatform()

describe('the platform delivers as it did when it was recorded, and so as the emulator does', () => {
  let played: DeliveryRecord
  beforeAll(async () => {
    await installed(platform)
    await letClockSweep(platform, false)
    stalls.enable()
    const stage = await recordingStage(platform, 'recorded')
    try {
      played = await play(stage)
    } finally {
      await stage.close()
    }
    if (RECORD === '1') writeFileSync(RECORD_FILE, `${JSON.stringify(played, undefined, 2)}\n`)
  }, LONGER_THAN_ITS_STEPS_MS)

  afterAll(() => letClockSweep(platform, true))

  testSameDeliveries(() => played, BUSY)
})
