import { type Core, tableOf } from './context.ts'
import { CRDS } from './crd.ts'
import { addKind, type Schemas } from './openapi-schemas.ts'
import type { Json, ResourceType } from './types.ts'

const rootOf = ({ group, version }: Pick<ResourceType, 'group' | 'version'>): string =>
  group === '' ? `api/${version}` : `apis/${group}/${version}`

/** GET /openapi/v3: where the documents are. What follows `hash=` changes with them. */
export function openApiIndex(core: Core): Json {
  const paths = new Map<string, string[]>()
  for (const type of core.types()) {
    const { uid = 'built-in', generation = 1 } = (type.isCustom && core.store.get(CRDS, tableOf(type))?.metadata) || {}
    const root = rootOf(type)
    paths.set(root, [...(paths.get(root) ?? []), `${uid}.${generation}`])
  }
  return {
    paths: Object.fromEntries(
      [...paths].map(([root, marks]) => {
        const hash = [...new Set(marks)].join('-')
        return [root, { serverRelativeURL: `/openapi/v3/${root}?hash=${hash}` }]
      }),
    ),
  }
}

/**
 * GET /openapi/v3/apis/<group>/<version>: as much of a document as clients use. They look up in it what a PATCH takes, how lists of built-in
 * kinds are merged, and what `explain` says; of built-in kinds there are no descriptions. `undefined` for nothing that is served.
 */
export function openApiDocument(core: Core, root: string): Json | undefined {
  const types = core.types().filter((type) => rootOf(type) === root)
  if (types.length === 0) return undefined
  const schemas: Schemas = {}
  const paths = Object.assign({}, ...types.map((type) => pathsOf(type, addKind(schemas, type)))) as Json
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: 'v1.36.3' },
    paths,
    components: { schemas },
  }
}

function pathsOf(type: ResourceType, schema: string | undefined): Json {
  const { plural, group, version, kind, namespaced, isCustom, subresources } = type
  const all = `/${rootOf(type)}/${plural}`
  const collection = namespaced ? `/${rootOf(type)}/namespaces/{namespace}/${plural}` : all
  const content = schema && { 'application/json': { schema: { $ref: `#/components/schemas/${schema}` } } }
  const answered = { responses: { 200: { description: 'OK', ...(content && { content }) } } }
  const operation = (action: string, parameters: readonly string[] = [], body?: Json): Json => ({
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': { group, kind, version },
    parameters: parameters.map(parameter),
    ...(body && { requestBody: { content: body, required: true } }),
    ...answered,
  })
  const write = ['dryRun', 'fieldManager', 'fieldValidation']
  const item: Json = {
    get: operation('get'),
    put: operation('put', write, content || {}),
    patch: operation('patch', [...write, 'force'], Object.fromEntries(patchTypes(isCustom).map((each) => [each, {}]))),
    delete: operation('delete', ['dryRun', 'gracePeriodSeconds', 'orphanDependents', 'propagationPolicy']),
  }
  const { get: read, put, patch } = item
  const subs = subresources.filter((each) => each === 'status')
  return {
    ...(namespaced && { [all]: { get: operation('list', listParameters) } }),
    [collection]: {
      get: operation('list', listParameters),
      post: operation('post', write, content || {}),
      ...(type.verbs.includes('deletecollection') && { delete: operation('deletecollection', listParameters) }),
    },
    [`${collection}/{name}`]: item,
    ...Object.fromEntries(subs.map((each) => [`${collection}/{name}/${each}`, { get: read, put, patch }])),
  }
}

const listParameters = ['continue', 'fieldSelector', 'labelSelector', 'limit', 'resourceVersion', 'watch']

const patchTypes = (isCustom: boolean): readonly string[] => [
  'application/apply-patch+yaml',
  'application/json-patch+json',
  'application/merge-patch+json',
  ...(isCustom ? [] : ['application/strategic-merge-patch+json']),
]

const parameter = (name: string): Json => ({
  name,
  in: 'query',
  schema: { type: name === 'force' ? 'boolean' : 'string' },
})
