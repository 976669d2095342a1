import { isIP } from 'node:net'
import { forbidden, invalid, notSupported, required } from '../../schema/field-error.ts'
import { qualifiedNameFaults } from '../../schema/names.ts'
import { at, equal, isObject, listAt } from '../json.ts'
import type { KubeObject } from '../types.ts'
import {
  among,
  type Errors,
  each,
  faults,
  has,
  ipAddress,
  label,
  labels,
  portNumber,
  portReference,
  repeated,
  subdomain,
  text,
} from './checks.ts'

const types = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort']

export function serviceErrors(service: KubeObject, old?: KubeObject): Errors {
  const spec = service['spec']
  const type = text(spec, 'type')
  const isHeadless = text(spec, 'clusterIP') === 'None'
  const isExternal = type === 'ExternalName'
  const affinity = text(spec, 'sessionAffinity')
  const seconds = at(spec, 'sessionAffinityConfig', 'clientIP', 'timeoutSeconds')
  const name = text(spec, 'externalName').replace(/\.$/, '')
  return [
    ...(listAt(spec, 'ports').length === 0 && !isHeadless && !isExternal ? [required('spec.ports', '')] : []),
    ...(isExternal ? (name === '' ? [required('spec.externalName', '')] : subdomain(name, 'spec.externalName')) : []),
    ...portsErrors(spec),
    ...labels(at(spec, 'selector'), 'spec.selector'),
    ...(affinity === ''
      ? [required('spec.sessionAffinity', '')]
      : among(affinity, 'spec.sessionAffinity', ['ClientIP', 'None'])),
    ...(affinity === 'ClientIP' && typeof seconds === 'number' && (seconds <= 0 || seconds > 86_400)
      ? [
          invalid(
            'spec.sessionAffinityConfig.clientIP.timeoutSeconds',
            seconds,
            'must be greater than 0 and less than 86400',
          ),
        ]
      : []),
    ...(affinity === 'None' && isObject(at(spec, 'sessionAffinityConfig'))
      ? [forbidden('spec.sessionAffinityConfig', 'must not be set when session affinity is None')]
      : []),
    ...(types.includes(type) ? [] : [notSupported('spec.type', type, types)]),
    ...(has(spec, 'internalTrafficPolicy')
      ? among(at(spec, 'internalTrafficPolicy'), 'spec.internalTrafficPolicy', ['Cluster', 'Local'])
      : []),
    ...(text(spec, 'externalTrafficPolicy') === ''
      ? []
      : [
          invalid(
            'spec.externalTrafficPolicy',
            text(spec, 'externalTrafficPolicy'),
            'may only be set for externally-accessible services',
          ),
        ]),
    ...ipErrors(spec, isExternal),
    ...(old ? changeErrors(service, old) : []),
  ]
}

function portsErrors(spec: unknown): Errors {
  const names = new Set<string>()
  const taken = new Set<string>()
  const areMany = listAt(spec, 'ports').length > 1
  const found = each(spec, 'ports', 'spec', (port, path) => {
    const name = text(port, 'name')
    const isTwice = name !== '' && names.has(name)
    names.add(name)
    const protocol = at(port, 'protocol')
    const appProtocol = at(port, 'appProtocol')
    return [
      ...(areMany && name === '' ? [required(`${path}.name`, '')] : []),
      ...(name === '' ? [] : isTwice ? [repeated(name, `${path}.name`)] : label(name, `${path}.name`)),
      ...portNumber(at(port, 'port') ?? 0, `${path}.port`),
      ...among(protocol, `${path}.protocol`, ['SCTP', 'TCP', 'UDP']),
      ...portReference(at(port, 'targetPort'), `${path}.targetPort`),
      ...(typeof appProtocol === 'string'
        ? faults(appProtocol, `${path}.appProtocol`, qualifiedNameFaults(appProtocol))
        : []),
      ...(Number(at(port, 'nodePort') ?? 0) !== 0 && text(spec, 'type') === 'ClusterIP'
        ? [forbidden(`${path}.nodePort`, "may not be used when `type` is 'ClusterIP'")]
        : []),
    ]
  })
  const twice = each(spec, 'ports', 'spec', (port, path) => {
    const key = `${text(port, 'protocol')}/${String(at(port, 'port'))}`
    const isTwice = taken.has(key)
    taken.add(key)
    if (!isTwice) return []
    const value = new Map<string, unknown>([
      ['Name', ''],
      ['Protocol', text(port, 'protocol')],
      ['AppProtocol', null],
      ['Port', at(port, 'port')],
      ['TargetPort', 0],
      ['NodePort', 0],
    ])
    return [repeated(value, path)]
  })
  return [...found, ...twice]
}

function ipErrors(spec: unknown, isExternal: boolean): Errors {
  const ips = listAt(spec, 'clusterIPs').map(String)
  if (isExternal)
    return ips.length > 0 ? [forbidden('spec.clusterIPs', 'may not be set for ExternalName services')] : []
  return [
    ...(has(spec, 'ipFamilyPolicy')
      ? among(at(spec, 'ipFamilyPolicy'), 'spec.ipFamilyPolicy', ['PreferDualStack', 'RequireDualStack', 'SingleStack'])
      : []),
    ...ips.flatMap((ip, index) => (ip === 'None' ? [] : ipAddress(ip, `spec.clusterIPs[${index}]`, isIP(ip) !== 0))),
  ]
}

function changeErrors(service: KubeObject, old: KubeObject): Errors {
  const ips = at(service, 'spec', 'clusterIPs')
  const before = at(old, 'spec', 'clusterIPs')
  const isFixed = [service, old].every((each) => text(each['spec'], 'type') !== 'ExternalName')
  return isFixed && Array.isArray(before) && before.length > 0 && !equal(ips, before)
    ? [invalid('spec.clusterIPs[0]', ips, 'may not change once set')]
    : []
}
