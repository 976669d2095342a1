import { aggregateRoles } from './admission/aggregation.ts'
import roles from './bootstrap-roles.json' with { type: 'json' }
import type { Core } from './context.ts'
import { timestamp } from './json.ts'
import type { KubeObject } from './types.ts'

/** The ClusterRoles for people and their bindings, as kube-apiserver 1.36.3 has them from its start. */
export function addBootstrapRoles(core: Core): void {
  const { store, world } = core
  for (const role of roles as readonly KubeObject[]) {
    const metadata = { ...role.metadata, uid: world.uuid(), creationTimestamp: timestamp(world.now()) }
    const plural = role.kind === 'ClusterRole' ? 'clusterroles' : 'clusterrolebindings'
    store.put(`${plural}.rbac.authorization.k8s.io`, metadata.name ?? '', { ...role, metadata })
  }
  aggregateRoles(core)
}
