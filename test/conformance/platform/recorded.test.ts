import { beforeAll, describe } from 'vitest'
import { emulatedStage } from './emulated.ts'
import { play } from './play.ts'
import type { DeliveryRecord } from './record.ts'
import { testSameDeliveries } from './same-deliveries.ts'

describe('the emulator delivers as the platform did', () => {
  let played: DeliveryRecord
  beforeAll(async () => {
    played = await play(await emulatedStage('recorded'))
  })

  testSameDeliveries(() => played)
})
