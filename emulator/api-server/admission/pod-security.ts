import type { Core } from '../context.ts'
import { at, isObject, listAt, textAt } from '../json.ts'
import { forbidden, notImplemented } from '../status.ts'
import type { KubeObject } from '../types.ts'
import { baseline, restricted } from './pod-security-checks.ts'

const key = 'pod-security.kubernetes.io/'

/** 403 for a Pod that its namespace's `enforce` level forbids; what `warn` says comes back. */
export function podSecurity(core: Core, object: KubeObject, old: KubeObject | undefined): readonly string[] {
  const spec = specOf(object)
  const { namespace = '', name = '' } = object.metadata
  const labels = core.store.get('namespaces', namespace)?.metadata.labels ?? {}
  if (!isObject(spec)) return []
  const isPod = object.kind === 'Pod'
  if (old !== undefined && isPod && sameSpec(old, object)) return []
  const found = (mode: string): string => {
    const level = labels[`${key}${mode}`] ?? 'privileged'
    const version = labels[`${key}${mode}-version`] ?? 'latest'
    if (level !== 'baseline' && level !== 'restricted') return ''
    if (version !== 'latest') throw notImplemented(`the PodSecurity version ${version}`)
    if (hasHosts(spec)) throw notImplemented(`PodSecurity of probes with a host`)
    const faults = level === 'baseline' ? baseline(spec) : restricted(spec)
    return faults.length === 0 ? '' : `violate PodSecurity "${level}:${version}": ${faults.join(', ')}`
  }
  const enforced = isPod ? found('enforce') : ''
  if (enforced !== '') throw forbidden({ group: '', plural: 'pods' }, name, enforced.replace(/^violate/, 'violates'))
  const warned = found('warn')
  return warned === '' ? [] : [`would ${warned}`]
}

const specOf = (object: KubeObject): unknown =>
  object.kind === 'Pod'
    ? object['spec']
    : object.kind === 'Job' || object.kind === 'Deployment'
      ? at(object, 'spec', 'template', 'spec')
      : undefined

const sameSpec = ({ spec }: KubeObject, { spec: other }: KubeObject): boolean =>
  spec === other || JSON.stringify(spec) === JSON.stringify(other)

const hasHosts = (spec: unknown): boolean =>
  [...listAt(spec, 'containers'), ...listAt(spec, 'initContainers')].some((container) =>
    [
      ...['livenessProbe', 'readinessProbe', 'startupProbe'].map((probe) => at(container, probe)),
      at(container, 'lifecycle', 'postStart'),
      at(container, 'lifecycle', 'preStop'),
    ].some((each) => textAt(each, 'httpGet', 'host') !== '' || textAt(each, 'tcpSocket', 'host') !== ''),
  )
