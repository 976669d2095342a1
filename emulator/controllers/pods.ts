import type { Pod } from 'kubernetes-types/core/v1.d.ts'
import { without } from '../api-server/json.ts'
import type { Json, KubeObject, OwnerReference } from '../api-server/types.ts'

/** A Pod as the API server keeps it: its fields are those of the published types. */
export type PodObject = KubeObject & {
  readonly spec: NonNullable<Pod['spec']>
  readonly status: NonNullable<Pod['status']>
}

// The API server has checked what it stores.
export const asPod = (object: KubeObject): PodObject => object as unknown as PodObject

export const isEnded = ({ status: { phase } }: PodObject): boolean => phase === 'Succeeded' || phase === 'Failed'
export const isGoing = ({ metadata }: KubeObject): boolean => metadata.deletionTimestamp !== undefined
export const isActive = (pod: PodObject): boolean => !isEnded(pod) && !isGoing(pod)
export const isTerminating = (pod: PodObject): boolean => !isEnded(pod) && isGoing(pod)
export const isReady = ({ status }: PodObject): boolean =>
  status.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ?? false

/** When it ended: its last container's end, or else its deletion or what else is known. Milliseconds since the epoch. */
export function endedAt({ status, metadata, spec }: PodObject): number {
  const ends = (status.containerStatuses ?? []).map(({ state }) => Date.parse(state?.terminated?.finishedAt ?? ''))
  if (ends.length > 0 && ends.every((end) => !Number.isNaN(end))) return Math.max(...ends)
  const notReady = status.conditions?.find(({ type, status: is }) => type === 'Ready' && is === 'False')
  if (notReady?.lastTransitionTime) return Date.parse(notReady.lastTransitionTime)
  const deleted = Date.parse(metadata.deletionTimestamp ?? '')
  if (!Number.isNaN(deleted))
    return deleted - (metadata.deletionGracePeriodSeconds ?? spec.terminationGracePeriodSeconds ?? 0) * 1000
  return Date.parse(metadata.creationTimestamp ?? '')
}

/** A Pod as a controller makes it from a template; the API server names it. */
export function podFrom(
  template: Json,
  owner: KubeObject,
  {
    labels,
    finalizers = [],
  }: { readonly labels?: Readonly<Record<string, string>>; readonly finalizers?: readonly string[] } = {},
): Json {
  const meta = (template['metadata'] ?? {}) as KubeObject['metadata']
  const reference: OwnerReference = { ...referenceTo(owner), controller: true, blockOwnerDeletion: true }
  const all = [...(meta.finalizers ?? []), ...finalizers]
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      generateName: `${owner.metadata.name}-`,
      namespace: owner.metadata.namespace,
      ...((meta.labels ?? labels) && { labels: { ...meta.labels, ...labels } }),
      ...(meta.annotations && { annotations: meta.annotations }),
      ...(all.length > 0 && { finalizers: all }),
      ownerReferences: [reference],
    },
    ...without(template, 'metadata'),
  }
}

export const referenceTo = ({ apiVersion, kind, metadata: { name = '', uid = '' } }: KubeObject): OwnerReference => ({
  apiVersion,
  kind,
  name,
  uid,
})

/** Which to delete first: those that lose least. */
export const byWorth = (a: PodObject, b: PodObject): number =>
  Number(a.spec.nodeName !== undefined) - Number(b.spec.nodeName !== undefined) ||
  rank(a) - rank(b) ||
  Number(isReady(a)) - Number(isReady(b)) ||
  Date.parse(b.metadata.creationTimestamp ?? '') - Date.parse(a.metadata.creationTimestamp ?? '')

const rank = ({ status: { phase } }: PodObject): number => (phase === 'Pending' ? 0 : phase === 'Running' ? 2 : 1)
