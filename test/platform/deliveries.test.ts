import { writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe } from 'vitest'
import { play } from '../conformance/platform/play.ts'
import type { DeliveryRecord } from '../conformance/platform/record.ts'
import { RECORD_FILE, testSameDeliveries } from '../conformance/platform/same-deliveries.ts'
import { installed } from './installed.ts'
import { thePlatform } from './platform.ts'
import { recordingStage } from './recording-stage.ts'
import { letClockSweep } from './sweeps.ts'

const { RECORD } = process.env
/** The subscribers are in this process, on a machine with two processors: one that notices an attempt late has the next seem early. */
const BUSY = { early: 1, late: 3 }
/** Each step has a bound of its own, and says what it waited for. */
const LONGER_THAN_ITS_STEPS_MS = 900_000
const platform = thePlatform()

describe('the platform delivers as it did when it was recorded, and so as the emulator does', () => {
  let played: DeliveryRecord
  beforeAll(async () => {
    await installed(platform)
    await letClockSweep(platform, false)
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
