import { invalid, notSupported, required } from '../../schema/field-error.ts'
import { pathSegmentFaults } from '../../schema/names.ts'
import { at, equal, isObject, listAt } from '../json.ts'
import type { KubeObject } from '../types.ts'
import { type Errors, each, faults, labelSelector, subdomain, text } from './checks.ts'

const group = 'rbac.authorization.k8s.io'

export function roleErrors(role: KubeObject): Errors {
  const isLocal = role.kind === 'Role'
  const rules = each(role, 'rules', '', (rule, given) => {
    const path = given.replace(/^\./, '')
    const urls = listAt(rule, 'nonResourceURLs')
    const apiGroups = listAt(rule, 'apiGroups')
    const resources = listAt(rule, 'resources')
    const names = listAt(rule, 'resourceNames')
    const both = 'rules cannot apply to both regular resources and non-resource URLs'
    return [
      ...(listAt(rule, 'verbs').length === 0
        ? [required(`${path}.verbs`, 'verbs must contain at least one value')]
        : []),
      ...(urls.length > 0
        ? [
            ...(isLocal
              ? [invalid(`${path}.nonResourceURLs`, urls, 'namespaced rules cannot apply to non-resource URLs')]
              : []),
            ...(apiGroups.length > 0 || resources.length > 0 || names.length > 0
              ? [invalid(`${path}.nonResourceURLs`, urls, both)]
              : []),
          ]
        : [
            ...(apiGroups.length === 0
              ? [required(`${path}.apiGroups`, 'resource rules must supply at least one api group')]
              : []),
            ...(resources.length === 0
              ? [required(`${path}.resources`, 'resource rules must supply at least one resource')]
              : []),
          ]),
    ]
  })
  const aggregation = role['aggregationRule']
  const path = 'aggregationRule.clusterRoleSelectors'
  if (!isObject(aggregation)) return rules
  if (listAt(aggregation, 'clusterRoleSelectors').length === 0)
    return [...rules, required(path, 'at least one clusterRoleSelector required if aggregationRule is non-nil')]
  return [
    ...rules,
    ...each(aggregation, 'clusterRoleSelectors', 'aggregationRule', (selector, place) => {
      const wrong = labelSelector(selector, place)
      return wrong.length === 0 ? [] : [...wrong, invalid(place, null, 'invalid label selector.')]
    }),
  ]
}

export function bindingErrors(binding: KubeObject, old?: KubeObject): Errors {
  const isLocal = binding.kind === 'RoleBinding'
  const ref = binding['roleRef']
  const kinds = isLocal ? ['Role', 'ClusterRole'] : ['ClusterRole']
  const name = text(ref, 'name')
  const goRef = new Map([
    ['APIGroup', text(ref, 'apiGroup')],
    ['Kind', text(ref, 'kind')],
    ['Name', name],
  ])
  return [
    ...(text(ref, 'apiGroup') === group ? [] : [notSupported('roleRef.apiGroup', text(ref, 'apiGroup'), [group])]),
    ...(kinds.includes(text(ref, 'kind')) ? [] : [notSupported('roleRef.kind', text(ref, 'kind'), kinds)]),
    ...(name === '' ? [required('roleRef.name', '')] : faults(name, 'roleRef.name', pathSegmentFaults(name))),
    ...each(binding, 'subjects', '', (subject, path) => subjectErrors(subject, path.replace(/^\./, ''), isLocal)),
    ...(old && !equal(old['roleRef'], ref) ? [invalid('roleRef', goRef, 'cannot change roleRef')] : []),
  ]
}

function subjectErrors(subject: unknown, path: string, isLocal: boolean): Errors {
  const name = text(subject, 'name')
  const kind = text(subject, 'kind')
  const apiGroup = String(at(subject, 'apiGroup') ?? '')
  const named = name === '' ? [required(`${path}.name`, '')] : []
  const grouped = (wanted: string): Errors =>
    apiGroup === wanted ? [] : [notSupported(`${path}.apiGroup`, apiGroup, [wanted])]
  switch (kind) {
    case 'ServiceAccount':
      return [
        ...named,
        ...(name === '' ? [] : subdomain(name, `${path}.name`)),
        ...grouped(''),
        ...(!isLocal && text(subject, 'namespace') === '' ? [required(`${path}.namespace`, '')] : []),
      ]
    case 'User':
    case 'Group':
      return [...named, ...grouped(group)]
    default:
      return [...named, notSupported(`${path}.kind`, kind, ['ServiceAccount', 'User', 'Group'])]
  }
}
