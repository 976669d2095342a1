import type { JobObject } from './job.ts'

const fields = ['backoffLimitPerIndex', 'maxFailedIndexes', 'successPolicy', 'manualSelector'] as const

/** What of a Job this controller does not know, by its field. It ends such a Job as failed, and says why. */
export function unsupported({ spec }: JobObject): string | undefined {
  if (spec.completionMode === 'Indexed') return 'spec.completionMode Indexed'
  const given: object = spec
  const field = fields.find((name) => name in given && spec[name as 'manualSelector'])
  return field && `spec.${field}`
}
