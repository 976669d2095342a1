import { isDeepStrictEqual } from 'node:util'
import { keepTimes } from '#emulator/patch/keep-times.ts'
import type { JsonObject } from '#emulator/patch/types.ts'
import type { Answer, Case, Recorded } from './case.ts'
import { comparable } from './compared.ts'
import { emulated } from './emulated.ts'
import { served } from './kinds.ts'

/** Every step of a case as ours and as the real server answered it, to be equal. */
export function comparisons(each: Case, recorded: readonly Recorded[]) {
  const { type, hasDefaults } = served[each.kind]
  return recorded.flatMap(({ before, now, answer }, index) => {
    const step = each.steps[index]
    if (!step) return []
    const ours = emulated(type, before, step, now)
    const isNewVersion = (object: JsonObject) => versionOf(object) !== versionOf(before)
    const isChange = (object: JsonObject) => !before || !isDeepStrictEqual(keepTimes(before, object), before)
    return [
      {
        step,
        ours: { ...comparable(ours, ours, hasDefaults), isWrite: isWrite(ours, isChange) },
        theirs: { ...comparable(answer, ours, hasDefaults), isWrite: isWrite(answer, isNewVersion) },
      },
    ]
  })
}

/** An answer with the resourceVersion of before is no write. */
const isWrite = (answer: Answer, test: (object: JsonObject) => boolean): boolean =>
  'object' in answer && test(answer.object)

const versionOf = (object: JsonObject | undefined): unknown =>
  (object?.['metadata'] as JsonObject | undefined)?.['resourceVersion']
