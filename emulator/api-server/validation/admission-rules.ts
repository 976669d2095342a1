import { invalid, notSupported, required } from '../../schema/field-error.ts'
import { pathSegmentFaults } from '../../schema/names.ts'
import { at, listAt } from '../json.ts'
import { among, type Errors, each, faults, labelSelector, repeated } from './checks.ts'

/** Of a policy's matchConstraints or a binding's matchResources, with their defaults. */
export const matchResourcesErrors = (resources: unknown, path: string): Errors => [
  ...among(at(resources, 'matchPolicy'), `${path}.matchPolicy`, ['Equivalent', 'Exact']),
  ...labelSelector(at(resources, 'namespaceSelector'), `${path}.namespaceSelector`),
  ...labelSelector(at(resources, 'objectSelector'), `${path}.objectSelector`),
  ...each(resources, 'resourceRules', path, ruleErrors),
  ...each(resources, 'excludeResourceRules', path, ruleErrors),
]

const operations = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE']

function ruleErrors(rule: unknown, path: string): Errors {
  const names = listAt(rule, 'resourceNames').map(String)
  return [
    ...names.flatMap((name, index) => [
      ...faults(name, `${path}.resourceNames[${index}]`, pathSegmentFaults(name)),
      ...(names.indexOf(name) < index ? [repeated(name, `${path}.resourceNames[${index}]`)] : []),
    ]),
    ...wordsErrors(rule, path, 'operations', 'operations'),
    ...each(rule, 'operations', path, (operation, place) =>
      operations.includes(String(operation)) ? [] : [notSupported(place, operation, operations)],
    ),
    ...wordsErrors(rule, path, 'apiGroups', 'API groups'),
    ...wordsErrors(rule, path, 'apiVersions', 'API versions'),
    ...each(rule, 'apiVersions', path, (version, place) => (version === '' ? [required(place, '')] : [])),
    ...resourcesErrors(rule, `${path}.resources`),
    ...among(at(rule, 'scope'), `${path}.scope`, ['*', 'Cluster', 'Namespaced']),
  ]
}

function wordsErrors(rule: unknown, path: string, key: string, what: string): Errors {
  const words = listAt(rule, key)
  if (words.length === 0) return [required(`${path}.${key}`, '')]
  return words.length > 1 && words.includes('*')
    ? [invalid(`${path}.${key}`, words, `if '*' is present, must not specify other ${what}`)]
    : []
}

function resourcesErrors(rule: unknown, path: string): Errors {
  const all = listAt(rule, 'resources').map(String)
  if (all.length === 0) return [required(path, '')]
  const withAllSubs = new Set<string>()
  const ofAll = new Set<string>()
  const single = all.flatMap((each, index): Errors => {
    const place = `${path}[${index}]`
    if (each === '') return [required(place, '')]
    const [plural = '', sub] = each.split(/\/(.*)/s)
    if (sub === undefined) return []
    const refused = [...(withAllSubs.has(plural) ? [`${plural}/*`] : []), ...(ofAll.has(sub) ? [`*/${sub}`] : [])].map(
      (known) => invalid(place, each, `if '${known}' is present, must not specify ${each}`),
    )
    if (sub === '*') withAllSubs.add(plural)
    if (plural === '*') ofAll.add(sub)
    return refused
  })
  const whole = all.filter((each) => each !== '' && !each.includes('/'))
  // As the real server has it: the last one without a subresource decides.
  const hasOther = whole.length > 0 && whole.at(-1) !== '*'
  return [
    ...single,
    ...(all.length > 1 && all.includes('*/*')
      ? [invalid(path, all, "if '*/*' is present, must not specify other resources")]
      : []),
    ...(all.includes('*') && hasOther
      ? [invalid(path, all, "if '*' is present, must not specify other resources without subresources")]
      : []),
  ]
}
