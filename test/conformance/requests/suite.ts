import pLimit from 'p-limit'
import type { Case } from './case.ts'
import { isAlone } from './cases.ts'
import { type Masked, masked } from './mask.ts'
import type { Port } from './port.ts'
import { type Outcome, run } from './run.ts'

export type Result = { readonly raw: Outcome; readonly masked: Masked }

/** Runs all on one server, each in its own namespace: those that may at the same time, `width` at once. */
export async function runAll(
  port: Port,
  cases: readonly Case[],
  { prefix = 'c', width = 1, before }: { prefix?: string; width?: number; before?: ReadonlyMap<string, Result> } = {},
): Promise<ReadonlyMap<string, Result>> {
  const results = new Map<string, Result>()
  const limit = pLimit(width)
  const one = async (each: Case): Promise<void> => {
    const raw = await run(port, each, `${prefix}-${cases.indexOf(each)}-ns`, before?.get(each.name)?.raw)
    results.set(each.name, { raw, masked: masked(each, raw) })
  }
  await Promise.all(cases.filter((each) => !isAlone(each)).map((each) => limit(() => one(each))))
  for (const each of cases.filter(isAlone)) await one(each)
  return results
}
