import {
  ConflictError,
  ForbiddenError,
  GoneError,
  NotFoundError,
  PermanentError,
  RefusedError,
  TransientError,
  UnreachableError,
} from '#sdk/errors.ts'
import type { Cluster, Kind, KubernetesObject, ListQuery, Live, Ref } from '#sdk/index.ts'
import { type Answer, type Call, TooLongError, type Transport } from './transport.ts'

const PAGE_SIZE = 500

/**
 * Whoever may make sessions can give each 1.5 MiB, annotations and labels included, and a page is there three times while it is read: in
 * pieces, as a text and as objects. Of 16 Mi characters it took 281 MiB, or 378 where they need two bytes each; of 4 Mi, 206 at most.
 */
const PAGE_CHARACTERS = 4 * 1024 * 1024

/** How many times smaller the pages become where one was too long. */
const SMALLER = 10

const MERGE_PATCH = 'application/merge-patch+json'
const METADATA = ';as=PartialObjectMetadataList;g=meta.k8s.io;v=v1'

/** Marks our writes in `managedFields`. */
const FIELD_MANAGER = 'fieldManager=dormouse'

/** The port to the API server. The only place where an answer of the API server gets its meaning. */
export const createCluster = ({ send }: Pick<Transport, 'send'>): Cluster => {
  const call = async (call: Call): Promise<unknown> => {
    const answer = await send(call)
    if (answer.status < 200 || answer.status > 299) throw errorOf(call, answer)
    if (typeof answer.body !== 'string') return answer.body
    throw new UnreachableError(`${call.method} ${call.path}: the answer is no JSON: ${answer.body.slice(0, 200)}`)
  }
  // The API server has checked every object against the schema of its kind: what it returns is what the kind says.
  const callFor = async <T extends KubernetesObject>(_kind: Kind<T>, request: Call) => (await call(request)) as Live<T>

  async function* pages<T extends KubernetesObject>(
    kind: Kind<T>,
    query: ListQuery,
    accept?: string,
  ): AsyncGenerator<Live<T>> {
    const { pageSize = PAGE_SIZE } = query
    const bound = pageSize > 1 && { mostCharacters: PAGE_CHARACTERS }
    let token: string | undefined
    do {
      const path = `${collectionOf(kind, query.namespace)}?${searchOf(query, pageSize, token)}`
      try {
        const page = await call({ method: 'GET', path, ...bound, ...(accept && { accept }) })
        const { items, metadata } = page as List<T>
        // Taken out one by one: a page that is still held while the next one is read costs as much again.
        for (let item = items?.shift(); item; item = items?.shift()) {
          yield { ...item, apiVersion: kind.apiVersion, kind: kind.kind }
        }
        token = metadata?.continue || undefined
      } catch (error) {
        // From the start: a token is good for the query that it came from, its limit included.
        if (error instanceof TooLongError) {
          return yield* pages(kind, { ...query, pageSize: Math.ceil(pageSize / SMALLER) }, accept)
        }
        if (!(error instanceof GoneError) || token === undefined) throw error
        token = error.continueToken
        if (token === undefined) yield* pages(kind, query, accept)
      }
    } while (token !== undefined)
  }

  return {
    get: async (kind, ref) => {
      try {
        return await callFor(kind, { method: 'GET', path: pathOf(kind, ref) })
      } catch (error) {
        if (error instanceof NotFoundError) return undefined
        throw error
      }
    },
    list: (kind, query = {}) => pages(kind, query),
    listMetadata: (kind, query = {}) => pages(kind, query, `application/json${METADATA}`),
    create: (kind, object) =>
      callFor(kind, {
        method: 'POST',
        path: `${collectionOf(kind, object.metadata.namespace)}?${FIELD_MANAGER}`,
        body: object,
      }),
    patch: (kind, ref, body) =>
      callFor(kind, { method: 'PATCH', path: `${pathOf(kind, ref)}?${FIELD_MANAGER}`, body, contentType: MERGE_PATCH }),
    patchStatus: (kind, ref, body) =>
      callFor(kind, {
        method: 'PATCH',
        path: `${pathOf(kind, ref)}/status?${FIELD_MANAGER}`,
        body,
        contentType: MERGE_PATCH,
      }),
    delete: async (kind, ref, uid, { force } = {}) => {
      const how = force ? { gracePeriodSeconds: 0 } : { propagationPolicy: 'Foreground' }
      const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid }, ...how }
      try {
        await call({ method: 'DELETE', path: pathOf(kind, ref), body })
      } catch (error) {
        // Gone, or another of the same name: what was to be deleted is not there.
        if (!(error instanceof NotFoundError || error instanceof ConflictError)) throw error
      }
    },
  }
}

type List<T extends KubernetesObject> = {
  /** `null` in an empty list of metadata. */
  readonly items: Live<T>[] | null
  readonly metadata?: { readonly continue?: string }
}

export const collectionOf = ({ apiVersion, plural, scope }: Kind, namespace?: string): string => {
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
  return `${root}${scope === 'Namespaced' && namespace ? `/namespaces/${segmentOf(namespace)}` : ''}/${plural}`
}

const pathOf = (kind: Kind, ref: Ref): string => `${collectionOf(kind, ref.namespace)}/${segmentOf(ref.name)}`

/** The API server's own rule for a name in a path. A name that breaks it, from a forged event, must not become another path. */
const segmentOf = (name: string): string => {
  if (name === '' || name === '.' || name === '..' || name.length > 253 || /[/%]/.test(name) || !name.isWellFormed()) {
    throw new PermanentError('MalformedName', `${JSON.stringify(name.slice(0, 80))} cannot be the name of an object`)
  }
  return encodeURIComponent(name)
}

const searchOf = ({ labelSelector, fieldSelector }: ListQuery, pageSize: number, token?: string) =>
  new URLSearchParams({
    limit: String(pageSize),
    ...(labelSelector && { labelSelector }),
    ...(fieldSelector && { fieldSelector }),
    ...(token && { continue: token }),
  })

/** `meta/v1` Status, as far as it is looked at. */
type Status = {
  readonly reason?: string
  readonly message?: string
  readonly metadata?: { readonly continue?: string }
  readonly details?: { readonly causes?: readonly { readonly reason?: string }[] }
}

const errorOf = (call: Call, { status, body }: Answer): Error => {
  const { reason, message = '', metadata, details } = statusOf(body)
  const said = `${call.method} ${call.path}: API server answered ${status} ${reason ?? ''}: ${message.slice(0, 1000)}`
  switch (status) {
    case 400:
      return UNKNOWN_FIELD.test(message)
        ? unselectable(said)
        : new RefusedError('Invalid', message.slice(0, 1000) || said)
    case 500:
      return TOO_LARGE.test(message) ? new RefusedError('Invalid', said) : new UnreachableError(said)
    case 413:
    case 422:
      return new RefusedError('Invalid', message.slice(0, 1000) || said)
    case 401:
      return new ForbiddenError(said)
    case 403:
      // What a proxy says is no Status; and a read has no content that could be refused.
      return call.method === 'GET' || reason !== 'Forbidden'
        ? new ForbiddenError(said)
        : forbiddenOf(said, message, details)
    case 404:
      // Where the kind itself or the namespace of a create is missing, there is no absent object to speak of.
      return reason === 'NotFound' && call.method !== 'POST' ? new NotFoundError(said) : new TransientError(said)
    case 409:
      return new ConflictError(said)
    case 410:
      return new GoneError(said, metadata?.continue)
    default:
      return new UnreachableError(said)
  }
}

/** An object that etcd does not take, or its client does not send: go.etcd.io/etcd, api/v3rpc/rpctypes/error.go, and gRPC's own limit. */
const TOO_LARGE = /^etcdserver: request is too large|trying to send message larger than max/

/** What is said to a field selector: k8s.io/apiextensions-apiserver, pkg/apiserver/conversion/converter.go. */
const UNKNOWN_FIELD = /^field label not supported: /

/** Whoever installed us has to mend it: an API server that does not know `selectableFields` drops them from the definition without a word. */
const unselectable = (said: string): Error =>
  new PermanentError(
    'NotSelectable',
    `this API server does not know selectableFields (Kubernetes does from 1.31 on), or has an older CustomResourceDefinition than ours: ${said}`,
  )

/** Forbidden has many mouths, and often nothing but the text tells them apart. */
const forbiddenOf = (said: string, message: string, details: Status['details']): Error => {
  if (/ cannot \S+ resource /.test(message)) return new ForbiddenError(said)
  if (details?.causes?.some(({ reason }) => reason === 'NamespaceTerminating')) {
    return new RefusedError('NamespaceTerminating', message)
  }
  if (/exceeded quota|unknown for quota/.test(message)) return new RefusedError('QuotaExceeded', message)
  // An admission plugin, policy or webhook.
  return new RefusedError('Invalid', message.slice(0, 1000))
}

const statusOf = (body: unknown): Status =>
  typeof body === 'object' && body !== null ? body : { message: String(body) } // an error of the API server is a Status
