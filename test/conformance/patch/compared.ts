import type { JsonObject } from '#emulator/patch/types.ts'
import type { Answer } from './case.ts'

const volatile = ['uid', 'resourceVersion', 'creationTimestamp', 'generation', 'selfLink']

type Shape = { readonly code: number; readonly [part: string]: unknown }

/** What of an answer can be compared. Of an object with defaults only what we have of it: others apply those. */
export function comparable(answer: Answer, ours: Answer, hasDefaults: boolean): Shape {
  if (!('object' in answer)) {
    const { code, reason, message, causes } = answer
    if (isValidation(answer)) return { code, reason }
    const lines = message.split('\n').toSorted()
    return { code, reason, message: lines, causes: causes.map((cause) => JSON.stringify(cause)).toSorted() }
  }
  const { managedFields, ...metadata } = answer.object['metadata'] as JsonObject
  const stable = Object.entries(metadata).filter(([name]) => !volatile.includes(name))
  const object = { ...answer.object, metadata: Object.fromEntries(stable) }
  const shown = hasDefaults && 'object' in ours ? common(object, ours.object) : object
  return { code: answer.code, managedFields, object: shown }
}

/** Its texts are for others to word. */
const isValidation = ({ message }: { readonly message: string }): boolean =>
  / is invalid: /.test(message) && !message.startsWith('PatchOptions')

/** `theirs` cut to what `ours` has. */
function common(theirs: unknown, ours: unknown): unknown {
  if (Array.isArray(theirs) && Array.isArray(ours)) {
    return theirs.map((item, index) => (index < ours.length ? common(item, ours[index]) : item))
  }
  if (typeof theirs !== 'object' || theirs === null || typeof ours !== 'object' || ours === null) return theirs
  if (Array.isArray(theirs) || Array.isArray(ours)) return theirs
  return Object.fromEntries(
    Object.entries(theirs)
      .filter(([name]) => name in ours)
      .map(([name, value]) => [name, common(value, (ours as JsonObject)[name])]),
  )
}
