import { isIP } from 'node:net'
import { forbidden, invalid, notSupported, required } from '../../schema/field-error.ts'
import { qualifiedNameFaults } from '../../schema/names.ts'
import { at, isObject, listAt } from '../json.ts'
import {
  among,
  type Errors,
  each,
  faults,
  has,
  inRange,
  ipAddress,
  label,
  labels,
  qualifiedName,
  repeated,
  subdomain,
  text,
} from './checks.ts'
import { containersErrors, initContainersErrors } from './containers.ts'
import { podSecurityErrors } from './security.ts'
import { volumeErrors } from './volumes.ts'

const effects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute']

export const tolerationErrors = (spec: unknown, path: string): Errors =>
  each(spec, 'tolerations', path, (item, place) => {
    const key = text(item, 'key')
    const operator = text(item, 'operator')
    const effect = text(item, 'effect')
    return [
      ...(key === '' ? [] : qualifiedName(key, `${place}.key`)),
      ...(key === '' && operator !== 'Exists'
        ? [
            invalid(
              `${place}.operator`,
              operator,
              'operator must be Exists when `key` is empty, which means "match all values and all keys"',
            ),
          ]
        : []),
      ...(has(item, 'tolerationSeconds') && effect !== 'NoExecute'
        ? [invalid(`${place}.effect`, effect, "effect must be 'NoExecute' when `tolerationSeconds` is set")]
        : []),
      ...(operator === 'Exists' && text(item, 'value') !== ''
        ? [invalid(`${place}.operator`, text(item, 'value'), "value must be empty when `operator` is 'Exists'")]
        : []),
      ...(['', 'Equal', 'Exists'].includes(operator)
        ? []
        : [notSupported(`${place}.operator`, operator, ['Equal', 'Exists'])]),
      ...(effect === '' || effects.includes(effect) ? [] : [notSupported(`${place}.effect`, effect, effects)]),
    ]
  })

const hostAliasErrors = (spec: unknown, path: string): Errors =>
  each(spec, 'hostAliases', path, (item, place) => [
    ...ipAddress(text(item, 'ip'), `${place}.ip`, isIP(text(item, 'ip')) !== 0),
    ...listAt(item, 'hostnames').flatMap((name, index) => subdomain(String(name), `${place}.hostnames[${index}]`)),
  ])

function gateErrors(spec: unknown, path: string): Errors {
  const seen = new Set<string>()
  return each(spec, 'schedulingGates', path, (item, place) => {
    const name = text(item, 'name')
    const isTwice = seen.has(name)
    seen.add(name)
    return [...faults(name, place, qualifiedNameFaults(name)), ...(isTwice ? [repeated(name, place)] : [])]
  })
}

/** Of a Pod's spec and of a template's; `path` is where it is. Refusals are in the real server's order. */
export function podSpecErrors(spec: unknown, path: string): Errors {
  const volumes = new Set(listAt(spec, 'volumes').map((each) => text(each, 'name')))
  const graceSeconds = Number(at(spec, 'terminationGracePeriodSeconds') ?? 30)
  const isHostNetwork = at(spec, 'hostNetwork') === true
  const view = { volumes, graceSeconds, isHostNetwork }
  const named = (key: string, check: (value: string, path: string) => Errors): Errors =>
    text(spec, key) === '' ? [] : check(text(spec, key), `${path}.${key}`)
  return [
    ...volumeErrors(spec, path),
    ...containersErrors(spec, path, view),
    ...initContainersErrors(spec, path, view),
    ...among(at(spec, 'restartPolicy'), `${path}.restartPolicy`, ['Always', 'OnFailure', 'Never']),
    ...among(at(spec, 'dnsPolicy'), `${path}.dnsPolicy`, [
      'ClusterFirstWithHostNet',
      'ClusterFirst',
      'Default',
      'None',
    ]),
    ...labels(at(spec, 'nodeSelector'), `${path}.nodeSelector`),
    ...podSecurityErrors(at(spec, 'securityContext'), `${path}.securityContext`),
    ...(at(spec, 'hostPID') === true && at(spec, 'shareProcessNamespace') === true
      ? [
          invalid(
            `${path}.securityContext.shareProcessNamespace`,
            true,
            'ShareProcessNamespace and HostPID cannot both be enabled',
          ),
        ]
      : []),
    ...named('priorityClassName', subdomain),
    ...(at(spec, 'preemptionPolicy') === ''
      ? [required(`${path}.preemptionPolicy`, '')]
      : among(at(spec, 'preemptionPolicy'), `${path}.preemptionPolicy`, ['PreemptLowerPriority', 'Never'])),
    ...named('serviceAccountName', subdomain),
    ...named('nodeName', subdomain),
    ...inRange(at(spec, 'activeDeadlineSeconds'), `${path}.activeDeadlineSeconds`, 1, 2_147_483_647),
    ...named('hostname', label),
    ...named('subdomain', (value, place) =>
      value.includes('.') ? [invalid(place, value, 'must not contain dots')] : label(value, place),
    ),
    ...tolerationErrors(spec, path),
    ...hostAliasErrors(spec, path),
    ...each(spec, 'readinessGates', path, (item, place) =>
      qualifiedName(text(item, 'conditionType'), `${place}.conditionType`),
    ),
    ...gateErrors(spec, path),
    ...(at(spec, 'dnsPolicy') === 'None' && listAt(spec, 'dnsConfig', 'nameservers').length === 0
      ? [
          has(spec, 'dnsConfig')
            ? required(
                `${path}.dnsConfig.nameservers`,
                'must provide at least one DNS nameserver when `dnsPolicy` is None',
              )
            : required(`${path}.dnsConfig`, 'must provide `dnsConfig` when `dnsPolicy` is None'),
        ]
      : []),
  ]
}

/** Of a template in another object. */
export const templateErrors = (template: unknown, path: string): Errors => [
  ...labels(at(template, 'metadata', 'labels'), `${path}.labels`),
  ...Object.keys(
    isObject(at(template, 'metadata', 'annotations')) ? (at(template, 'metadata', 'annotations') as object) : {},
  ).flatMap((key) => faults(key, `${path}.annotations`, qualifiedNameFaults(key.toLowerCase()))),
  ...podSpecErrors(at(template, 'spec'), `${path}.spec`),
  ...(listAt(template, 'spec', 'ephemeralContainers').length > 0
    ? [forbidden(`${path}.spec.ephemeralContainers`, 'ephemeral containers not allowed in pod template')]
    : []),
]
