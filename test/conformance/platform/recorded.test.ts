import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { emulatedStage } from './emulated.ts'
import { play } from './play.ts'
import type { DeliveryRecord } from './record.ts'

const recorded = JSON.parse(readFileSync(join(import.meta.dirname, 'recorded.json'), 'utf8')) as DeliveryRecord

describe('the emulator delivers as the platform did', () => {
  let played: DeliveryRecord
  beforeAll(async () => {
    played = await play(await emulatedStage('recorded'))
  })

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
