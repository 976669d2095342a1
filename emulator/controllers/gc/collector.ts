import type { OwnerReference } from '../../api-server/types.ts'
import { type Client, type DeleteOptions, refOf } from '../../client.ts'
import type { Kind } from '../kinds.ts'
import { awaitsDependents, FOREGROUND, type Graph, isOnItsWay, type Node, ORPHAN, ownersOf, uidOf } from './graph.ts'

export type Collector = {
  /** Deletes the object if nobody owns it any more, or goes on with its foreground deletion. */
  readonly collect: (uid: string) => void
  /** Cuts its dependents loose and lets it go. */
  readonly orphan: (uid: string) => void
}

export type CollectorPorts = {
  readonly client: Client
  readonly graph: Graph
  /** Undefined while nothing serves the kind: its objects cannot be said to be absent. */
  readonly kindOf: (reference: OwnerReference) => Kind | undefined
  /** Seen to go: that needs no kind to look it up in. */
  readonly isKnownAbsent: (uid: string) => boolean
  readonly enqueue: (uid: string) => void
  readonly complain: (node: Node, reference: OwnerReference) => void
}

type State = 'solid' | 'dangling' | 'waiting' | 'unknown'

/** As attemptToDeleteItem and its kin in kube-controller-manager's pkg/controller/garbagecollector. */
export function createCollector({
  client,
  graph,
  kindOf,
  isKnownAbsent,
  enqueue,
  complain,
}: CollectorPorts): Collector {
  const patch = ({ kind, object }: Node, metadata: object): void =>
    void client.patch(kind, refOf(object), { metadata: { uid: object.metadata.uid, ...metadata } })
  const withoutFinalizer = (node: Node, name: string): void => {
    const rest = (node.object.metadata.finalizers ?? []).filter((each) => each !== name)
    const { resourceVersion } = node.object.metadata
    patch(node, { resourceVersion, finalizers: rest.length > 0 ? rest : null })
  }
  const withOwners = (node: Node, owners: readonly OwnerReference[]): void => {
    const { resourceVersion } = node.object.metadata
    patch(node, { resourceVersion, ownerReferences: owners.length > 0 ? owners : null })
  }

  const stateOf = (node: Node, reference: OwnerReference): State => {
    if (isKnownAbsent(reference.uid)) return 'dangling'
    const kind = kindOf(reference)
    if (!kind) return 'unknown'
    const isClusterScoped = node.object.metadata.namespace === undefined
    if (isClusterScoped && kind.isNamespaced) {
      complain(node, reference)
      return 'unknown'
    }
    const owner = graph.ownerOf(node, reference)
    if (!owner) {
      if (graph.get(reference.uid)) complain(node, reference)
      return 'dangling'
    }
    return awaitsDependents(owner) && reference.blockOwnerDeletion === true ? 'waiting' : 'solid'
  }

  /** Foreground: its dependents first, those that block it; then itself. */
  const continueForeground = (node: Node): void => {
    const blocking = graph
      .dependentsOf(uidOf(node))
      .filter((each) => ownersOf(each).some(({ uid, blockOwnerDeletion }) => uid === uidOf(node) && blockOwnerDeletion))
    if (blocking.length === 0) {
      withoutFinalizer(node, FOREGROUND)
      return
    }
    for (const each of blocking) if (!awaitsDependents(each)) enqueue(uidOf(each))
  }

  return {
    collect: (uid) => {
      const node = graph.get(uid)
      if (!node || isOnItsWay(node)) return
      if (awaitsDependents(node)) return continueForeground(node)
      const owners = ownersOf(node)
      if (owners.length === 0) return
      const states = owners.map((owner) => stateOf(node, owner))
      if (states.includes('unknown')) return
      if (states.includes('solid')) {
        const solid = owners.filter((_, index) => states[index] === 'solid')
        if (solid.length < owners.length) withOwners(node, solid)
        return
      }
      const dependents = graph.dependentsOf(uid)
      const isWaitedFor = states.includes('waiting') && dependents.length > 0
      // Of two that wait for each other neither may block the other.
      if (isWaitedFor && dependents.some(awaitsDependents))
        withOwners(
          node,
          owners.map(({ blockOwnerDeletion: _, ...owner }) => owner),
        )
      client.delete(node.kind, refOf(node.object), { uid, policy: isWaitedFor ? 'Foreground' : policyOf(node) })
    },
    orphan: (uid) => {
      const node = graph.get(uid)
      if (!node) return
      for (const dependent of graph.dependentsOf(uid))
        withOwners(
          dependent,
          ownersOf(dependent).filter((owner) => owner.uid !== uid),
        )
      const now = graph.get(uid)
      if (now) withoutFinalizer(now, ORPHAN)
    },
  }
}

/** What its finalizers ask for already. */
const policyOf = ({ object }: Node): NonNullable<DeleteOptions['policy']> => {
  const { finalizers = [] } = object.metadata
  if (finalizers.includes(ORPHAN)) return 'Orphan'
  return finalizers.includes(FOREGROUND) ? 'Foreground' : 'Background'
}
