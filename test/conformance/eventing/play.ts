import type { Act, Case } from './cases.ts'
import { mask, type Recorded } from './mask.ts'
import type { Stage } from './stage.ts'

const LONGEST_MS = 20_000
const QUIET_MS = 400

/** Plays a case, and gives what the sink got, without what differs between two runs. */
export async function play({ source, acts, isTimed }: Case, stage: Stage): Promise<readonly Recorded[]> {
  const before = stage.requests().length
  for (const act of acts) await perform(act)
  await stage.stop()
  return mask(stage.requests().slice(before), { isTimed: isTimed === true })

  async function perform(act: Act): Promise<void> {
    switch (act.do) {
      case 'create':
        return stage.send('POST', act.path, act.body)
      case 'merge':
        return stage.send('PATCH', act.path, act.body)
      case 'delete':
        return stage.send('DELETE', act.path)
      case 'start':
        return stage.start(source)
      case 'stop':
        return stage.stop()
      case 'answer':
        return stage.answer(act.with, act.slowMs)
      case 'wait': {
        for (let ms = 0; ms < LONGEST_MS && stage.requests().length - before < act.requests; ms += 50)
          await stage.pass(50)
        return stage.pass(QUIET_MS)
      }
    }
  }
}
