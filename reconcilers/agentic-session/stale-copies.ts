import { type Cluster, keyOf, labelSelectorOf, type Ref, type Settings } from '#sdk/index.ts'
import { secretKind } from './children.ts'
import { sessionKind } from './schema.ts'
import { COPIED_FROM, COPIED_VERSION, copyLabels, sourcesOf, versionOf } from './secrets.ts'

/**
 * The sessions that own a copy of a Secret that has changed since. Nothing rings when one does. Costs a read for each Secret that a profile has
 * copied, and pages of the copies' metadata; nothing where no profile has any.
 */
export async function* ownersOfStaleCopies(
  cluster: Cluster,
  settings: Settings,
): AsyncGenerator<{ readonly ref: Ref; readonly uid: string }> {
  const versions = new Map<string, string>()
  for (const from of sourcesOf(settings)) {
    const source = await cluster.get(secretKind, from)
    if (source) versions.set(keyOf(from), versionOf(source))
  }
  if (versions.size === 0) return
  const labelSelector = labelSelectorOf(copyLabels)
  for await (const { metadata } of cluster.listMetadata(secretKind, { labelSelector })) {
    const current = versions.get(metadata.annotations?.[COPIED_FROM] ?? '')
    if (current === undefined || metadata.annotations?.[COPIED_VERSION] === current) continue
    for (const { kind, name, uid } of metadata.ownerReferences ?? []) {
      if (kind === sessionKind.kind) yield { ref: { namespace: metadata.namespace, name }, uid }
    }
  }
}
