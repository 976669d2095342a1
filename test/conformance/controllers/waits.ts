import type { Wait } from './cases.ts'
import type { Recorder } from './record.ts'

type Status = {
  readonly ready?: number
  readonly conditions?: readonly { readonly type: string; readonly status: string }[]
}

/** Whether what a step waits for is so; of seconds the caller has to see to it. */
export function isOver(wait: Exclude<Wait, { seconds: number }>, { job, pods, hasSeen, recorded }: Recorder): boolean {
  const status = job()?.['status'] as Status | undefined
  if ('condition' in wait)
    return status?.conditions?.some(({ type, status: is }) => type === wait.condition && is === 'True') ?? false
  if ('phase' in wait) return hasSeen(wait.phase) >= (wait.pods ?? 1)
  if (wait.is === 'ready') return (status?.ready ?? 0) > 0
  // Before the watch has told of it, it is not gone.
  return recorded().job.length > 0 && job() === undefined && pods().every((pod) => pod === undefined)
}
