import { isIP } from 'node:net'
import { forbidden, internalError, invalid, required } from '../../schema/field-error.ts'
import { at, equal, isObject, listAt, without } from '../json.ts'
import type { Json, KubeObject } from '../types.ts'
import { type Errors, each, inRange, ipAddress, qualifiedName, subdomain, text } from './checks.ts'
import { podSpecErrors } from './pod-spec.ts'

const mirror = 'kubernetes.io/config.mirror'

export function podErrors(pod: KubeObject, old?: KubeObject, subresource = ''): Errors {
  if (subresource === 'status' && old) return statusErrors(pod, old)
  const spec = pod['spec']
  const annotation = pod.metadata.annotations?.[mirror]
  return [
    ...(annotation !== undefined && text(spec, 'nodeName') === ''
      ? [
          invalid(
            `metadata.annotations[${mirror}]`,
            annotation,
            'must set spec.nodeName if mirror pod annotation is set',
          ),
        ]
      : []),
    ...(old && spec === old['spec'] ? [] : podSpecErrors(spec, 'spec')),
    ...(old === undefined && listAt(spec, 'ephemeralContainers').length > 0
      ? [forbidden('spec.ephemeralContainers', 'cannot be set on create')]
      : []),
    ...(old ? changeErrors(pod, old) : []),
  ]
}

const record = (value: unknown): Json => (isObject(value) ? value : {})
const allowed =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)\n'

function changeErrors(pod: KubeObject, old: KubeObject): Errors {
  if (pod['spec'] === old['spec']) return []
  const [next, before] = [record(pod['spec']), record(old['spec'])]
  const counts = ['containers', 'initContainers'].flatMap(
    (key): Errors =>
      listAt(next, key).length === listAt(before, key).length
        ? []
        : [forbidden(`spec.${key}`, 'pod updates may not add or remove containers')],
  )
  if (counts.length > 0) return counts
  const images = ['containers', 'initContainers'].flatMap((key) =>
    each(next, key, 'spec', (item, path) => (text(item, 'image') === '' ? [required(`${path}.image`, '')] : [])),
  )
  const deadline = next['activeDeadlineSeconds']
  const earlier = before['activeDeadlineSeconds']
  const oldGates = listAt(before, 'schedulingGates').map((item) => text(item, 'name'))
  const gates = each(next, 'schedulingGates', 'spec', (item, path) => {
    const name = text(item, 'name')
    return oldGates.includes(name)
      ? []
      : [forbidden(`${path}.name`, `only deletion is allowed, but found new scheduling gate '${name}'`)]
  })
  if (gates.length > 0) return gates
  const mayNotGrow = typeof earlier === 'number' && (typeof deadline !== 'number' || deadline > earlier)
  const deadlineErrors = [
    ...inRange(deadline, 'spec.activeDeadlineSeconds', 0, 2_147_483_647),
    ...(mayNotGrow && typeof deadline === 'number' && deadline >= 0
      ? [invalid('spec.activeDeadlineSeconds', deadline, 'must be less than or equal to previous value')]
      : mayNotGrow && deadline === undefined
        ? [invalid('spec.activeDeadlineSeconds', null, 'must not update from a positive integer to nil value')]
        : []),
  ]
  if (deadlineErrors.length > 0) return [...images, ...deadlineErrors]
  const bare = (each: unknown): Json => without(record(each), 'tolerationSeconds')
  const kept = listAt(before, 'tolerations').every((each) =>
    listAt(next, 'tolerations').some((other) => equal(bare(other), bare(each))),
  )
  const tolerations = kept
    ? []
    : [forbidden('spec.tolerations', 'existing toleration can not be modified except its tolerationSeconds')]
  return [
    ...images,
    ...tolerations,
    ...(equal(fixed(next, before), fixed(before, before)) ? [] : [forbidden('spec', allowed)]),
  ]
}

/** What may not change. (The real message goes on with a diff of its Go structs.) */
const fixed = (spec: Json, old: Json): Json => {
  const bare = (key: string) => listAt(spec, key).map((each) => without(record(each), 'image'))
  const wasNegative = Number(old['terminationGracePeriodSeconds'] ?? 0) < 0
  const isOne = wasNegative && spec['terminationGracePeriodSeconds'] === 1
  const gates = listAt(old, 'schedulingGates')
  const areFewer = listAt(spec, 'schedulingGates').every((gate) => gates.some((each) => equal(each, gate)))
  return {
    ...without(spec, 'activeDeadlineSeconds', 'tolerations', ...(isOne ? ['terminationGracePeriodSeconds'] : [])),
    ...(isOne && { terminationGracePeriodSeconds: old['terminationGracePeriodSeconds'] }),
    containers: bare('containers'),
    initContainers: bare('initContainers'),
    schedulingGates: areFewer ? gates : listAt(spec, 'schedulingGates'),
  }
}

function statusErrors(pod: KubeObject, old: KubeObject): Errors {
  const [status, before] = [pod['status'], old['status']]
  const nominated = text(status, 'nominatedNodeName')
  const qos = (value: unknown): string => text(value, 'qosClass')
  const policy = text(pod['spec'], 'restartPolicy')
  return [
    ...(nominated === '' ? [] : subdomain(nominated, 'status.nominatedNodeName')),
    ...(policy === 'Always' ? [] : terminatedErrors(pod, old, policy)),
    ...addressErrors(status, 'podIPs'),
    ...hostAddressErrors(status),
    ...each(status, 'conditions', 'status', (item, path) => qualifiedName(text(item, 'type'), `${path}.Type`)),
    ...(qos(before) !== '' && qos(status) !== qos(before)
      ? [invalid('status.qosClass', qos(status), 'field is immutable')]
      : []),
  ]
}

/** One address of each family at most. */
function addressErrors(status: unknown, list: 'podIPs' | 'hostIPs'): Errors {
  const field = `status.${list}`
  const addresses = listAt(status, list).map((item) => text(item, 'ip'))
  const families = addresses.map(isIP)
  const wrong = families.indexOf(0)
  const isDual = wrong < 0 && new Set(families).size === 2
  const badValue = addresses.map((IP) => ({ IP }))
  return [
    ...each(status, list, 'status', (item, path) => ipAddress(text(item, 'ip'), path, isIP(text(item, 'ip')) !== 0)),
    ...(addresses.length > 1 && wrong >= 0
      ? [internalError(field, `failed to check for dual stack with error:invalid IP[${wrong}]: ${addresses[wrong]}`)]
      : []),
    ...(addresses.length > 1 && (!isDual || addresses.length > 2)
      ? [invalid(field, badValue, 'may specify no more than one IP for each IP family')]
      : []),
  ]
}

function hostAddressErrors(status: unknown): Errors {
  const [first] = listAt(status, 'hostIPs')
  if (first === undefined) return []
  const address = text(first, 'ip')
  return [
    ...(address === text(status, 'hostIP')
      ? []
      : [invalid('status.hostIPs[0].ip', address, 'must be equal to `hostIP`')]),
    ...addressErrors(status, 'hostIPs'),
  ]
}

/** A container that has ended stays so, unless it may be started again. */
function terminatedErrors(pod: KubeObject, old: KubeObject, policy: string): Errors {
  return each(old['status'], 'containerStatuses', 'status', (item, path) => {
    const ended = at(item, 'state', 'terminated')
    if (!isObject(ended) || (Number(ended['exitCode'] ?? 0) !== 0 && policy === 'OnFailure')) return []
    const now = listAt(pod['status'], 'containerStatuses').find((each) => text(each, 'name') === text(item, 'name'))
    return now === undefined || isObject(at(now, 'state', 'terminated'))
      ? []
      : [forbidden(`${path}.state`, 'may not be transitioned to non-terminated state')]
  })
}
