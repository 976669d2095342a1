import type { JobObject } from './job.ts'

/** What of a Job this controller does not know, by its field. It ends such a Job as failed, and says why. */
export function unsupported({ spec }: JobObject): string | undefined {
  const { completionMode, ...rest } = spec as JobObject['spec'] & Readonly<Record<string, unknown>>
  if (completionMode === 'Indexed') return 'spec.completionMode Indexed'
  const field = ['backoffLimitPerIndex', 'maxFailedIndexes', 'successPolicy', 'manualSelector'].find(
    (name) => rest[name],
  )
  return field && `spec.${field}`
}
