import type { ApiServer } from '#emulator/api-server/server.ts'
import { keyOf } from '#emulator/api-server/store.ts'
import type { KubeObject, Request, Response } from '#emulator/api-server/types.ts'
import type { Fault } from './emulated.ts'

type Handle = ApiServer['handle']

const objectIn = (response: Response): KubeObject | undefined =>
  'body' in response && response.status < 300 && (response.body as KubeObject | undefined)?.metadata?.uid !== undefined
    ? (response.body as KubeObject) // it has a uid
    : undefined

const withBody = (request: Request, change: (body: KubeObject) => unknown): Request =>
  typeof request.body === 'object' && request.body !== null
    ? { ...request, body: change(request.body as KubeObject) } // what is missing in it is only read
    : request

const isStatus = ({ path }: Request): boolean => /\/status(\?|$)/.test(path)
const isWrite = ({ method }: Request): boolean => method === 'PUT' || method === 'PATCH'
const plain = ({ path }: Request): string => path.split('?')[0] ?? ''
const asAdmin = (handle: Handle, request: Request, method: Request['method'], body?: unknown): Response =>
  handle({
    method,
    path: plain(request),
    headers: { 'content-type': 'application/merge-patch+json', accept: 'application/json' },
    user: { name: 'fault', groups: ['system:masters'] },
    ...(body !== undefined && { body }),
  })

const staleStatusAccepted: Fault = (handle) => (request) => {
  if (!isStatus(request) || !isWrite(request)) return handle(request)
  const current = objectIn(asAdmin(handle, request, 'GET'))?.metadata.resourceVersion
  return handle(
    withBody(request, (body) =>
      current === undefined ? body : { ...body, metadata: { ...body.metadata, resourceVersion: current } },
    ),
  )
}

const emptyWriteCounts: Fault = (handle) => (request) => {
  if (!isWrite(request) || request.path.includes('dryRun')) return handle(request)
  const before = objectIn(asAdmin(handle, request, 'GET'))
  const response = handle(request)
  const after = objectIn(response)
  const isSame = after && after.metadata.resourceVersion === before?.metadata.resourceVersion
  if (!isSame || after.metadata.deletionTimestamp !== undefined) return response
  asAdmin(handle, request, 'PATCH', { metadata: { annotations: { touched: 'yes' } } })
  const again = asAdmin(handle, request, 'PATCH', { metadata: { annotations: { touched: null } } })
  return 'body' in again ? { ...response, body: again.body } : response
}

const finalizersIgnored: Fault = (handle) => (request) => {
  if (request.method === 'DELETE') asAdmin(handle, request, 'PATCH', { metadata: { finalizers: null } })
  return handle(request)
}

const statusCountsAsGeneration: Fault =
  (handle, { store }) =>
  (request) => {
    const response = handle(request)
    const written = objectIn(response)
    if (!isStatus(request) || !isWrite(request) || !written?.metadata.generation) return response
    const [group, , plural] = plain(request)
      .replace(/^\/apis\//, '')
      .replace(/\/namespaces\/[^/]+/, '')
      .split('/')
    const { generation } = written.metadata
    const next = { ...written, metadata: { ...written.metadata, generation: generation + 1 } }
    return { ...response, body: store.put(`${plural}.${group}`, keyOf(written), next) }
  }

const transitionsUntold: Fault = (handle) => (request) => {
  const response = handle(request)
  if (!('watch' in response)) return response
  const { start, ...rest } = response.watch
  const stillThere = (object: KubeObject): boolean => {
    const path = `${plain(request)}/${object.metadata?.name}`
    return objectIn(asAdmin(handle, { ...request, path }, 'GET')) !== undefined
  }
  return {
    ...response,
    watch: {
      ...rest,
      start: (deliver, end) =>
        start((event) => {
          if (event.type !== 'DELETED' || !stillThere(event.object as KubeObject)) deliver(event) // no Table is asked for here
        }, end),
    },
  }
}

const preconditionsIgnored: Fault = (handle) => (request) =>
  handle(request.method === 'DELETE' ? withBody(request, (body) => ({ ...body, preconditions: undefined })) : request)

const dryRunsHappen: Fault = (handle) => (request) =>
  handle({ ...request, path: request.path.replace(/([?&])dryRun=All&?/, '$1') })

const permissionsIgnored: Fault = (handle) => (request) =>
  handle({ ...request, user: { ...request.user, groups: [...request.user.groups, 'system:masters'] } })

/** Leniencies of other emulators, each of which the suite has to notice. */
export const faults: Readonly<Record<string, Fault>> = {
  'takes a write of the status with an old version': staleStatusAccepted,
  'counts a write that changes nothing': emptyWriteCounts,
  'ignores finalizers': finalizersIgnored,
  'counts writes of the status as generations': statusCountsAsGeneration,
  'does not tell when an object leaves a selector': transitionsUntold,
  'ignores preconditions of a deletion': preconditionsIgnored,
  'writes in a dry run': dryRunsHappen,
  'asks nobody for permission': permissionsIgnored,
}
