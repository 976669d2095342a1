import { setTimeout as sleep } from 'node:timers/promises'
import type { Pod, PodList } from 'kubernetes-types/core/v1.d.ts'
import { type ApiClient, ApiError } from './api-client.ts'

export type PodObserver = {
  readonly onPod: (pod: Pod) => void
  readonly onDeleted: (pod: Pod) => void
  /** Everything there is: what is not in it is gone. */
  readonly onList: (pods: readonly Pod[]) => void
}

const RETRY_MS = 100

/** Lists and watches all Pods until `signal` is aborted, and begins again whenever a watch ends or breaks. */
export async function followPods(api: ApiClient, observer: PodObserver, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await listAndWatch(api, observer, signal)
    } catch (error) {
      if (signal.aborted) return
      // No answer at all is a restart of the API server.
      if (error instanceof ApiError && error.code < 500) process.stderr.write(`node stand-in: ${error.message}\n`)
    }
    await sleep(RETRY_MS)
  }
}

async function listAndWatch(api: ApiClient, { onPod, onDeleted, onList }: PodObserver, signal: AbortSignal) {
  const list = await api.get<PodList>('/api/v1/pods')
  onList(list.items)
  const from = list.metadata?.resourceVersion
  for await (const { type, object } of api.watch<Pod>(`/api/v1/pods?watch=true&resourceVersion=${from}`, signal)) {
    switch (type) {
      case 'ADDED':
      case 'MODIFIED':
        onPod(object)
        break
      case 'DELETED':
        onDeleted(object)
        break
      case 'BOOKMARK':
        break
      case 'ERROR':
        return
    }
  }
}
