export type ConditionStatus = 'True' | 'False' | 'Unknown'

/** A condition as a plan wants it. */
export type WantedCondition = {
  readonly type: string
  readonly status: ConditionStatus
  /** A PascalCase word of a closed set. */
  readonly reason: string
  readonly message: string
}

/** As `meta/v1` Condition has it, all fields filled in. */
export type WrittenCondition = WantedCondition & {
  readonly observedGeneration: number
  readonly lastTransitionTime: string
}

/** As other writers may have left it. */
type StoredCondition = { readonly type: string; readonly status: string; readonly lastTransitionTime?: string }

/**
 * The list with the wanted conditions in it; those of others stay. `lastTransitionTime` moves only when the status changes, as
 * `meta/v1` Condition asks. Pure.
 */
export const withConditions = <C extends StoredCondition>(
  stored: readonly C[],
  wanted: readonly WantedCondition[],
  { observedGeneration, now }: { readonly observedGeneration: number; readonly now: Date },
): (C | WrittenCondition)[] => {
  const next = new Map<string, C | WrittenCondition>(stored.map((condition) => [condition.type, condition]))
  for (const condition of wanted) {
    const before = next.get(condition.type)
    const lastTransitionTime = (before?.status === condition.status && before.lastTransitionTime) || secondsOf(now)
    next.set(condition.type, { ...condition, observedGeneration, lastTransitionTime })
  }
  return [...next.values()]
}

/** Of a message: the API server's words can be long, and many things can be wrong in the same way. */
const SENTENCES = 16
const CHARACTERS = 1000

/** One message of many sentences, as long as a condition can bear; half a character at a cut is made whole, as the API server would. Pure. */
export const listed = (sentences: readonly string[]): string => {
  const more = sentences.length - SENTENCES
  const shown = sentences.slice(0, SENTENCES).map((words) => words.slice(0, CHARACTERS).toWellFormed())
  return [...shown, ...(more > 0 ? [`and ${more} more`] : [])].join('; ')
}

/** RFC 3339 in whole seconds, as Kubernetes writes its times. */
export const secondsOf = (time: Date): string => `${time.toISOString().slice(0, 19)}Z`

/** The conditions of a status, as JSON Schema for its CustomResourceDefinition. */
export const conditionsSchema = {
  type: 'array',
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': ['type'],
  items: {
    type: 'object',
    required: ['type', 'status'],
    properties: {
      type: { type: 'string', maxLength: 316 },
      status: { type: 'string', enum: ['True', 'False', 'Unknown'] },
      reason: { type: 'string', maxLength: 1024 },
      message: { type: 'string', maxLength: 32_768 },
      lastTransitionTime: { type: 'string', format: 'date-time' },
      observedGeneration: { type: 'integer', format: 'int64', minimum: 0 },
    },
  },
} as const
