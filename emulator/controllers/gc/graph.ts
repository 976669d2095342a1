import type { KubeObject, OwnerReference } from '../../api-server/types.ts'
import { groupOf, type Kind } from '../kinds.ts'

/** An object and where it is served. */
export type Node = { readonly kind: Kind; readonly object: KubeObject }

/** Who owns whom, of everything that can be owned. By uid. */
export type Graph = {
  readonly get: (uid: string) => Node | undefined
  readonly put: (node: Node) => void
  readonly remove: (uid: string) => void
  /** In the order in which they came. */
  readonly dependentsOf: (uid: string) => readonly Node[]
  /** The owner that a dependent names: only one of its namespace or of the whole cluster counts. */
  readonly ownerOf: (dependent: Node, reference: OwnerReference) => Node | undefined
}

export function createGraph(): Graph {
  const nodes = new Map<string, Node>()
  const dependents = new Map<string, Set<string>>()

  const unlink = (uid: string): void => {
    for (const owner of ownersOf(nodes.get(uid))) {
      const all = dependents.get(owner.uid)
      all?.delete(uid)
      if (all?.size === 0) dependents.delete(owner.uid)
    }
  }
  return {
    get: (uid) => nodes.get(uid),
    put: (node) => {
      const uid = uidOf(node)
      const before = nodes.get(uid)
      if (before?.object.metadata.ownerReferences !== node.object.metadata.ownerReferences) {
        unlink(uid)
        for (const owner of ownersOf(node)) dependents.set(owner.uid, (dependents.get(owner.uid) ?? new Set()).add(uid))
      }
      nodes.set(uid, node)
    },
    remove: (uid) => {
      unlink(uid)
      nodes.delete(uid)
    },
    dependentsOf: (uid) => [...(dependents.get(uid) ?? [])].flatMap((each) => nodes.get(each) ?? []),
    ownerOf: ({ object }, { uid, apiVersion, kind, name }) => {
      const owner = nodes.get(uid)
      if (!owner || owner.object.metadata.name !== name) return undefined
      if (owner.kind.kind !== kind || owner.kind.group !== groupOf(apiVersion)) return undefined
      const { namespace } = owner.object.metadata
      return namespace === undefined || namespace === object.metadata.namespace ? owner : undefined
    },
  }
}

export const uidOf = ({ object }: Node): string => object.metadata.uid ?? ''
export const ownersOf = (node: Node | undefined): readonly OwnerReference[] =>
  node?.object.metadata.ownerReferences ?? []

const isGoing = ({ object }: Node): boolean => object.metadata.deletionTimestamp !== undefined
const hasFinalizer = ({ object }: Node, name: string): boolean => object.metadata.finalizers?.includes(name) ?? false

/** It waits for nobody: other finalizers hold it, or a kubelet. */
export const isOnItsWay = (node: Node): boolean => isGoing(node) && !awaitsDependents(node)
/** In foreground deletion. */
export const awaitsDependents = (node: Node | undefined): boolean =>
  node !== undefined && isGoing(node) && hasFinalizer(node, FOREGROUND)
export const isToOrphan = (node: Node | undefined): boolean =>
  node !== undefined && isGoing(node) && hasFinalizer(node, ORPHAN)

export const FOREGROUND = 'foregroundDeletion'
export const ORPHAN = 'orphan'
