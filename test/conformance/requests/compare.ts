import { isDeepStrictEqual } from 'node:util'
import type { Case } from './case.ts'
import type { Masked, MaskedAnswer } from './mask.ts'

/** Where two outcomes of a case differ first, in a few words. */
export type Difference = { readonly case: string; readonly at: string; readonly real: string; readonly ours: string }

/** `undefined` when all is the same. Pure. */
export function differenceIn({ name, steps }: Case, given: Masked, recorded: Masked): Difference | undefined {
  const [ours, real] = [given, recorded].map((each) => JSON.parse(JSON.stringify(each)) as Masked)
  if (ours === undefined || real === undefined || isDeepStrictEqual(ours, real)) return undefined
  const index = steps.findIndex((_, step) => !isDeepStrictEqual(ours.answers[step], real.answers[step]))
  const step = steps[index]
  if (step) {
    const [mine, theirs] = differing(ours.answers[index], real.answers[index])
    return { case: name, at: `${index}: ${step.call}`, real: theirs, ours: mine }
  }
  const watched =
    Object.keys(real.watches).find((key) => !isDeepStrictEqual(ours.watches[key], real.watches[key])) ?? '0'
  const [mine, theirs] = differing(ours.watches[watched], real.watches[watched])
  return { case: name, at: `the watch of step ${watched}`, real: theirs, ours: mine }
}

const differing = (ours: unknown, real: unknown): [string, string] => {
  const [mine, theirs] = [ours, real] as [MaskedAnswer | undefined, MaskedAnswer | undefined]
  if (mine?.status !== theirs?.status) return [summary(mine), summary(theirs)]
  const paths: [string, unknown, unknown][] = []
  visit(ours, real, '', paths)
  const [path = '', a, b] = paths[0] ?? []
  return [`${path} = ${cut(a)}`, `${path} = ${cut(b)}`]
}

const summary = (answer: MaskedAnswer | undefined): string => {
  const body = answer && 'body' in answer ? answer.body : undefined
  const message = (body as { message?: string } | undefined)?.message
  return `${answer?.status}${message === undefined ? '' : ` ${cut(message)}`}`
}

const cut = (value: unknown): string => {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing')
  return text.length > 160 ? `${text.slice(0, 160)}…` : text
}

function visit(a: unknown, b: unknown, path: string, found: [string, unknown, unknown][]): void {
  if (isDeepStrictEqual(a, b)) return
  const both = [a, b].every((each) => typeof each === 'object' && each !== null)
  if (!both || Array.isArray(a) !== Array.isArray(b)) {
    found.push([path, a, b])
    return
  }
  const [left, right] = [a, b] as [Record<string, unknown>, Record<string, unknown>]
  for (const key of new Set([...Object.keys(left), ...Object.keys(right)]))
    visit(left[key], right[key], `${path}.${key}`, found)
}
