import type { KubernetesObject, ObjectEvent } from '#sdk/index.ts'
import type { ProjectSettings } from './schema.ts'

/** Which changes of ProjectSettings no plan depends on: the echoes of our own status. Pure. */
export const ignoredSettings = ({ change, object: { metadata, status } }: ObjectEvent<ProjectSettings>) => {
  // They are made again where the namespace is looked after.
  if (change === 'delete') return undefined
  if (metadata.deletionTimestamp !== undefined) return 'Deleting'
  // A dead letter that is recorded rings as well: somebody should have looked here.
  if (status?.deadLetters) return undefined
  return status?.observedGeneration === metadata.generation ? 'NoNews' : undefined
}

/**
 * Which changes of a labelled Namespace no plan depends on. The label comes as `add` and goes as `delete`, since the source selects by it.
 * Pure.
 */
export const ignoredNamespace = ({ change, object: { metadata } }: ObjectEvent<KubernetesObject>) => {
  if (metadata.deletionTimestamp !== undefined) return 'Deleting'
  return change === 'update' ? 'NoNews' : undefined
}
