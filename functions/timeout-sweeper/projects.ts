import { namespaceKind } from '#reconcilers/project/kinds.ts'
import { PROJECT_SETTINGS, type ProjectSettings, projectSettingsKind } from '#reconcilers/project/schema.ts'
import { type Cluster, type Live, labelSelectorOf, managedNamespace } from '#sdk/index.ts'

/** The namespaces that are looked after, and all ProjectSettings: what both of a sweep's searches begin with. */
export type Projects = {
  readonly managed: ReadonlySet<string>
  /** Those of the managed that are being deleted. */
  readonly terminating: ReadonlySet<string>
  readonly settings: ReadonlyMap<string, Live<ProjectSettings>>
}

const PAGE_SIZE = 100

export const listProjects = async (cluster: Cluster): Promise<Projects> => {
  const labelSelector = labelSelectorOf(managedNamespace)
  const managed = new Set<string>()
  const terminating = new Set<string>()
  for await (const { metadata } of cluster.listMetadata(namespaceKind, { labelSelector })) {
    managed.add(metadata.name)
    if (metadata.deletionTimestamp !== undefined) terminating.add(metadata.name)
  }
  const settings = new Map<string, Live<ProjectSettings>>()
  for await (const each of cluster.list(projectSettingsKind, { pageSize: PAGE_SIZE }))
    if (each.metadata.name === PROJECT_SETTINGS) settings.set(each.metadata.namespace, each)
  return { managed, terminating, settings }
}
