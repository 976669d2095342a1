import { mergePatch } from '#emulator/patch/merge-patch.ts'
import type { JsonObject } from '#emulator/patch/types.ts'

/** What the steps of a case have answered so far, and where the case runs. */
export type Sight = {
  readonly namespace: string
  readonly answers: readonly unknown[]
  /** Objects as they were last and first seen, by their path. */
  readonly last: ReadonlyMap<string, unknown>
  readonly first: ReadonlyMap<string, unknown>
}

const valueAt = (value: unknown, path: string): unknown =>
  path
    .split('.')
    .filter((key) => key !== '')
    .reduce<unknown>((found, key) => (found as Record<string, unknown> | undefined | null)?.[key], value)

const pattern = /\$ns|\$(?:(\d+)|(last|first)\(([^)]*)\))((?:\.\w+)+)/g

const referredTo = (sight: Sight, [whole, step, which, path, keys = '']: RegExpMatchArray): unknown => {
  if (whole === '$ns') return sight.namespace
  const found =
    step === undefined ? (which === 'last' ? sight.last : sight.first).get(path ?? '') : sight.answers[Number(step)]
  return valueAt(found, keys)
}

/** Text with its references filled in. */
export const fillText = (text: string, sight: Sight): string =>
  text.replaceAll(pattern, (...match) => String(referredTo(sight, match as unknown as RegExpMatchArray) ?? '')) // the arguments of a replacer begin as a match does

/**
 * JSON with its references filled in: a string that is one reference becomes its value, `{ $from: 2, ... }` or `{ $from: 'cm/a', ... }`
 * becomes that answer or the object last seen there, changed by the other keys as by a merge patch.
 */
export function fill(value: unknown, sight: Sight): unknown {
  if (typeof value === 'string') {
    const [match] = [...value.matchAll(pattern)]
    return match && match[0] === value ? referredTo(sight, match) : fillText(value, sight)
  }
  if (Array.isArray(value)) return value.map((item) => fill(item, sight))
  if (typeof value !== 'object' || value === null) return value
  const { $from, ...rest } = value as { $from?: number | string }
  const filled = Object.fromEntries(
    Object.entries(rest).map(([key, item]) => [key.replaceAll('$ns', sight.namespace), fill(item, sight)]),
  )
  if ($from === undefined) return filled
  const base = typeof $from === 'number' ? sight.answers[$from] : sight.last.get($from)
  return mergePatch((base ?? {}) as JsonObject, filled) // an answer of an API server
}
