import type { ApiServer } from './api-server/server.ts'
import { StatusError } from './api-server/status.ts'
import type { Json, KubeObject, Request, Response, User, WatchEvent } from './api-server/types.ts'

/** A resource as its URL has it. */
export type Resource = { readonly apiVersion: string; readonly plural: string }

export type Ref = { readonly namespace?: string; readonly name: string }

export type Subresource = 'status' | 'scale' | 'binding' | 'token' | 'eviction' | 'finalize'

export type Selection = {
  readonly namespace?: string
  readonly labelSelector?: string
  readonly fieldSelector?: string
}

export type DeleteOptions = {
  readonly uid?: string
  readonly policy?: 'Background' | 'Foreground' | 'Orphan'
  readonly graceSeconds?: number
}

/**
 * The API server as the emulator's own parts see it: one user, answers at once. Every method throws the server's `StatusError`, except
 * that `get` and `delete` take 404 for an answer. What they give is shared with the store and must not be changed.
 */
export type Client = {
  readonly user: User
  readonly get: (resource: Resource, ref: Ref) => KubeObject | undefined
  readonly list: (resource: Resource, selection?: Selection) => readonly KubeObject[]
  readonly create: (resource: Resource, object: Json, at?: { readonly namespace?: string }) => KubeObject
  /** Creates through a subresource of an object: `token`, `binding`, `eviction`. */
  readonly createFor: (resource: Resource, ref: Ref, subresource: Subresource, body: Json) => Json
  /** PUT: with the object's resourceVersion, or it is not conditional. */
  readonly update: (resource: Resource, object: KubeObject, subresource?: Subresource) => KubeObject
  /** A JSON merge patch. */
  readonly patch: (resource: Resource, ref: Ref, body: Json, subresource?: Subresource) => KubeObject
  /** Whether it was there. */
  readonly delete: (resource: Resource, ref: Ref, options?: DeleteOptions) => boolean
  /**
   * A list, each of its objects as ADDED at once, and then a watch: later changes come as they are made, from within the write that makes
   * them. Put them aside with `world.after(0, ...)` before you write yourself. The answer ends it.
   */
  readonly follow: (
    resource: Resource,
    onChange: (event: WatchEvent & { readonly object: KubeObject }) => void,
    selection?: Selection,
  ) => () => void
  /** Any other request. */
  readonly send: (request: Omit<Request, 'user' | 'headers'> & { readonly headers?: Request['headers'] }) => Response
}

const json = { 'content-type': 'application/json', accept: 'application/json' }
const mergePatch = { ...json, 'content-type': 'application/merge-patch+json' }

export function clientOf(api: Pick<ApiServer, 'handle'>, user: User): Client {
  const send: Client['send'] = (request) => {
    const headers = { 'user-agent': user.name, ...json, ...request.headers }
    return api.handle({ ...request, headers, user })
  }
  const call = (request: Parameters<Client['send']>[0]): Json => {
    const response = send(request)
    if ('watch' in response) throw new Error(`${request.path}: a watch, where an answer was meant`)
    if (response.status >= 300) throw errorOf(response.body, `${request.method} ${request.path}`, response.status)
    return response.body as Json
  }
  // What the server answers to these is an object of the resource.
  const object = (request: Parameters<Client['send']>[0]): KubeObject => call(request) as KubeObject
  const list = (resource: Resource, selection: Selection = {}): { items: readonly KubeObject[]; version: string } => {
    const body = call({ method: 'GET', path: `${collection(resource, selection.namespace)}?${search(selection)}` })
    const { items, kind, metadata } = body as {
      items: readonly KubeObject[]
      kind: string
      metadata: { resourceVersion: string }
    }
    const itemKind = kind.replace(/List$/, '')
    const { apiVersion } = resource
    const whole = items.map((item) =>
      item.apiVersion === apiVersion && item.kind !== undefined
        ? item
        : { ...item, apiVersion, kind: item.kind ?? itemKind },
    )
    return { items: whole, version: metadata.resourceVersion }
  }

  return {
    user,
    send,
    get: (resource, ref) => {
      try {
        return object({ method: 'GET', path: pathOf(resource, ref) })
      } catch (error) {
        if (isStatus(error, 404)) return undefined
        throw error
      }
    },
    list: (resource, selection) => list(resource, selection).items,
    create: (resource, body, at) => {
      const namespace = at?.namespace ?? (body['metadata'] as { namespace?: string } | undefined)?.namespace
      return object({ method: 'POST', path: collection(resource, namespace), body })
    },
    createFor: (resource, ref, subresource, body) =>
      call({ method: 'POST', path: pathOf(resource, ref, subresource), body }),
    update: (resource, body, subresource) =>
      object({ method: 'PUT', path: pathOf(resource, refOf(body), subresource), body }),
    patch: (resource, ref, body, subresource) =>
      object({ method: 'PATCH', path: pathOf(resource, ref, subresource), body, headers: mergePatch }),
    delete: (resource, ref, { uid, policy, graceSeconds } = {}) => {
      const body = {
        ...(uid !== undefined && { preconditions: { uid } }),
        ...(policy !== undefined && { propagationPolicy: policy }),
        ...(graceSeconds !== undefined && { gracePeriodSeconds: graceSeconds }),
      }
      try {
        call({ method: 'DELETE', path: pathOf(resource, ref), body })
        return true
      } catch (error) {
        if (isStatus(error, 404)) return false
        throw error
      }
    },
    follow: (resource, onChange, selection = {}) => {
      let close = (): void => {}
      let isOver = false
      const begin = (): void => {
        const { items, version } = list(resource, selection)
        for (const item of items) onChange({ type: 'ADDED', object: item })
        const path = `${collection(resource, selection.namespace)}?watch=true&resourceVersion=${version}&${search(selection)}`
        const response = send({ method: 'GET', path })
        if (!('watch' in response)) throw errorOf(response.body, `watch ${resource.plural}`, response.status)
        close = response.watch.close
        response.watch.start(
          (event) => event.type !== 'BOOKMARK' && !isOver && onChange(event as Parameters<typeof onChange>[0]),
          () => undefined,
        )
      }
      begin()
      return () => {
        isOver = true
        close()
      }
    },
  }
}

type StatusBody = {
  readonly code?: number
  readonly reason?: string
  readonly message?: string
  readonly details?: object
}

/** What a refusal of the server is to its callers. `what` was asked for, where the answer does not say. */
export const errorOf = (body: unknown, what: string, status = 500): StatusError => {
  const {
    code = status,
    reason = '',
    message = `${what}: ${JSON.stringify(body)}`,
    details,
  } = (body ?? {}) as StatusBody
  return new StatusError(code, reason as ConstructorParameters<typeof StatusError>[1], message, details)
}

export const isStatus = (error: unknown, code: number): error is StatusError =>
  error instanceof StatusError && error.code === code

export const refOf = ({ metadata: { namespace, name = '' } }: KubeObject): Ref => ({
  ...(namespace !== undefined && { namespace }),
  name,
})

const collection = ({ apiVersion, plural }: Resource, namespace: string | undefined): string => {
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
  return namespace === undefined ? `${root}/${plural}` : `${root}/namespaces/${namespace}/${plural}`
}

export const pathOf = (resource: Resource, { namespace, name }: Ref, subresource?: Subresource): string =>
  `${collection(resource, namespace)}/${encodeURIComponent(name)}${subresource === undefined ? '' : `/${subresource}`}`

const search = ({ labelSelector, fieldSelector }: Selection): string =>
  new URLSearchParams({ ...(labelSelector && { labelSelector }), ...(fieldSelector && { fieldSelector }) }).toString()
