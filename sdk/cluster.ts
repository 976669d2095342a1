import type { Kind, KubernetesObject, Live, Ref } from './object.ts'

export type ListQuery = {
  /** All namespaces where it is absent. */
  readonly namespace?: string
  readonly labelSelector?: string
  readonly fieldSelector?: string
  /** Objects a page at most; default 500. Pages that would take too much memory become smaller by themselves. */
  readonly pageSize?: number
}

/**
 * The API server, as functions see it. Every method throws the errors of `errors.ts`; none retries what it does not say.
 * Two implementations: the HTTP client in `runtime/`, and the memory in tests.
 */
export type Cluster = {
  /** The live object, or `undefined` where there is none. */
  get<T extends KubernetesObject>(kind: Kind<T>, ref: Ref): Promise<Live<T> | undefined>
  /** Page by page. An object may come twice where the list had to start over (410, or pages too long). */
  list<T extends KubernetesObject>(kind: Kind<T>, query?: ListQuery): AsyncIterable<Live<T>>
  /** Like `list`, but each object has `metadata` alone: a fraction of the bytes. */
  listMetadata(kind: Kind, query?: ListQuery): AsyncIterable<Live>
  /** Throws `ConflictError` where the name is taken, `RefusedError` where the content is not accepted. */
  create<T extends KubernetesObject>(kind: Kind<T>, object: T): Promise<Live<T>>
  /** A JSON merge patch (RFC 7386). Write `metadata.resourceVersion` into the body to make it conditional. */
  patch<T extends KubernetesObject>(kind: Kind<T>, ref: Ref, body: object): Promise<Live<T>>
  /** The same, through the `/status` subresource. */
  patchStatus<T extends KubernetesObject>(kind: Kind<T>, ref: Ref, body: object): Promise<Live<T>>
  /**
   * Deletes the object of this uid and no other, in the foreground: it is gone once its dependents are. Gone already is success. By force
   * nobody is given time to end it.
   */
  delete(kind: Kind, ref: Ref, uid: string, options?: { readonly force?: boolean | undefined }): Promise<void>
}

/** The selector of the objects that have all these labels. */
export const labelSelectorOf = (labels: Readonly<Record<string, string>>): string =>
  Object.entries(labels)
    .map((pair) => pair.join('='))
    .join(',')
