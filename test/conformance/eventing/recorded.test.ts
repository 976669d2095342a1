import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { cases } from './cases.ts'
import { emulatedStage } from './emulated.ts'
import type { Recorded } from './mask.ts'
import { play } from './play.ts'

const recorded = JSON.parse(readFileSync(join(import.meta.dirname, 'recorded.json'), 'utf8')) as Record<
  string,
  readonly Recorded[]
>

test.each(cases.map((each, index) => [`${index + 1} ${each.name}`, each] as const))(
  'our adapter sends what the real one sent: %s',
  async (name, each) => {
    expect(await play(each, emulatedStage())).toEqual(recorded[name])
  },
)
