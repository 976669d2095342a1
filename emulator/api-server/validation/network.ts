import { BlockList, isIP } from 'node:net'
import { forbidden, invalid, notSupported, required } from '../../schema/field-error.ts'
import { isOfFormat } from '../../schema/formats.ts'
import { labelFaults, subdomainFaults, wildcardFaults } from '../../schema/names.ts'
import { at, isObject, listAt } from '../json.ts'
import type { KubeObject } from '../types.ts'
import {
  type Errors,
  each,
  faults,
  has,
  labelSelector,
  portName,
  portNumber,
  portReference,
  subdomain,
  text,
} from './checks.ts'

const classKey = 'kubernetes.io/ingress.class'

export function ingressErrors(ingress: KubeObject, old?: KubeObject): Errors {
  const spec = ingress['spec']
  const isEmpty = !isObject(at(spec, 'defaultBackend')) && listAt(spec, 'rules').length === 0
  const className = at(spec, 'ingressClassName')
  const annotation = ingress.metadata.annotations?.[classKey]
  return [
    ...(isEmpty
      ? [invalid('spec', at(spec, 'rules') ?? null, 'either `defaultBackend` or `rules` must be specified')]
      : []),
    ...(isObject(at(spec, 'defaultBackend')) ? backendErrors(at(spec, 'defaultBackend'), 'spec.defaultBackend') : []),
    ...each(spec, 'rules', 'spec', ruleErrors),
    ...each(spec, 'tls', 'spec', (item, path) => [
      ...listAt(item, 'hosts').flatMap((host, index) => hostFaults(String(host), `${path}.hosts[${index}]`)),
      ...(text(item, 'secretName') === '' ? [] : subdomain(text(item, 'secretName'), `${path}.secretName`)),
    ]),
    ...(typeof className === 'string' ? subdomain(className, 'spec.ingressClassName') : []),
    ...(old === undefined && annotation !== undefined && className !== undefined && annotation !== className
      ? [invalid(`annotations.${classKey}`, annotation, 'must match `ingressClassName` when both are specified')]
      : []),
  ]
}

const hostFaults = (host: string, path: string): Errors =>
  host.includes('*') ? faults(host, path, wildcardFaults(host)) : faults(host, path, subdomainFaults(host))

function ruleErrors(rule: unknown, path: string): Errors {
  const host = text(rule, 'host')
  const http = at(rule, 'http')
  const hostErrors =
    host === ''
      ? []
      : isIP(host) !== 0
        ? [invalid(`${path}.host`, host, 'must be a DNS name, not an IP address')]
        : hostFaults(host, `${path}.host`)
  if (!isObject(http)) return hostErrors
  if (listAt(http, 'paths').length === 0) return [...hostErrors, required(`${path}.http.paths`, '')]
  return [...hostErrors, ...each(http, 'paths', `${path}.http`, pathErrors)]
}

const types = ['Exact', 'ImplementationSpecific', 'Prefix']

function pathErrors(item: unknown, path: string): Errors {
  const type = text(item, 'pathType')
  const given = text(item, 'path')
  const isExact = type === 'Exact' || type === 'Prefix'
  const odd = ['//', '/./', '/../', '%2f', '%2F'].filter((part) => given.includes(part))
  const ends = ['/..', '/.'].filter((part) => given.endsWith(part))
  const isRelative = !given.startsWith('/') && (isExact || given !== '')
  return [
    ...(!has(item, 'pathType')
      ? [required(`${path}.pathType`, 'pathType must be specified')]
      : types.includes(type)
        ? []
        : [notSupported(`${path}.pathType`, type, types)]),
    ...(types.includes(type)
      ? [
          ...(isRelative ? [invalid(`${path}.path`, given, 'must be an absolute path')] : []),
          ...(isExact && given !== ''
            ? [
                ...odd.map((part) => invalid(`${path}.path`, given, `must not contain '${part}'`)),
                ...ends.map((part) => invalid(`${path}.path`, given, `cannot end with '${part}'`)),
              ]
            : []),
        ]
      : []),
    ...backendErrors(at(item, 'backend'), `${path}.backend`),
  ]
}

function backendErrors(backend: unknown, path: string): Errors {
  const service = at(backend, 'service')
  if (!isObject(service)) return [invalid(path, '', 'resource or service backend is required')]
  const name = text(service, 'name')
  const portText = text(at(service, 'port'), 'name')
  const number = Number(at(service, 'port', 'number') ?? 0)
  return [
    ...(name === '' ? [required(`${path}.service.name`, '')] : faults(name, `${path}.service.name`, labelFaults(name))),
    ...(portText !== '' && number !== 0
      ? [invalid(path, '', 'cannot set both port name & port number')]
      : portText !== ''
        ? portName(portText, `${path}.service.port.name`)
        : number !== 0
          ? portNumber(number, `${path}.service.port.number`)
          : [required(path, 'port name or number is required')]),
  ]
}

export function networkPolicyErrors(policy: KubeObject): Errors {
  const spec = policy['spec']
  const kinds = listAt(spec, 'policyTypes')
  return [
    ...labelSelector(at(spec, 'podSelector'), 'spec.podSelector'),
    ...each(spec, 'ingress', 'spec', (rule, path) => directionErrors(rule, path, 'from')),
    ...each(spec, 'egress', 'spec', (rule, path) => directionErrors(rule, path, 'to')),
    ...(kinds.length > 2
      ? [invalid('spec.policyTypes', kinds, 'may not specify more than two policyTypes')]
      : kinds.flatMap((kind, index) =>
          kind === 'Ingress' || kind === 'Egress'
            ? []
            : [notSupported(`spec.policyTypes[${index}]`, kind, ['Ingress', 'Egress'])],
        )),
  ]
}

const directionErrors = (rule: unknown, path: string, peers: string): Errors => [
  ...each(rule, 'ports', path, portErrors),
  ...each(rule, peers, path, peerErrors),
]

function portErrors(item: unknown, path: string): Errors {
  const port = at(item, 'port')
  const end = at(item, 'endPort')
  const protocol = at(item, 'protocol')
  const protocols = ['TCP', 'UDP', 'SCTP']
  const wrong =
    protocol === undefined || protocols.includes(String(protocol))
      ? []
      : [notSupported(`${path}.protocol`, protocol, protocols)]
  const endErrors = (): Errors => {
    if (typeof end !== 'number') return []
    if (port === undefined)
      return [invalid(`${path}.endPort`, end, 'may not be specified when `port` is not specified')]
    if (typeof port === 'string')
      return [invalid(`${path}.endPort`, end, 'may not be specified when `port` is non-numeric')]
    return [
      ...(Number(port) > end ? [invalid(`${path}.endPort`, port, 'must be greater than or equal to `port`')] : []),
      ...portNumber(end, `${path}.endPort`),
    ]
  }
  return [...wrong, ...(port === undefined ? [] : portReference(port, `${path}.port`)), ...endErrors()]
}

function peerErrors(peer: unknown, path: string): Errors {
  const set = ['podSelector', 'namespaceSelector', 'ipBlock'].filter((key) => isObject(at(peer, key)))
  const found = set.flatMap((key) =>
    key === 'ipBlock' ? blockErrors(at(peer, key), `${path}.ipBlock`) : labelSelector(at(peer, key), `${path}.${key}`),
  )
  if (set.length === 0) return [required(path, 'must specify a peer')]
  return set.includes('ipBlock') && set.length > 1
    ? [...found, forbidden(path, 'may not specify both ipBlock and another peer')]
    : found
}

const cidrText = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'

function blockErrors(block: unknown, path: string): Errors {
  const cidr = text(block, 'cidr')
  if (cidr === '') return [required(`${path}.cidr`, '')]
  if (!isOfFormat('cidr', cidr)) return [invalid(`${path}.cidr`, cidr, cidrText)]
  return listAt(block, 'except').flatMap((item, index) => {
    const place = `${path}.except[${index}]`
    const except = String(item)
    if (!isOfFormat('cidr', except)) return [invalid(place, except, cidrText)]
    return isInside(except, cidr) ? [] : [invalid(place, except, 'must be a strict subset of `cidr`')]
  })
}

const isInside = (inner: string, outer: string): boolean => {
  const [address = '', bits = ''] = inner.split('/')
  const [base = '', size = ''] = outer.split('/')
  const family = isIP(base) === 6 ? 'ipv6' : 'ipv4'
  if (isIP(address) !== isIP(base)) return false
  const list = new BlockList()
  list.addSubnet(base, Number(size), family)
  return Number(bits) > Number(size) && list.check(address, family)
}
