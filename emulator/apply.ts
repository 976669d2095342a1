import type { KubeObject } from './api-server/types.ts'
import { type Client, errorOf, pathOf, type Resource } from './client.ts'

const APPLY = { 'content-type': 'application/apply-patch+yaml' }

/** Server-side apply, by force, of one object. Throws the server's `StatusError`, and an `Error` for a kind that it does not serve. */
export function applyObject(client: Client, object: KubeObject, manager: string): KubeObject {
  const { resource, namespaced } = resourceFor(client, object)
  const { name = '', namespace = 'default' } = object.metadata
  const ref = namespaced ? { name, namespace } : { name }
  const path = `${pathOf(resource, ref)}?fieldManager=${encodeURIComponent(manager)}&force=true`
  const response = client.send({ method: 'PATCH', path, headers: APPLY, body: object })
  if ('watch' in response || response.status >= 300)
    throw errorOf('body' in response ? response.body : undefined, `apply ${object.kind} ${name}`)
  return response.body as KubeObject // what the server answers to an apply is the object
}

/** The resource of an object's kind, as discovery tells it. */
export function resourceFor(
  client: Client,
  { apiVersion, kind }: Pick<KubeObject, 'apiVersion' | 'kind'>,
): { readonly resource: Resource; readonly namespaced: boolean } {
  const path = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
  const response = client.send({ method: 'GET', path })
  const { resources = [] } = ('body' in response && response.status === 200 ? response.body : {}) as ResourceList
  const found = resources.find((each) => each.kind === kind && !each.name.includes('/'))
  if (!found) throw new Error(`the API server has no kind "${kind}" in version "${apiVersion}"`)
  return { resource: { apiVersion, plural: found.name }, namespaced: found.namespaced }
}

type ResourceList = {
  readonly resources?: readonly { readonly name: string; readonly kind: string; readonly namespaced: boolean }[]
}
