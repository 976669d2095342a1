import { NotImplementedError } from '../schema/field-error.ts'
import type { World } from '../world.ts'
import { checkPolicies } from './admission/policies.ts'
import { followQuotas } from './admission/quotas.ts'
import { type Attributes, authorize, refusal } from './authorize.ts'
import { bind, evict } from './bind-and-evict.ts'
import { addBootstrapRoles } from './bootstrap-roles.ts'
import { builtIns } from './built-ins.ts'
import { type Call, type Core, createCore, isDryRun, tableOf, typeOf } from './context.ts'
import { create } from './create.ts'
import { remove, removeAll } from './delete.ts'
import { discover, virtuals } from './discovery.ts'
import { isObject, timestamp } from './json.ts'
import { get, list } from './list.ts'
import { isNotServed } from './not-served.ts'
import { patch } from './patch.ts'
import { type LogSource, podLog } from './pod-logs.ts'
import { checkAccepts, rendered, renderedList, shapeOf } from './render.ts'
import { type RequestInfo, requestInfoOf } from './request-info.ts'
import { review } from './reviews.ts'
import { patchScale, rescale, scaleOf } from './scale.ts'
import { nameIn } from './selectors.ts'
import { tooDeep } from './size.ts'
import {
  badRequest,
  forbidden,
  methodNotAllowed,
  noSuchPath,
  notImplemented,
  qualified,
  StatusError,
  statusBody,
} from './status.ts'
import { createStore, type Store } from './store.ts'
import { requestToken, type SignToken } from './token-request.ts'
import type { Json, KubeObject, Request, ResourceType, Response } from './types.ts'
import { update } from './update.ts'
import { watch } from './watch.ts'

export type ApiServer = {
  /** Answers at once; a watch comes as a stream that is still to be started. Never throws for what a client did wrong. */
  readonly handle: (request: Request) => Response
  readonly store: Store
}

export type ApiServerOptions = {
  readonly world: World
  readonly resources?: readonly ResourceType[]
  /** Without it a TokenRequest is answered 501. */
  readonly signToken?: SignToken
  /** Without it the logs of Pods are answered 501. */
  readonly logs?: LogSource
  /** How many changes watches may look back. */
  readonly history?: number
}

/** The embedded API server: Kubernetes' semantics over one store, with four namespaces as on a fresh cluster. */
export function createApiServer({ world, resources = builtIns, history, ...others }: ApiServerOptions): ApiServer {
  const store = createStore(history)
  const core = createCore(store, world, resources)
  addBootstrapRoles(core)
  followQuotas(core)
  for (const name of ['default', 'kube-node-lease', 'kube-public', 'kube-system']) addNamespace(core, name)

  const handle = (request: Request): Response => {
    try {
      return answer(core, request, others)
    } catch (error) {
      const status = statusOf(error)
      if (!status) throw error
      return failure(status)
    }
  }
  return { handle, store }
}

/** What the server asks others for. */
type Node = Pick<ApiServerOptions, 'signToken' | 'logs'>

const statusOf = (error: unknown): StatusError | undefined => {
  if (error instanceof StatusError) return error
  // A body that was handed over as an object, of more levels than the walks over it have stack for: nothing was stored yet.
  if (error instanceof RangeError && error.message === 'Maximum call stack size exceeded') return tooDeep()
  return error instanceof NotImplementedError ? notImplemented(error.message) : undefined
}

function addNamespace({ store, world }: Core, name: string): void {
  store.put('namespaces', name, {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name,
      uid: world.uuid(),
      creationTimestamp: timestamp(world.now()),
      labels: { 'kubernetes.io/metadata.name': name },
    },
    spec: { finalizers: ['kubernetes'] },
    status: { phase: 'Active' },
  })
}

const plainText = (status: number, body: string): Response => ({
  status,
  headers: { 'content-type': 'text/plain; charset=utf-8' },
  body,
})

/** Paths that are no resources and that the real server has. */
const isElsewhere =
  /^\/(openapi\/v2|metrics(\/\w+)?|\.well-known\/openid-configuration|openid\/v1\/jwks|(healthz|readyz|livez)\/.+|debug\/.+|logs(\/.*)?)$/

function answer(core: Core, request: Request, node: Node): Response {
  const info = requestInfoOf(request)
  permit(core, request, info)
  if (!info.isResource) {
    const found = discover(core, request, info.path)
    if (found) checkAccepts(request, info.path)
    if (found && request.method === 'GET')
      return { status: 200, headers: { 'content-type': found.type ?? 'application/json' }, body: found.body }
    if (found) throw methodNotAllowed()
    if (isElsewhere.test(info.path)) throw notImplemented(info.path)
    const [root, group] = info.path.split('/').filter((part) => part !== '')
    if (root === 'apis' && core.types().some((type) => !type.isCustom && type.group === group)) throw noSuchPath()
    return plainText(404, '404 page not found\n')
  }
  if (info.path.includes('//')) throw noSuchPath()
  const { group, version, plural } = info
  if (virtuals.some((each) => each.group === group && each.plural === plural && each.version === version)) {
    if (info.verb !== 'create') throw methodNotAllowed()
    return reply(201, review(core, request, plural))
  }
  const type = typeOf(core, group, version, plural)
  if (!type) {
    if (isNotServed(group, plural)) throw notImplemented(`the resource ${qualified({ group, plural })}`)
    const isServed = group === '' || core.types().some((each) => !each.isCustom && each.group === group)
    if (isServed) throw noSuchPath()
    return plainText(404, '404 page not found\n')
  }
  const call: Call = { core, request, info, type, warnings: [] }
  try {
    return serve(call, node)
  } catch (error) {
    const status = statusOf(error)
    if (!status) throw error
    return failure(status, call.warnings)
  }
}

/** 403 before anything else is looked at, even whether the resource exists. */
function permit(core: Core, { user }: Request, info: RequestInfo): void {
  const { verb, path, group, plural, subresource, namespace } = info
  const selected = ['list', 'watch', 'deletecollection'].includes(verb)
    ? nameIn(info.query.get('fieldSelector') ?? '')
    : undefined
  const name = info.name || (verb === 'create' ? '' : (selected ?? ''))
  const wanted: Attributes = info.isResource
    ? { verb, group, resource: plural, subresource, name, ...(namespace !== undefined && { namespace }) }
    : { verb, path }
  if (authorize(core.store, user, wanted).isAllowed) return
  const text = refusal(user, wanted)
  if (!info.isResource) throw new StatusError(403, 'Forbidden', `forbidden: ${text}`, {})
  throw forbidden({ group, plural }, info.name, text)
}

function serve(call: Call, { signToken, logs }: Node): Response {
  const { info, type, core, request } = call
  const { verb, name, subresource } = info
  const isClusterWide = type.namespaced && info.namespace === undefined
  const isMisplaced = !type.namespaced && info.namespace !== undefined && type.plural !== 'namespaces'
  const isLost = isMisplaced || (isClusterWide && (name !== '' || info.rest.length > 0))
  const isStray = type.isCustom && (isMisplaced || (isClusterWide && !['list', 'watch'].includes(verb)))
  if (isStray) return plainText(404, '404 page not found\n')
  if (isLost) throw noSuchPath()
  if (type.deprecation !== undefined) call.warnings.push(type.deprecation)
  if (subresource !== '' && !(type.subresources as readonly string[]).includes(subresource)) {
    if (isNotServed(type.group, `${type.plural}/${subresource}`))
      throw notImplemented(`the subresource ${type.plural}/${subresource}`)
    if (!type.isCustom) throw noSuchPath()
    throw new StatusError(404, 'NotFound', `${tableOf(type)} "${name}" not found`, {
      name,
      group: type.group,
      kind: type.plural,
    })
  }
  if (subresource === 'token') {
    if (verb !== 'create') throw methodNotAllowed()
    if (!signToken) throw notImplemented('TokenRequest without a signing key')
    const admit = (object: KubeObject): void =>
      checkPolicies(call, {
        operation: 'CREATE',
        object,
        kind: { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' },
      })
    const ref = { namespace: info.namespace ?? '', name }
    return reply(201, requestToken(core, request, ref, { sign: signToken, admit }), call)
  }
  if (subresource === 'log') {
    if (verb !== 'get') throw methodNotAllowed()
    return podLog(call, logs)
  }
  if (subresource === 'binding' || subresource === 'eviction') {
    if (verb !== 'create') throw methodNotAllowed()
    return reply(201, subresource === 'binding' ? bind(call) : evict(call), call)
  }
  if (subresource === 'finalize' && verb !== 'update') throw methodNotAllowed()
  if (!['', 'status', 'scale', 'finalize'].includes(subresource))
    throw notImplemented(`the subresource ${type.plural}/${subresource}`)
  const shape = shapeOf(call)
  const one = (status: number, object: KubeObject): Response => reply(status, rendered(call, object, shape), call)
  switch (verb) {
    case 'get':
      return one(200, subresource === 'scale' ? scaleOf(call, get(call)) : get(call))
    case 'list':
      return reply(200, renderedList(call, list(call), shape), call)
    case 'watch': {
      let isFirst = true
      const stream = watch(call, (object) => {
        const row = rendered(call, object, shape, isFirst)
        isFirst = false
        return row
      })
      return { status: 200, headers: headersOf(call.warnings), watch: stream }
    }
    case 'create':
      if (type.isCustom && subresource !== '') throw unsupportedMethod(call, 'create')
      if (isClusterWide || (name !== '' && !type.isCustom)) throw methodNotAllowed()
      return one(201, create(call))
    case 'update':
    case 'patch': {
      if (name === '') throw type.isCustom ? badRequest('name must be provided') : methodNotAllowed()
      if (subresource === 'scale') return one(200, scaleOf(call, verb === 'patch' ? patchScale(call) : rescale(call)))
      const { object, created } = verb === 'update' ? update(call) : patch(call)
      return one(created ? 201 : 200, object)
    }
    case 'delete': {
      if (subresource !== '') throw type.isCustom ? unsupportedMethod(call, 'delete') : methodNotAllowed()
      const left = remove(call)
      const isObjectLeft = isObject(left) && left['kind'] !== 'Status'
      return isObjectLeft ? one(200, left as KubeObject) : reply(200, left, call)
    }
    case 'deletecollection': {
      if (isClusterWide || !type.verbs.includes('deletecollection')) throw methodNotAllowed()
      const page = list(call)
      removeAll(call, page.objects)
      return reply(200, renderedList(call, page, shape), call)
    }
    default:
      throw methodNotAllowed()
  }
}

function failure(status: StatusError, warnings: readonly string[] = []): Response {
  const retry = status.details?.retryAfterSeconds
  const headers = { ...headersOf(warnings), ...(retry !== undefined && { 'retry-after': String(retry) }) }
  return { status: status.code, headers, body: statusBody(status) }
}

const unsupportedMethod = ({ type }: Call, verb: string): StatusError =>
  new StatusError(405, 'MethodNotAllowed', `${verb} is not supported on resources of kind "${tableOf(type)}"`, {
    group: type.group,
    kind: type.plural,
  })

function headersOf(warnings: readonly string[]): Readonly<Record<string, string>> {
  const warning = warnings.map((text) => `299 - ${JSON.stringify(text)}`).join(', ')
  return { 'content-type': 'application/json', ...(warning && { warning }) }
}

function reply(status: number, body: unknown, call?: Call): Response {
  const answered = call && isDryRun(call) && isObject(body) ? withoutVersion(body, status) : body
  return { status, headers: headersOf(call?.warnings ?? []), body: answered }
}

/** What a dry run would have created has no resourceVersion yet. */
const withoutVersion = (body: Json, status: number): Json => {
  const { metadata } = body
  if (status !== 201 || !isObject(metadata)) return body
  const { resourceVersion: _, ...rest } = metadata
  return { ...body, metadata: rest }
}
