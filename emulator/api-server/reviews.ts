import { type Attributes, authorize, grantsOf } from './authorize.ts'
import type { Core } from './context.ts'
import { at, isObject, listAt, textAt, timestamp } from './json.ts'
import { badRequest, invalid } from './status.ts'
import type { FieldError, Json, Request, User } from './types.ts'

const apiVersion = 'authorization.k8s.io/v1'
const bad = (field: string, badValue: unknown, detail: string): FieldError => ({
  type: 'FieldValueInvalid',
  field,
  badValue,
  detail,
})

/** The virtual resources of authorization.k8s.io and authentication.k8s.io, by their plural. */
export function review(core: Core, request: Request, plural: string): Json | undefined {
  const spec = at(request.body, 'spec')
  switch (plural) {
    case 'selfsubjectaccessreviews':
      checkAccessSpec(spec, false)
      return answer('SelfSubjectAccessReview', spec, statusFor(core, request.user, spec))
    case 'subjectaccessreviews':
    case 'localsubjectaccessreviews': {
      checkAccessSpec(spec, true)
      const user = { name: textAt(spec, 'user'), groups: listAt(spec, 'groups').map(String) }
      const kind = plural === 'subjectaccessreviews' ? 'SubjectAccessReview' : 'LocalSubjectAccessReview'
      return answer(kind, spec, statusFor(core, user, spec))
    }
    case 'selfsubjectrulesreviews':
      return rulesFor(core, request.user, textAt(spec, 'namespace'))
    case 'selfsubjectreviews': {
      const { name, ...rest } = request.user
      const status = { userInfo: { username: name, ...rest } }
      const metadata = { creationTimestamp: timestamp(core.world.now()) }
      return { kind: 'SelfSubjectReview', apiVersion: 'authentication.k8s.io/v1', metadata, status }
    }
    default:
      return undefined
  }
}

const answer = (kind: string, spec: unknown, status: Json): Json => ({ kind, apiVersion, metadata: {}, spec, status })

function checkAccessSpec(spec: unknown, needsUser: boolean): void {
  const resource = at(spec, 'resourceAttributes')
  const path = at(spec, 'nonResourceAttributes')
  const errors: FieldError[] = []
  const text = 'exactly one of nonResourceAttributes or resourceAttributes must be specified'
  if (isObject(resource) && isObject(path))
    errors.push(bad('spec.nonResourceAttributes', path, 'cannot be specified in combination with resourceAttributes'))
  if (!isObject(resource) && !isObject(path)) errors.push(bad('spec.resourceAttributes', null, text))
  if (needsUser && textAt(spec, 'user') === '' && listAt(spec, 'groups').length === 0)
    errors.push(bad('spec.user', '', 'at least one of user or group must be specified'))
  if (errors.length > 0) throw invalid({ group: 'authorization.k8s.io', kind: '' }, '', errors)
}

function statusFor(core: Core, user: User, spec: unknown): Json {
  const { isAllowed, reason } = authorize(core.store, user, attributesIn(spec))
  return { allowed: isAllowed, ...(reason && { reason }) }
}

const attributesIn = (spec: unknown): Attributes => {
  const path = at(spec, 'nonResourceAttributes')
  if (isObject(path)) return { verb: textAt(path, 'verb'), path: textAt(path, 'path') }
  const given = at(spec, 'resourceAttributes')
  const text = (key: string): string => textAt(given, key)
  return {
    verb: text('verb'),
    group: text('group'),
    resource: text('resource'),
    subresource: text('subresource'),
    namespace: text('namespace'),
    name: text('name'),
  }
}

function rulesFor(core: Core, user: User, namespace: string): Json {
  if (namespace === '') throw badRequest('no namespace on request')
  const masters = [
    { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
    { verbs: ['*'], nonResourceURLs: ['*'] },
  ]
  const isMaster = user.groups.includes('system:masters')
  const rules = [...(isMaster ? masters : []), ...grantsOf(core.store, user, namespace).flatMap((grant) => grant.rules)]
  const isForPaths = (rule: unknown): boolean => listAt(rule, 'nonResourceURLs').length > 0
  const status = {
    resourceRules: rules.filter((rule) => !isForPaths(rule)),
    nonResourceRules: rules.filter(isForPaths),
    incomplete: false,
  }
  return answer('SelfSubjectRulesReview', {}, status)
}
