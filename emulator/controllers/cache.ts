import { keyOf } from '../api-server/store.ts'
import type { KubeObject, OwnerReference } from '../api-server/types.ts'
import type { Client, Resource } from '../client.ts'

/** All objects of a resource as they are, kept by a watch. Keys are `namespace/name`, or `name`. */
export type Cache = {
  readonly get: (key: string) => KubeObject | undefined
  /** Those whose controller has this uid, in the order in which they came. */
  readonly controlledBy: (uid: string) => readonly KubeObject[]
  readonly inNamespace: (namespace: string) => readonly KubeObject[]
  readonly stop: () => void
}

export type Changed = (object: KubeObject, before: KubeObject | undefined, isDeleted: boolean) => void

/** `onChange` is called from within the write that makes the change, when the cache has it. */
export function createCache(client: Client, resource: Resource, onChange: Changed = () => undefined): Cache {
  const objects = new Map<string, KubeObject>()
  const byController = new Map<string, Map<string, KubeObject>>()
  const byNamespace = new Map<string, Map<string, KubeObject>>()

  const stop = client.follow(resource, ({ type, object }) => {
    const key = keyOf(object)
    const before = objects.get(key)
    const isDeleted = type === 'DELETED'
    const owner = controllerOf(object)?.uid
    const ownerBefore = before && controllerOf(before)?.uid
    if (ownerBefore !== undefined && (isDeleted || ownerBefore !== owner)) drop(byController, ownerBefore, key)
    if (isDeleted) {
      objects.delete(key)
      drop(byNamespace, object.metadata.namespace ?? '', key)
    } else {
      objects.set(key, object)
      put(byNamespace, object.metadata.namespace ?? '', key, object)
      if (owner !== undefined) put(byController, owner, key, object)
    }
    onChange(object, before, isDeleted)
  })
  return {
    stop,
    get: (key) => objects.get(key),
    controlledBy: (uid) => [...(byController.get(uid)?.values() ?? [])],
    inNamespace: (namespace) => [...(byNamespace.get(namespace)?.values() ?? [])],
  }
}

const put = (index: Map<string, Map<string, KubeObject>>, group: string, key: string, object: KubeObject): void => {
  const members = index.get(group) ?? new Map<string, KubeObject>()
  index.set(group, members.set(key, object))
}

const drop = (index: Map<string, Map<string, KubeObject>>, group: string, key: string): void => {
  const members = index.get(group)
  members?.delete(key)
  if (members?.size === 0) index.delete(group)
}

export const controllerOf = ({ metadata: { ownerReferences } }: KubeObject): OwnerReference | undefined =>
  ownerReferences?.find(({ controller }) => controller === true)
