import { eventually } from './eventually.ts'
import type { Platform } from './platform.ts'

const HOME = 'dormouse'

/** Ends the Pods of a Knative Service and lets no others start: its ServiceAccount is gone. */
export const breakFunction = async ({ kubectl }: Platform, name: string): Promise<void> => {
  const pods = ['pods', '-n', HOME, '-l', `serving.knative.dev/service=${name}`]
  await kubectl('delete', 'serviceaccount', '-n', HOME, name)
  await kubectl('delete', ...pods, '--grace-period=0', '--force')
  await eventually('it has no Pod', async () =>
    (await kubectl('get', ...pods, '-o', 'name')) === '' ? true : undefined,
  )
}

/** Pods can start again. A ReplicaSet that is changed tries at once, and not after the backoff it has come to, which may be minutes. */
export const mendFunction = async ({ kubectl }: Platform, name: string): Promise<void> => {
  await kubectl('create', 'serviceaccount', '-n', HOME, name)
  const replicaSets = ['replicasets', '-n', HOME, '-l', `serving.knative.dev/service=${name}`]
  await kubectl('annotate', ...replicaSets, `example.com/mended=${Date.now()}`, '--overwrite')
}
