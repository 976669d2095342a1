import { authorize, refusal } from './authorize.ts'
import type { RequestInfo } from './request-info.ts'
import { badRequest, forbidden, StatusError } from './status.ts'
import type { Store } from './store.ts'
import type { User } from './types.ts'

const prefix = 'system:serviceaccount:'
const extraHeader = 'impersonate-extra-'

/**
 * Whom a request is to be taken for, by its `Impersonate-*` headers (lower case, each with all its values). Throws the 400 and 403 of the
 * real server. Rights are those of the verb `impersonate`; the narrower ones of KEP-5284 are not looked at, only named in the refusal.
 */
export function impersonated(
  store: Store,
  user: User,
  headers: Readonly<Record<string, readonly string[] | undefined>>,
  info: RequestInfo,
): User {
  const [name = ''] = headers['impersonate-user'] ?? []
  const [uid = ''] = headers['impersonate-uid'] ?? []
  const groups = headers['impersonate-group'] ?? []
  const extra = Object.fromEntries(
    Object.entries(headers).flatMap(([key, values]) =>
      key.startsWith(extraHeader) ? [[decodeURIComponent(key.slice(extraHeader.length)), values ?? []] as const] : [],
    ),
  )
  if (name === '' && groups.length === 0 && uid === '' && Object.keys(extra).length === 0) return user
  if (name === '') throw badRequest(withoutName(uid, groups))
  const [, namespace, account] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(name) ?? []
  const wanted = [
    namespace === undefined
      ? { group: '', resource: 'users', name }
      : { group: '', resource: 'serviceaccounts', namespace, name: account ?? '' },
    ...groups.map((group) => ({ group: '', resource: 'groups', name: group })),
    ...(uid === '' ? [] : [{ group: 'authentication.k8s.io', resource: 'uids', name: uid }]),
    ...Object.entries(extra).flatMap(([key, values]) =>
      values.map((value) => ({
        group: 'authentication.k8s.io',
        resource: 'userextras',
        subresource: key,
        name: value,
      })),
    ),
  ]
  const isAllowed = wanted.every((each) => authorize(store, user, { verb: 'impersonate', ...each }).isAllowed)
  if (!isAllowed) throw refused(user, name.startsWith(prefix) ? 'serviceaccount' : 'user-info', info)
  const own =
    namespace !== undefined && groups.length === 0
      ? ['system:serviceaccounts', `system:serviceaccounts:${namespace}`]
      : groups
  const everybody = name === 'system:anonymous' ? 'system:unauthenticated' : 'system:authenticated'
  return {
    name,
    groups: [...new Set([...own, everybody])],
    ...(uid !== '' && { uid }),
    ...(Object.keys(extra).length > 0 && { extra }),
  }
}

function refused(user: User, mode: string, info: RequestInfo): StatusError {
  const { group, plural, subresource, namespace, path, name } = info
  const verb = `impersonate-on:${mode}:${info.verb}`
  if (!info.isResource) return new StatusError(403, 'Forbidden', `forbidden: ${refusal(user, { verb, path })}`, {})
  const wanted = { verb, group, resource: plural, subresource, ...(namespace !== undefined && { namespace }) }
  return forbidden({ group, plural }, name, refusal(user, wanted))
}

const withoutName = (uid: string, groups: readonly string[]): string => {
  const list =
    groups.length === 0 ? '[]string(nil)' : `[]string{${groups.map((each) => JSON.stringify(each)).join(', ')}}`
  return `requested &user.DefaultInfo{Name:"", UID:${JSON.stringify(uid)}, Groups:${list}, Extra:map[string][]string(nil)} without impersonating a user name`
}
