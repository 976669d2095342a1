import { invalid, notSupported } from '../../schema/field-error.ts'
import type { World } from '../../world.ts'
import { at, equal, isObject, listAt, textAt, without } from '../json.ts'
import { notImplemented, invalid as refused } from '../status.ts'
import type { Store } from '../store.ts'
import type { Json, KubeObject } from '../types.ts'
import { eachIn } from './pod.ts'

const record = (value: unknown): Json => (isObject(value) ? value : {})

export const service = (object: KubeObject): KubeObject => {
  const spec = record(object['spec'])
  const type = textAt(spec, 'type') || 'ClusterIP'
  const affinity = textAt(spec, 'sessionAffinity') || 'None'
  const clientIP = { timeoutSeconds: 10_800, ...record(at(spec, 'sessionAffinityConfig', 'clientIP')) }
  return {
    ...object,
    spec: {
      ...without(spec, ...(affinity === 'None' ? ['sessionAffinityConfig'] : [])),
      ...eachIn(spec, 'ports', (port) => ({
        ...port,
        protocol: textAt(port, 'protocol') || 'TCP',
        targetPort: port['targetPort'] || port['port'] || 0,
      })),
      type,
      sessionAffinity: affinity,
      ...(affinity === 'ClientIP' && { sessionAffinityConfig: { clientIP } }),
      ...(['ClusterIP', 'NodePort', 'LoadBalancer'].includes(type) && {
        internalTrafficPolicy: spec['internalTrafficPolicy'] ?? 'Cluster',
      }),
    },
  }
}

const ofClusterIp = ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy', 'internalTrafficPolicy']

/** Refuses what only other clusters than this one could give. */
export function checkService(object: KubeObject): void {
  const spec = record(object['spec'])
  const type = textAt(spec, 'type')
  if (type === 'NodePort' || type === 'LoadBalancer') throw notImplemented(`Services of type ${type}`)
  const families = listAt(spec, 'ipFamilies').map(String)
  const policy = textAt(spec, 'ipFamilyPolicy')
  const isDual = textAt(spec, 'clusterIP') === 'None' && policy === 'RequireDualStack'
  if (['PreferDualStack', 'RequireDualStack'].includes(policy) && !isDual)
    throw notImplemented(`Services with the ipFamilyPolicy ${policy}`)
  const named = { group: '', kind: 'Service' }
  const odd = families.flatMap((family, index) => {
    const path = `spec.ipFamilies[${index}]`
    if (family === 'IPv4' || isDual) return []
    return [
      family === 'IPv6'
        ? invalid(path, family, 'not configured on this cluster')
        : notSupported(path, family, ['IPv4', 'IPv6']),
    ]
  })
  if (odd.length > 0) throw refused(named, object.metadata.name ?? '', odd)
}

/** With the addresses of its type; allocation comes after validation. */
export const prepared = (object: KubeObject, old?: KubeObject): KubeObject => {
  const spec = record(object['spec'])
  const before = record(old?.['spec'])
  if (spec['type'] === 'ExternalName') return { ...object, spec: without(spec, ...ofClusterIp) }
  const ips = listAt(spec, 'clusterIPs')
  const ip = textAt(spec, 'clusterIP')
  const isMoved = old !== undefined && ip !== textAt(before, 'clusterIP') && equal(ips, listAt(before, 'clusterIPs'))
  const wanted = ips.length === 0 || isMoved ? (ip === '' ? [] : [ip]) : ips
  const kept = wanted.length === 0 ? listAt(before, 'clusterIPs') : wanted
  const carried = old && wanted.length === 0 && before['type'] !== 'ExternalName' ? kept : wanted
  return {
    ...object,
    spec: {
      ...spec,
      ...(carried.length > 0 && { clusterIP: carried[0], clusterIPs: carried }),
      ...families(spec, carried[0] === 'None'),
    },
  }
}

const families = (spec: Json, isHeadless: boolean): Json => {
  const isFree = isHeadless && Object.keys(record(spec['selector'])).length === 0
  const made = isFree && spec['ipFamilyPolicy'] === undefined
  return {
    ipFamilies: spec['ipFamilies'] ?? (made ? ['IPv4', 'IPv6'] : ['IPv4']),
    ipFamilyPolicy: spec['ipFamilyPolicy'] ?? (made ? 'RequireDualStack' : 'SingleStack'),
  }
}

/** Gives the Service an address of 10.96.0.0/16 that no other has. Throws the server's 422. */
export function allocated(object: KubeObject, store: Store, world: World): KubeObject {
  const spec = record(object['spec'])
  if (spec['type'] === 'ExternalName' || textAt(spec, 'clusterIP') === 'None') return object
  const { name, namespace } = object.metadata
  const others = (store.list('services', '') ?? []).filter(
    ({ metadata }) => metadata.name !== name || metadata.namespace !== namespace,
  )
  const taken = new Set(others.map((each) => textAt(each, 'spec', 'clusterIP')))
  const asked = textAt(spec, 'clusterIP')
  if (asked !== '') {
    const fail = (why: string): never => {
      throw refused({ group: '', kind: 'Service' }, name ?? '', [
        invalid('spec.clusterIPs', spec['clusterIPs'], `failed to allocate IP ${asked}: ${why}`),
      ])
    }
    if (!/^10\.96\.\d+\.\d+$/.test(asked))
      fail(`the provided IP (${asked}) is not in the valid range. The range of valid IPs is 10.96.0.0/16`)
    if (taken.has(asked)) fail('provided IP is already allocated')
    return object
  }
  const start = Math.floor(world.random() * 65_000)
  const ip = Array.from({ length: 65_000 }, (_, step) => (start + step) % 65_000)
    .map((place) => `10.96.${Math.floor(place / 254) % 256}.${1 + (place % 254)}`)
    .find((each) => !taken.has(each) && each !== '10.96.0.1')
  return { ...object, spec: { ...spec, clusterIP: ip, clusterIPs: [ip] } }
}
