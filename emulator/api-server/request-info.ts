import type { Request } from './types.ts'

/** What a request is about, as the real server's RequestInfo says it. */
export type RequestInfo = {
  readonly verb: string
  readonly path: string
  readonly query: URLSearchParams
  readonly isResource: boolean
  readonly group: string
  readonly version: string
  readonly plural: string
  readonly subresource: string
  readonly namespace: string | undefined
  readonly name: string
  /** The path goes on after the subresource. */
  readonly rest: readonly string[]
}

const verbs = { POST: 'create', GET: 'get', PUT: 'update', PATCH: 'patch', DELETE: 'delete' } as const
const namespaceSubresources = ['status', 'finalize']

/** Whatever is neither `false` nor `0`: of a text that is there at all. */
export const isTrue = (value: string | null): boolean => value !== null && !['false', '0'].includes(value.toLowerCase())

/** Reads method and path. Pure; never throws: what is no resource is a plain path. */
export function requestInfoOf({ method, path: url }: Pick<Request, 'method' | 'path'>): RequestInfo {
  const end = url.indexOf('?')
  const path = end < 0 ? url : url.slice(0, end)
  const query = new URLSearchParams(end < 0 ? '' : url.slice(end + 1))
  const parts: string[] = []
  for (const part of path.split('/')) if (part !== '') parts.push(decoded(part))
  const isCore = parts[0] === 'api'
  if ((!isCore && parts[0] !== 'apis') || parts.length < (isCore ? 3 : 4)) return plainPath(method, path, query)
  const [group = '', version = ''] = isCore ? ['', parts[1]] : [parts[1], parts[2]]
  let left = parts.slice(isCore ? 2 : 3)
  let verb: string = verbs[method]
  const isOldWatch = left[0] === 'watch' && left.length > 1
  if (isOldWatch) left = left.slice(1)
  let namespace: string | undefined
  if (left[0] === 'namespaces' && left.length > 1) {
    namespace = left[1] ?? ''
    if (left.length > 2 && !namespaceSubresources.includes(left[2] ?? '')) left = left.slice(2)
  }
  const [plural = '', name = '', subresource = '', ...rest] = left
  const watches = isOldWatch || (end >= 0 && isTrue(query.get('watch')))
  if (isOldWatch) verb = 'watch'
  else if (name === '' && verb === 'get') verb = watches ? 'watch' : 'list'
  else if (name === '' && verb === 'delete') verb = 'deletecollection'
  return { verb, path, query, isResource: true, group, version, plural, subresource, namespace, name, rest }
}

const plainPath = (method: string, path: string, query: URLSearchParams): RequestInfo => ({
  verb: method.toLowerCase(),
  path,
  query,
  isResource: false,
  group: '',
  version: '',
  plural: '',
  subresource: '',
  namespace: undefined,
  name: '',
  rest: [],
})

const decoded = (part: string): string => {
  if (!part.includes('%')) return part
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
