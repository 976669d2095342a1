import type { ObjectMeta } from 'kubernetes-types/meta/v1.js'

/** What every Kubernetes object has. `metadata` is what the API server fills in: name, uid and resourceVersion are always there. */
export type KubernetesObject = {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: Readonly<ObjectMeta> & { readonly name: string }
}

/** An object as the API server returned it. */
export type Live<T extends KubernetesObject = KubernetesObject> = T & {
  readonly metadata: { readonly namespace: string; readonly uid: string; readonly resourceVersion: string }
}

/** A kind as the API server serves it. `plural` is the word in its URL. The type parameter is what objects of the kind look like. */
export type Kind<T extends KubernetesObject = KubernetesObject> = {
  readonly apiVersion: string
  readonly kind: string
  readonly plural: string
  readonly scope: 'Namespaced' | 'Cluster'
  /** Never set: carries the type of the kind's objects. */
  readonly like?: T
}

/** Where an object lives. `namespace` is empty for cluster-scoped objects. */
export type Ref = { readonly namespace: string; readonly name: string }

export const refOf = (object: KubernetesObject): Ref => ({
  namespace: object.metadata.namespace ?? '',
  name: object.metadata.name,
})

/** `namespace/name`: how logs and queues name an object. */
export const keyOf = (ref: Ref): string => `${ref.namespace}/${ref.name}`

/** The API group of a kind; empty for the core group. */
export const groupOf = (kind: Kind): string =>
  kind.apiVersion.includes('/') ? (kind.apiVersion.split('/')[0] ?? '') : ''
