import { type Client, isStatus, type Resource } from '../client.ts'
import type { World } from '../world.ts'
import { createCache } from './cache.ts'
import { CONFIG_MAPS, NAMESPACES, SERVICE_ACCOUNTS } from './resources.ts'
import { createWorkQueue } from './work-queue.ts'

const caDescription =
  'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.'

/** What every namespace has, and gets again when it is deleted: the ServiceAccount `default`, and the ConfigMap `kube-root-ca.crt` with `rootCa`, in PEM. */
export function runNamespaceContent(client: Client, world: World, rootCa = ''): () => void {
  const wanted: readonly (readonly [Resource, object])[] = [
    [SERVICE_ACCOUNTS, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default' } }],
    [
      CONFIG_MAPS,
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'kube-root-ca.crt', annotations: { 'kubernetes.io/description': caDescription } },
        data: { 'ca.crt': rootCa },
      },
    ],
  ]
  const sync = (namespace: string): void => {
    const found = namespaces.get(namespace)
    if (!found || found.metadata.deletionTimestamp !== undefined) return
    for (const [resource, object] of wanted)
      try {
        client.create(resource, { ...object }, { namespace })
      } catch (error) {
        if (!isStatus(error, 409)) throw error
      }
  }
  const queue = createWorkQueue(world, sync)
  const namespaces = createCache(client, NAMESPACES, ({ metadata }, before, isDeleted) => {
    if (!before && !isDeleted) queue.add(metadata.name ?? '')
  })
  const stops = wanted.map(([resource, object]) => {
    const { name } = (object as { metadata: { name: string } }).metadata
    return client.follow(resource, ({ type, object: { metadata } }) => {
      if (type === 'DELETED' && metadata.name === name) queue.add(metadata.namespace ?? '')
    })
  })
  return () => {
    for (const stop of [...stops, queue.stop, namespaces.stop]) stop()
  }
}
