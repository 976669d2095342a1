import { createApiServer } from './server.ts'
import type { KubeObject, Request, User, WatchEvent } from './types.ts'

const admin: User = { name: 'admin', groups: ['system:masters', 'system:authenticated'] }

/** A server on a clock that stands still, and a client of it. */
export function aServer(history?: number) {
  let count = 0
  const world = {
    now: () => Date.UTC(2026, 0, 1),
    after: () => () => undefined,
    uuid: () => `00000000-0000-4000-8000-${String(++count).padStart(12, '0')}`,
    random: () => 0.5,
  }
  const api = createApiServer({ world, signToken: () => 'token', ...(history !== undefined && { history }) })
  const call = (
    method: Request['method'],
    path: string,
    body?: unknown,
    options: { user?: User; type?: string; accept?: string } = {},
  ) => {
    const headers = { 'content-type': options.type ?? 'application/json', accept: options.accept ?? 'application/json' }
    const response = api.handle({
      method,
      path,
      headers,
      user: options.user ?? admin,
      ...(body !== undefined && { body }),
    })
    if ('watch' in response) throw new Error(`${path} is a watch`)
    return { status: response.status, headers: response.headers, body: response.body as Answer }
  }
  const merge = (path: string, body: unknown) => call('PATCH', path, body, { type: 'application/merge-patch+json' })
  const watch = (path: string): WatchEvent[] => {
    const events: WatchEvent[] = []
    const response = api.handle({ method: 'GET', path, headers: { accept: 'application/json' }, user: admin })
    if (!('watch' in response)) throw new Error(`${path} answered ${response.status}`)
    response.watch.start(
      (event) => void events.push(event),
      () => {},
    )
    return events
  }
  call('POST', '/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'default' } })
  return { api, call, merge, watch }
}

export type Answer = KubeObject & {
  readonly message: string
  readonly reason: string
  readonly details: { readonly causes?: readonly unknown[] }
  readonly items: readonly KubeObject[]
  readonly spec: Readonly<Record<string, unknown>>
}

export const configMaps = '/api/v1/namespaces/default/configmaps'
export const foos = '/apis/x.io/v1/namespaces/default/foos'
export const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
export const aFoo = (name: string, fields: object = {}, metadata: object = {}) => ({
  apiVersion: 'x.io/v1',
  kind: 'Foo',
  metadata: { name, ...metadata },
  ...fields,
})
export const fooCrd = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'foos.x.io' },
  spec: {
    group: 'x.io',
    scope: 'Namespaced',
    names: { plural: 'foos', kind: 'Foo' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        selectableFields: [{ jsonPath: '.spec.a' }],
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: { type: 'object', properties: { a: { type: 'string' } } },
              status: { type: 'object', properties: { b: { type: 'string' } } },
            },
          },
        },
      },
    ],
  },
}
