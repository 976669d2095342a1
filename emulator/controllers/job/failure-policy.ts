import type { PodObject } from '../pods.ts'
import type { JobObject } from './job.ts'

type Rule = {
  readonly action: 'FailJob' | 'Ignore' | 'Count' | 'FailIndex'
  readonly onExitCodes?: {
    readonly containerName?: string
    readonly operator: 'In' | 'NotIn'
    readonly values: readonly number[]
  }
  readonly onPodConditions?: readonly { readonly type: string; readonly status?: string }[]
}

/** What the first rule that matches says of a Pod that failed. */
export type Verdict = { readonly action: Rule['action']; readonly message: string }

/** `undefined` where no rule matches: it counts as a failure like any other. */
export function verdictOn(job: JobObject, pod: PodObject): Verdict | undefined {
  const policy = (job.spec as { podFailurePolicy?: { rules?: readonly Rule[] } }).podFailurePolicy
  for (const [index, rule] of (policy?.rules ?? []).entries()) {
    const why = reasonFor(rule, pod)
    if (why) return { action: rule.action, message: `${why} matching ${rule.action} rule at index ${index}` }
  }
  return undefined
}

export const isIgnored = (job: JobObject, pod: PodObject): boolean => verdictOn(job, pod)?.action === 'Ignore'

function reasonFor({ onExitCodes, onPodConditions }: Rule, { metadata, status }: PodObject): string | undefined {
  const name = `${metadata.namespace}/${metadata.name}`
  if (onExitCodes) {
    const { containerName, operator, values } = onExitCodes
    const all = [...(status.containerStatuses ?? []), ...(status.initContainerStatuses ?? [])]
    const match = all.find(({ name, state }) => {
      const code = state?.terminated?.exitCode
      if (code === undefined || code === 0) return false
      if (containerName !== undefined && containerName !== name) return false
      return values.includes(code) === (operator === 'In')
    })
    if (match)
      return `Container ${match.name} for pod ${name} failed with exit code ${match.state?.terminated?.exitCode}`
    return undefined
  }
  const found = onPodConditions?.find(({ type, status: wanted = 'True' }) =>
    status.conditions?.some((each) => each.type === type && each.status === wanted),
  )
  return found && `Pod ${name} has condition ${found.type}`
}
