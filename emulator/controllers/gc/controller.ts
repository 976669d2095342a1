import { LRUCache } from 'lru-cache'
import type { KubeObject, OwnerReference } from '../../api-server/types.ts'
import type { Client } from '../../client.ts'
import type { World } from '../../world.ts'
import { createEventRecorder } from '../event-recorder.ts'
import { followKinds, groupOf, type Kind } from '../kinds.ts'
import { createWorkQueue } from '../work-queue.ts'
import { createCollector } from './collector.ts'
import { awaitsDependents, createGraph, isToOrphan, type Node, ownersOf, uidOf } from './graph.ts'

/**
 * The garbage collector of kube-controller-manager: deletes what has lost its owners, in the background or foreground, and cuts loose what is to be
 * orphaned. Of all kinds that are served, now and later; of Events nothing is ever owned.
 */
export function runGarbageCollector(client: Client, world: World): () => void {
  const record = createEventRecorder(client, world, { component: 'garbage-collector-controller' })
  const graph = createGraph()
  const kinds = new Map<string, Kind>()
  /** They name owners of a kind that nothing serves. */
  const unresolved = new Set<string>()
  /** Owners that went, the last 500 as in the real one. */
  const absent = new LRUCache<string, true>({ max: 500 })
  const kindOf = ({ apiVersion, kind }: OwnerReference): Kind | undefined => kinds.get(`${groupOf(apiVersion)}/${kind}`)

  const collector = createCollector({
    client,
    graph,
    kindOf,
    isKnownAbsent: (uid) => absent.has(uid),
    enqueue: (uid) => queue.add(uid),
    complain: ({ object }, { apiVersion, kind, name, uid }) => {
      const { namespace = '' } = object.metadata
      const owner = `[${apiVersion}/${kind}, namespace: ${namespace}, name: ${name}, uid: ${uid}]`
      record(
        object,
        'Warning',
        'OwnerRefInvalidNamespace',
        `ownerRef ${owner} does not exist in namespace "${namespace}"`,
      )
    },
  })
  const queue = createWorkQueue(world, collector.collect)
  const orphaning = createWorkQueue(world, collector.orphan)

  const onDeleted = (node: Node): void => {
    const uid = uidOf(node)
    graph.remove(uid)
    unresolved.delete(uid)
    if (graph.dependentsOf(uid).length > 0) absent.set(uid, true)
    for (const dependent of graph.dependentsOf(uid)) queue.add(uidOf(dependent))
    for (const owner of ownersOf(node)) if (awaitsDependents(graph.get(owner.uid))) queue.add(owner.uid)
  }
  const onChanged = (node: Node): void => {
    const uid = uidOf(node)
    const before = graph.get(uid)
    graph.put(node)
    if (isToOrphan(node) && !isToOrphan(before)) orphaning.add(uid)
    if (awaitsDependents(node) && !awaitsDependents(before)) {
      for (const dependent of graph.dependentsOf(uid)) queue.add(uidOf(dependent))
      queue.add(uid)
    }
    const owners = ownersOf(node)
    if (before && owners === ownersOf(before)) return
    for (const { uid: owner } of ownersOf(before)) if (awaitsDependents(graph.get(owner))) queue.add(owner)
    if (owners.some((owner) => kindOf(owner) === undefined)) unresolved.add(uid)
    if (owners.some((owner) => isAbsentOrGoing(node, owner))) queue.add(uid)
  }
  const isAbsentOrGoing = (node: Node, owner: OwnerReference): boolean => {
    const found = graph.ownerOf(node, owner)
    return found === undefined || awaitsDependents(found)
  }

  const stop = followKinds(client, world, (kind) => {
    if (kind.kind === 'Event') return () => undefined
    const name = `${kind.group}/${kind.kind}`
    const seen = new Map<string, KubeObject>()
    kinds.set(name, kind)
    const stopFollowing = client.follow(kind, ({ type, object }) => {
      const { uid = '' } = object.metadata
      if (type === 'DELETED') {
        seen.delete(uid)
        onDeleted({ kind, object })
      } else {
        seen.set(uid, object)
        onChanged({ kind, object })
      }
    })
    for (const uid of unresolved) queue.add(uid)
    return () => {
      stopFollowing()
      kinds.delete(name)
      for (const object of seen.values()) onDeleted({ kind, object })
    }
  })
  return () => {
    stop()
    queue.stop()
    orphaning.stop()
  }
}
