import type { Cluster, KubernetesObject, Live, Ref } from '#sdk/index.ts'
import { childLabels, LIMITS, TRIGGER } from './children.ts'
import {
  accountKind,
  bindingKind,
  limitRangeKind,
  namespaceKind,
  roleKind,
  type Standing,
  standingOf,
} from './kinds.ts'
import { PROJECT_SETTINGS, type ProjectSettings, projectSettingsKind } from './schema.ts'

/** What a plan depends on besides the ProjectSettings. */
export type Observed = {
  readonly standing: Standing
  /** Every RoleBinding of the namespace, and what has a name of ours of the other kinds, whoever made it. */
  readonly found: readonly Live[]
}

const readNamespace = (namespace: string, cluster: Cluster) =>
  cluster.get(namespaceKind, { namespace: '', name: namespace })

export const observe = async (settings: Live<ProjectSettings>, cluster: Cluster): Promise<Observed> => {
  const { namespace } = settings.metadata
  const standing = standingOf(await readNamespace(namespace, cluster))
  const found: Live[] = []
  if (standing === 'terminating' || settings.metadata.deletionTimestamp !== undefined) return { standing, found }
  for await (const binding of cluster.list(bindingKind, { namespace })) found.push(binding)
  const named = await Promise.all([
    cluster.get(accountKind, { namespace, name: TRIGGER }),
    cluster.get(roleKind, { namespace, name: TRIGGER }),
    cluster.get(limitRangeKind, { namespace, name: LIMITS }),
  ])
  return { standing, found: [...found, ...named.filter((each) => each !== undefined)] }
}

/** A namespace that is looked after has ProjectSettings: those that grant nothing, until somebody says otherwise. */
export const absent = async ({ namespace, name }: Ref, cluster: Cluster): Promise<ProjectSettings | undefined> => {
  if (name !== PROJECT_SETTINGS) return undefined
  const standing = standingOf(await readNamespace(namespace, cluster))
  return standing === 'managed' ? emptySettingsFor(namespace) : undefined
}

const emptySettingsFor = (namespace: string): ProjectSettings & KubernetesObject => ({
  apiVersion: projectSettingsKind.apiVersion,
  kind: projectSettingsKind.kind,
  metadata: { name: PROJECT_SETTINGS, namespace, labels: { ...childLabels } },
  spec: { groupAccess: [] },
})
