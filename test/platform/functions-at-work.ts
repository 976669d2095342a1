import { setTimeout as sleep } from 'node:timers/promises'
import { type AuditEvent, podOf } from '../cluster/audit.ts'
import { isOf } from '../cluster/permissions.ts'
import { eventually } from './eventually.ts'
import type { Platform } from './platform.ts'

type Pod = { readonly metadata: { readonly name: string } }

const PODS = '/api/v1/namespaces/dormouse/pods'

/** Also those that have been told to end. */
const podsOfFunction = async ({ api }: Platform, name: string): Promise<readonly Pod[]> => {
  const { items } = await api.get<{ items: readonly Pod[] }>(
    `${PODS}?labelSelector=serving.knative.dev/service=${name}`,
  )
  return items
}

/** The revision that gets the traffic of each of our Knative Services. */
export const revisions = async ({ api }: Platform): Promise<readonly string[]> => {
  type Service = { readonly status: { readonly traffic: readonly { readonly revisionName: string }[] } }
  const { items } = await api.get<{ items: readonly Service[] }>(
    '/apis/serving.knative.dev/v1/namespaces/dormouse/services',
  )
  return items.flatMap(({ status }) => status.traffic.map(({ revisionName }) => revisionName))
}

/**
 * Resolves when these functions have no Pods at one moment: the last of them are gone, which takes half a minute longer than to tell them to
 * end. Until then the activator may hold on to one that answers no more (docs/performance.md).
 */
export const atZero = (platform: Platform, names: readonly string[]): Promise<true> =>
  eventually(
    `${names.join(' and ')} are at zero`,
    async () => {
      for (const name of names) if ((await podsOfFunction(platform, name)).length > 0) return undefined
      return true
    },
    240,
  )

/** Follows which Pods these functions ever have from here on, until it is asked. */
export const followStarts = (platform: Platform, names: readonly string[]) => {
  const seen = new Map(names.map((name) => [name, new Set<string>()]))
  let isOver = false
  const following = (async () => {
    while (!isOver) {
      for (const [name, pods] of seen)
        for (const { metadata } of await podsOfFunction(platform, name)) pods.add(metadata.name)
      await sleep(200)
    }
  })()
  return async (): Promise<ReadonlyMap<string, ReadonlySet<string>>> => {
    isOver = true
    await following
    return seen
  }
}

/** The Pods of a function that these requests came from, by their tokens. */
export const podsThatAsked = (name: string, requests: readonly AuditEvent[]): ReadonlySet<string> =>
  new Set(requests.filter((request) => isOf(name, request)).flatMap((request) => podOf(request) ?? []))

/** Ends Pods without asking them, as a node that dies does; throws where there are none. */
export const kill = async ({ kubectl }: Platform, namespace: string, selector: string): Promise<void> => {
  const killed = await kubectl('delete', 'pods', '-n', namespace, '-l', selector, '--force', '--grace-period=0')
  if (!killed.includes('deleted')) throw new Error(`there are no Pods ${selector} in ${namespace}`)
}
