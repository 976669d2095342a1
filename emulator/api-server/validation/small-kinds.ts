import { invalid, required } from '../../schema/field-error.ts'
import { qualifiedNameFaults } from '../../schema/names.ts'
import { at, listAt } from '../json.ts'
import type { KubeObject } from '../types.ts'
import { type Errors, faults, has, notNegative, text } from './checks.ts'

export function leaseErrors({ spec }: KubeObject): Errors {
  const seconds = at(spec, 'leaseDurationSeconds')
  return [
    ...(typeof seconds === 'number' && seconds <= 0
      ? [invalid('spec.leaseDurationSeconds', seconds, 'must be greater than 0')]
      : []),
    ...notNegative(at(spec, 'leaseTransitions'), 'spec.leaseTransitions'),
  ]
}

/** core/v1: an Event is of the newer kind when it has an eventTime. */
export function eventErrors(event: KubeObject, old?: KubeObject): Errors {
  const { namespace = '' } = event.metadata
  const about = text(event['involvedObject'], 'namespace')
  const isOfNamespace = about === '' ? namespace === 'default' : about === namespace
  const isNew = old === undefined && has(event, 'eventTime')
  const component = text(event, 'reportingComponent')
  const words = (key: string): Errors => (text(event, key) === '' ? [required(key, '')] : [])
  return [
    ...(isOfNamespace ? [] : [invalid('involvedObject.namespace', about, 'does not match event.namespace')]),
    ...(isNew
      ? [
          ...words('reportingComponent'),
          ...faults(component, 'reportingComponent', qualifiedNameFaults(component)),
          ...words('reportingInstance'),
          ...words('action'),
          ...words('reason'),
        ]
      : []),
  ]
}

const levels = ['privileged', 'baseline', 'restricted']
const standard = ['kubernetes', 'foregroundDeletion', 'orphan']

export const finalizerFaults = (name: string): readonly string[] => {
  const found = qualifiedNameFaults(name)
  if (found.length > 0 || name.includes('/') || standard.includes(name)) return found
  return ['name is neither a standard finalizer name nor is it fully qualified']
}

export function namespaceErrors(namespace: KubeObject, _old?: KubeObject, subresource = ''): Errors {
  const finalizers = listAt(namespace['spec'], 'finalizers').map(String)
  const place = (index: number): string =>
    subresource === 'finalize' ? `spec.finalizers[${index}]` : 'spec.finalizers'
  return [
    ...finalizers.flatMap((name, index) => faults(name, place(index), finalizerFaults(name))),
    ...(subresource === 'status' ? phaseErrors(namespace) : []),
  ]
}

function phaseErrors({ metadata, status }: KubeObject): Errors {
  const phase = text(status, 'phase')
  const isGoing = metadata.deletionTimestamp !== undefined
  if (phase === '' || phase === (isGoing ? 'Terminating' : 'Active')) return []
  return [
    invalid(
      'status.Phase',
      phase,
      `may only be '${isGoing ? 'Terminating' : 'Active'}' if \`deletionTimestamp\` is ${isGoing ? 'not ' : ''}empty`,
    ),
  ]
}

/** What the PodSecurity admission says of a namespace's labels: a 422 of its own. */
export function podSecurityLabelErrors({ metadata: { labels = {} } }: KubeObject): Errors {
  return ['enforce', 'audit', 'warn'].flatMap((mode) => {
    const key = `pod-security.kubernetes.io/${mode}`
    const level = labels[key]
    const version = labels[`${key}-version`]
    return [
      ...(level === undefined || levels.includes(level)
        ? []
        : [invalid(`metadata.labels[${key}]`, level, `must be one of ${levels.join(', ')}`)]),
      ...(version === undefined || version === 'latest' || /^v1\.\d+$/.test(version)
        ? []
        : [invalid(`metadata.labels[${key}-version]`, version, 'must be "latest" or "v1.x"')]),
    ]
  })
}
