import type { Pod } from 'kubernetes-types/core/v1.d.ts'
import { type ApiClient, ApiError } from './api-client.ts'
import type { Act } from './pod-steps.ts'

/** What came of a step: the Pod as it is now, or that the watch will tell, or that it is no more, or when to try again. */
export type Outcome =
  | { readonly state: 'done'; readonly pod: Pod }
  | { readonly state: 'waiting' }
  | { readonly state: 'gone' }
  | { readonly state: 'failed'; readonly retrySeconds: number }

/** Does a step for a Pod. Safe to repeat; throws nothing, for a Pod may change or vanish at any moment. */
export async function perform(api: ApiClient, pod: Pod, step: Act, node: string): Promise<Outcome> {
  const { namespace, name, uid } = pod.metadata ?? {}
  const path = `/api/v1/namespaces/${namespace}/pods/${name}`
  try {
    switch (step.do) {
      case 'bind': {
        const target = { apiVersion: 'v1', kind: 'Node', name: node }
        await api.post(`${path}/binding`, { apiVersion: 'v1', kind: 'Binding', metadata: { name, uid }, target })
        return { state: 'waiting' }
      }
      case 'report': {
        // The uid keeps a Pod made again under the same name from getting this status.
        const patch = { metadata: { uid }, status: step.status }
        return { state: 'done', pod: await api.patch<Pod>(`${path}/status`, 'strategic-merge', patch) }
      }
      case 'remove':
        await api.delete(path, { gracePeriodSeconds: 0, preconditions: { uid } })
        return { state: 'waiting' }
    }
  } catch (error) {
    if (!(error instanceof ApiError) || error.code >= 500 || error.code === 429)
      return { state: 'failed', retrySeconds: 0.2 }
    if (error.code === 404) return { state: 'gone' }
    if (error.code === 409) return reread(api, pod, path)
    // 403 is a Pod in a namespace that is being deleted; it goes too.
    if (error.code !== 403)
      process.stderr.write(`node stand-in: ${step.do} Pod ${namespace}/${name}: ${error.message}\n`)
    return { state: 'waiting' }
  }
}

async function reread(api: ApiClient, pod: Pod, path: string): Promise<Outcome> {
  try {
    const now = await api.get<Pod>(path)
    return now.metadata?.uid === pod.metadata?.uid ? { state: 'done', pod: now } : { state: 'gone' }
  } catch (error) {
    const isGone = error instanceof ApiError && error.code === 404
    return isGone ? { state: 'gone' } : { state: 'failed', retrySeconds: 0.2 }
  }
}
