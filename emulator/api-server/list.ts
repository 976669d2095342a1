import { type Call, inVersion, keyFor, tableOf } from './context.ts'
import { at, goShape, isObject } from './json.ts'
import { fieldSelector, labelSelector, nameIn, type Selector } from './selectors.ts'
import { badRequest, expired, invalid, notFound, StatusError } from './status.ts'
import { keyOf } from './store.ts'
import type { FieldError, KubeObject } from './types.ts'

export type List = {
  readonly objects: readonly KubeObject[]
  readonly revision: number
  readonly continueAt?: string
  readonly remaining?: number
}

/** GET of one object. */
export function get(call: Call): KubeObject {
  const { core, type, info } = call
  const wanted = info.query.get('resourceVersion') ?? ''
  if (wanted !== '' && !/^\d+$/.test(wanted)) throw malformedVersion(wanted)
  if (Number(wanted) > core.store.revision()) throw tooLarge(wanted, core.store.revision())
  const found = core.store.get(tableOf(type), keyFor(call))
  if (!found) throw notFound(type, info.name)
  return inVersion(found, type)
}

const malformed = (version: string): string =>
  `resourceVersion: Invalid value: ${JSON.stringify(version)}: strconv.ParseUint: parsing ${JSON.stringify(version)}: invalid syntax`

/** As the real server answers it on get and watch: with 500. */
export const malformedVersion = (version: string): StatusError => new StatusError(500, '', malformed(version))

/** Both selectors of a list, watch or deletecollection. */
export function selectorOf({ info, type }: Call): Selector {
  const byLabel = labelSelector(info.query.get('labelSelector') ?? '')
  const byField = fieldSelector(info.query.get('fieldSelector') ?? '', type)
  const { name } = info
  return (object) => byLabel(object) && byField(object) && (name === '' || object.metadata.name === name)
}

export const prefixOf = ({ info, type }: Call): string =>
  type.namespaced && info.namespace !== undefined ? `${info.namespace}/` : ''

/** 422 for list options that exclude each other. */
export function checkListOptions({ info }: Call, isWatch: boolean): void {
  const { query } = info
  const match = query.get('resourceVersionMatch') ?? ''
  const version = query.get('resourceVersion') ?? ''
  const initial = query.get('sendInitialEvents')
  const errors: FieldError[] = []
  const forbid = (field: string, detail: string): void =>
    void errors.push({ type: 'FieldValueForbidden', field, detail })
  if (initial !== null && !isWatch) forbid('sendInitialEvents', 'sendInitialEvents is forbidden for list')
  else if (isWatch && initial !== null && match !== 'NotOlderThan') {
    forbid('resourceVersionMatch', 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan')
    if (match !== '')
      errors.push({
        type: 'FieldValueNotSupported',
        field: 'resourceVersionMatch',
        badValue: match,
        detail: 'supported values: "NotOlderThan"',
      })
  } else if (isWatch && initial === null && match !== '')
    forbid('resourceVersionMatch', 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided')
  else if (match !== '' && version === '' && !isWatch) {
    forbid('resourceVersionMatch', 'resourceVersionMatch is forbidden unless resourceVersion is provided')
    if (query.get('continue'))
      forbid('resourceVersionMatch', 'resourceVersionMatch is forbidden when continue is provided')
  } else if (match !== '' && query.get('continue'))
    forbid('resourceVersionMatch', 'resourceVersionMatch is forbidden when continue is provided')
  else if (match !== '' && !['Exact', 'NotOlderThan'].includes(match))
    errors.push({
      type: 'FieldValueNotSupported',
      field: 'resourceVersionMatch',
      badValue: match,
      detail: 'supported values: "Exact", "NotOlderThan", ""',
    })
  else if (match === 'Exact' && version === '0')
    forbid('resourceVersionMatch', 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"')
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', errors)
}

/** GET of a collection, page by page if it is asked so. */
export function list(call: Call): List {
  const { core, type, info } = call
  const { query } = info
  const { store } = core
  integer(query.get('timeoutSeconds')) // which a list does not need
  const asked = integer(query.get('limit'))
  const selects = selectorOf(call)
  checkListOptions(call, false)
  const version = query.get('resourceVersion') ?? ''
  if (version !== '' && !/^\d+$/.test(version)) throw badRequest(`invalid resource version: ${malformed(version)}`)
  const token = query.get('continue') ?? ''
  const from = token === '' ? undefined : readToken(token)
  if (from && version !== '' && version !== '0')
    throw badRequest('specifying resource version is not allowed when using continue')
  if (Number(version) > store.revision()) throw tooLarge(version, store.revision())
  // From its memory, as for 0, the real server answers all at once.
  const limit = version === '0' ? 0 : asked
  const match = query.get('resourceVersionMatch')
  const isExact = match === 'Exact' || (match === null && version !== '' && version !== '0' && limit > 0)
  const revision = from?.revision ?? (isExact ? Number(version) : undefined)
  const prefix = prefixOf(call)
  const page = store.page(tableOf(type), prefix, {
    ...(revision !== undefined && { revision }),
    ...(from && { after: prefix + from.after }),
  })
  if (!page && from) throw expired(expiredContinue, writeToken(anyRevision, from.after))
  if (!page) throw expired('The resourceVersion for the provided list is too old.')
  const at = revision ?? store.revision()
  const objects: KubeObject[] = []
  let last = ''
  const only = nameIn(query.get('fieldSelector') ?? '')
  for (const object of page.objects) {
    if (only !== undefined && object.metadata.name !== only) continue
    if (limit > 0 && objects.length === limit) {
      const isFiltered = Boolean(query.get('labelSelector') || query.get('fieldSelector'))
      const remaining = page.count - objects.length
      return {
        objects,
        revision: at,
        continueAt: writeToken(at, last.slice(prefix.length)),
        ...(!isFiltered && { remaining }),
      }
    }
    if (!selects(object)) continue
    objects.push(inVersion(object, type))
    if (objects.length === limit) last = keyOf(object)
  }
  return { objects, revision: at }
}

const expiredContinue =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.'

/** The real server waits 3 s for it first. */
const tooLarge = (wanted: string, current: number): StatusError =>
  new StatusError(504, 'Timeout', `Timeout: Too large resource version: ${wanted}, current: ${current}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  })

export const integer = (text: string | null): number => {
  if (text === null) return 0
  if (!/^[-+]?\d+$/.test(text)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`)
  const found = BigInt(text)
  if (found !== BigInt.asIntN(64, found))
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: value out of range`)
  return Number(text)
}

/** Of a token that goes on with what is there now. */
const anyRevision = -1

const writeToken = (revision: number, after: string): string =>
  Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: revision, start: `${after}\0` })).toString('base64url')

const readToken = (token: string): { readonly revision?: number; readonly after: string } => {
  const refuse = (why: string): StatusError => badRequest(`invalid continue token: continue key is not valid: ${why}`)
  const wrong = token.search(/[^-\w]/)
  if (wrong >= 0 || token.length % 4 === 1)
    throw refuse(`illegal base64 data at input byte ${wrong >= 0 ? wrong : token.length - 1}`)
  const text = Buffer.from(token, 'base64url').toString()
  let found: unknown
  try {
    found = JSON.parse(text)
  } catch {
    throw refuse(`invalid character '${text[0] ?? ''}' looking for beginning of value`)
  }
  if (found !== null && !isObject(found))
    throw refuse(`json: cannot unmarshal ${goShape(found)} into Go value of type storage.continueToken`)
  const [v, rv, start] = [at(found, 'v') ?? '', at(found, 'rv') ?? 0, at(found, 'start') ?? '']
  for (const [key, value, wanted] of [
    ['v', v, 'string'],
    ['rv', rv, 'int64'],
    ['start', start, 'string'],
  ] as const)
    if (typeof value !== (wanted === 'string' ? 'string' : 'number'))
      throw refuse(
        `json: cannot unmarshal ${goShape(value)} into Go struct field continueToken.${key} of type ${wanted}`,
      )
  if (v !== 'meta.k8s.io/v1') throw refuse(`server does not recognize this encoded version ${v}`)
  // both were looked at
  return { ...(rv !== anyRevision && { revision: rv as number }), after: (start as string).slice(0, -1) }
}
