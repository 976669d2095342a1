import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { play } from '../conformance/platform/play.ts'
import type { DeliveryRecord } from '../conformance/platform/record.ts'
import { installed } from './installed.ts'
import { thePlatform } from './platform.ts'
import { recordingStage } from './recording-stage.ts'
import { letClockSweep } from './sweeps.ts'

const { RECORD } = process.env
const FILE = join(import.meta.dirname, '../conformance/platform/recorded.json')

const recorded = JSON.parse(readFileSync(FILE, 'utf8')) as DeliveryRecord
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
    if (RECORD === '1') writeFileSync(FILE, `${JSON.stringify(played, undefined, 2)}\n`)
  })

  afterAll(() => letClockSweep(platform, true))

  test('events about the same objects to the same subscribers', () => {
    expect(Object.keys(played.heard)).toEqual(Object.keys(recorded.heard))
    expect(Object.keys(played.attempts)).toEqual(Object.keys(recorded.attempts))
  })

  test.each(Object.keys(recorded.heard))('what there is to hear of %s', (subject) => {
    expect(played.heard[subject]).toEqual(recorded.heard[subject])
  })

  test.each(Object.keys(recorded.attempts))('what comes to %s', (to) => {
    expect(played.attempts[to]).toEqual(recorded.attempts[to])
  })
})
