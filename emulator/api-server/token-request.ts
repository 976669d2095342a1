import { named } from '../patch/built-in-types.ts'
import type { Core } from './context.ts'
import { jsonFault } from './decode-faults.ts'
import { at, isObject, listAt, textAt, timestamp } from './json.ts'
import { badRequest, cannotHandle, conflict, invalid, notFound, StatusError } from './status.ts'
import type { FieldError, Json, KubeObject, Request } from './types.ts'

/** Signs what a ServiceAccount token says; the world outside has the key. */
export type SignToken = (claims: Json) => string

const issuer = 'https://kubernetes.default.svc'
const kind = { group: 'authentication.k8s.io', kind: 'TokenRequest' }
const bad = (field: string, badValue: unknown, detail: string): FieldError => ({
  type: 'FieldValueInvalid',
  field,
  badValue,
  detail,
})

/** POST to a ServiceAccount's `token`. */
export function requestToken(
  core: Core,
  request: Request,
  ref: { namespace: string; name: string },
  { sign, admit }: { readonly sign: SignToken; readonly admit: (object: KubeObject) => void },
): Json {
  const { namespace, name } = ref
  checkBody(request)
  const account = core.store.get('serviceaccounts', `${namespace}/${name}`)
  if (!account) throw notFound({ group: '', plural: 'serviceaccounts' }, name)
  const spec = at(request.body, 'spec')
  const seconds = Number(at(spec, 'expirationSeconds') ?? 3600)
  checkRequest(request.body, ref, seconds)
  const given = isObject(request.body) ? request.body : {}
  const asked = listAt(spec, 'audiences').map(String)
  const audiences = asked.length > 0 ? asked : [issuer]
  admit({
    ...given,
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    metadata: { ...ref, ...(isObject(given['metadata']) && given['metadata']) },
    spec: { ...(isObject(spec) && spec), audiences, expirationSeconds: seconds },
  })
  const bound = boundObject(core, at(spec, 'boundObjectRef'), ref)
  const now = Math.floor(core.world.now() / 1000)
  const { uid = '' } = account.metadata
  const token = sign({
    aud: audiences,
    exp: now + seconds,
    iat: now,
    iss: issuer,
    jti: core.world.uuid(),
    'kubernetes.io': { namespace, ...bound, serviceaccount: { name, uid } },
    nbf: now,
    sub: `system:serviceaccount:${namespace}:${name}`,
  })
  return {
    kind: 'TokenRequest',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: { name, namespace, uid, creationTimestamp: timestamp(now * 1000) },
    spec: { audiences, expirationSeconds: seconds, boundObjectRef: at(spec, 'boundObjectRef') ?? null },
    status: { token, expirationTimestamp: timestamp((now + seconds) * 1000) },
  }
}

function checkBody({ body, malformed, literals }: Request): void {
  const unread = malformed ? `${malformed.fault} (${malformed.text})` : 'unexpected end of JSON input (<empty>)'
  if (body === undefined)
    throw badRequest(
      `the object provided is unrecognized (must be of type TokenRequest): couldn't get version/kind; json parse error: ${unread}`,
    )
  const given = textAt(body, 'kind')
  const version = textAt(body, 'apiVersion')
  if (given === '' || given === 'TokenRequest') {
    const fault = jsonFault(named('TokenRequest'), body, 'TokenRequest', literals)
    if (fault === undefined) return
    throw cannotHandle('TokenRequest', 'v1', fault)
  }
  const why = `converting (${version}.${given}) to (authentication.TokenRequest): unknown conversion`
  throw cannotHandle('TokenRequest', version.split('/').at(-1) ?? '', why, given)
}

function checkRequest(body: unknown, { namespace, name }: { namespace: string; name: string }, seconds: number): void {
  const givenName = textAt(body, 'metadata', 'name')
  const givenNamespace = textAt(body, 'metadata', 'namespace')
  if (givenNamespace !== '' && givenNamespace !== namespace)
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request')
  if (givenName !== '' && givenName !== name)
    throw invalid(kind, name, [bad('metadata.name', givenName, 'must match the service account name if specified')])
  const field = 'spec.expirationSeconds'
  if (seconds < 600) throw invalid(kind, '', [bad(field, seconds, 'may not specify a duration less than 10 minutes')])
  if (seconds > 2 ** 32)
    throw invalid(kind, '', [bad(field, seconds, 'may not specify a duration larger than 2^32 seconds')])
}

/** The claim for the object with which the token is to end. */
function boundObject(core: Core, ref: unknown, account: { namespace: string; name: string }): Json {
  if (!isObject(ref)) return {}
  const name = textAt(ref, 'name')
  const type = textAt(ref, 'kind')
  const plural = { Pod: 'pods', Secret: 'secrets' }[type]
  if (type === 'Node') throw notFound({ group: '', plural: 'nodes' }, name) // there are none
  if (plural === undefined || textAt(ref, 'apiVersion') !== 'v1') {
    const [version = '', group = ''] = textAt(ref, 'apiVersion').split('/').reverse()
    throw badRequest(`cannot bind token to object of type ${group}/${version}, Kind=${type}`)
  }
  const found = core.store.get(plural, `${account.namespace}/${name}`)
  if (!found) throw notFound({ group: '', plural }, name)
  if (type === 'Pod' && accountOf(found) !== account.name)
    throw badRequest(
      `cannot bind token for serviceaccount "${account.name}" to pod running with different serviceaccount name.`,
    )
  const wanted = textAt(ref, 'uid')
  const { uid = '' } = found.metadata
  if (wanted !== '' && wanted !== uid) {
    const why = `the UID in the bound object reference (${wanted}) does not match the UID in record. The object might have been deleted and then recreated`
    const { message } = conflict({ group: '', plural: type }, name, why)
    throw new StatusError(409, 'Conflict', message, { name, kind: type })
  }
  return { [type.toLowerCase()]: { name, uid } }
}

const accountOf = (pod: KubeObject): string => textAt(pod, 'spec', 'serviceAccountName') || 'default'
