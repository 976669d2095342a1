import { invalid, notSupported, required } from '../../schema/field-error.ts'
import { qualifiedNameFaults } from '../../schema/names.ts'
import { at, isObject } from '../json.ts'
import { configKey, type Errors, each, envName, faults, has, subdomain, text } from './checks.ts'
import { amountOf, quantityText } from './quantity.ts'

const inEnv = [
  ...['metadata.name', 'metadata.namespace', 'metadata.uid', 'spec.nodeName', 'spec.serviceAccountName'],
  ...['status.hostIP', 'status.hostIPs', 'status.podIP', 'status.podIPs'],
]
const inVolumes = ['metadata.annotations', 'metadata.labels', 'metadata.name', 'metadata.namespace', 'metadata.uid']
const convertible = [
  ...inEnv,
  ...inVolumes,
  'spec.restartPolicy',
  'spec.schedulerName',
  'spec.hostNetwork',
  'status.phase',
  'status.nominatedNodeName',
]
const containerResources = ['cpu', 'ephemeral-storage', 'memory']
const resources = ['limits', 'requests'].flatMap((each) => containerResources.map((name) => `${each}.${name}`))

/** A reference to a field of the Pod itself, in a variable or in a downward API volume. */
export function fieldRefErrors(given: unknown, path: string, where: 'env' | 'volume'): Errors {
  const version = text(given, 'apiVersion')
  const field = text(given, 'fieldPath')
  if (version === '') return [required(`${path}.apiVersion`, '')]
  if (field === '') return [required(`${path}.fieldPath`, '')]
  const [, base = field, key] = /^(.*?)\['(.*)'\]$/s.exec(field) ?? []
  const cannot = (why: string): Errors => [invalid(`${path}.fieldPath`, field, `error converting fieldPath: ${why}`)]
  if (version !== 'v1') return cannot(`unsupported pod version: ${version}`)
  const subscripted = ['metadata.labels', 'metadata.annotations']
  if (key !== undefined) {
    if (!subscripted.includes(base)) return cannot(`field label does not support subscript: ${field}`)
    return faults(key, path, qualifiedNameFaults(base.endsWith('annotations') ? key.toLowerCase() : key))
  }
  if (!convertible.includes(field)) return cannot(`field label not supported: ${field}`)
  const allowed = where === 'env' ? inEnv : inVolumes
  return allowed.includes(field) ? [] : [notSupported(`${path}.fieldPath`, field, allowed)]
}

export function resourceRefErrors(given: unknown, path: string, isVolume: boolean): Errors {
  const resource = text(given, 'resource')
  if (isVolume && text(given, 'containerName') === '') return [required(`${path}.containerName`, '')]
  if (resource === '') return [required(`${path}.resource`, '')]
  if (!resources.includes(resource) && !/^(limits|requests)\.hugepages-/.test(resource))
    return [notSupported(`${path}.resource`, resource, resources)]
  const divisor = quantityText(amountOf(at(given, 'divisor')))
  const sizes = ['0', '1', '1k', '1M', '1G', '1T', '1P', '1E', '1Ki', '1Mi', '1Gi', '1Ti', '1Pi', '1Ei']
  const isCpu = resource.endsWith('.cpu')
  if ((isCpu ? ['0', '1m', '1'] : sizes).includes(divisor)) return []
  const kind = resource.split('.')[1] ?? ''
  const allowed = isCpu ? '1m and 1' : '1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei'
  return [
    invalid(`${path}.divisor`, resource, `only divisor's values ${allowed} are supported with the ${kind} resource`),
  ]
}

const keyRefErrors = (given: unknown, path: string): Errors => [
  ...subdomain(text(given, 'name'), `${path}.name`),
  ...(text(given, 'key') === '' ? [required(`${path}.key`, '')] : configKey(text(given, 'key'), `${path}.key`)),
]

function valueFromErrors(item: unknown, path: string): Errors {
  const from = at(item, 'valueFrom')
  if (!isObject(from)) return []
  const checks: readonly (readonly [string, (given: unknown, place: string) => Errors])[] = [
    ['fieldRef', (given, place) => fieldRefErrors(given, place, 'env')],
    ['resourceFieldRef', (given, place) => resourceRefErrors(given, place, false)],
    ['configMapKeyRef', keyRefErrors],
    ['secretKeyRef', keyRefErrors],
  ]
  const set = checks.filter(([key]) => has(from, key))
  const found = set.flatMap(([key, check]) => check(from[key], `${path}.${key}`))
  if (set.length === 0)
    return [
      invalid(
        path,
        '',
        'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`',
      ),
    ]
  if (text(item, 'value') !== '') return [...found, invalid(path, '', 'may not be specified when `value` is not empty')]
  return set.length > 1 ? [...found, invalid(path, '', 'may not have more than one field specified at a time')] : found
}

export const envErrors = (container: unknown, path: string): Errors =>
  each(container, 'env', path, (item, place) => [
    ...(text(item, 'name') === '' ? [required(`${place}.name`, '')] : envName(text(item, 'name'), `${place}.name`)),
    ...valueFromErrors(item, `${place}.valueFrom`),
  ])

export const envFromErrors = (container: unknown, path: string): Errors =>
  each(container, 'envFrom', path, (item, place) => {
    const prefix = text(item, 'prefix')
    const set = ['configMapRef', 'secretRef'].filter((key) => has(item, key))
    const named = set.flatMap((key) => {
      const name = text(at(item, key), 'name')
      return name === '' ? [required(`${place}.${key}.name`, '')] : subdomain(name, `${place}.${key}.name`)
    })
    const how =
      set.length === 0
        ? 'must specify one of: `configMapRef` or `secretRef`'
        : 'may not have more than one field specified at a time'
    return [
      ...(prefix === '' ? [] : envName(prefix, `${place}.prefix`)),
      ...named,
      ...(set.length === 1 ? [] : [invalid(`${path}.envFrom`, '', how)]),
    ]
  })
