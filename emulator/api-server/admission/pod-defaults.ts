import { at, isObject, listAt, textAt } from '../json.ts'
import { forbidden } from '../status.ts'
import type { Json, KubeObject } from '../types.ts'

const record = (value: unknown): Json => (isObject(value) ? value : {})
const classes: Readonly<Record<string, number>> = {
  '': 0,
  'system-cluster-critical': 2_000_000_000,
  'system-node-critical': 2_000_001_000,
}
const seconds = 300
const taints = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']

/** The priority of a new Pod's class; only the system's two classes are served. */
export function withPriority(pod: KubeObject): KubeObject {
  const spec = record(pod['spec'])
  const refuse = (why: string) => forbidden({ group: '', plural: 'pods' }, pod.metadata.name ?? '', why)
  const name = textAt(spec, 'priorityClassName')
  const priority = Object.hasOwn(classes, name) ? classes[name] : undefined
  if (priority === undefined) throw refuse(`no PriorityClass with name ${name} was found`)
  const given = spec['priority']
  const by = 'priority admission controller computed'
  if (given !== undefined && given !== priority)
    throw refuse(
      `the integer value of priority (${String(given)}) must not be provided in pod spec; ${by} ${priority} from the given PriorityClass name`,
    )
  const policy = spec['preemptionPolicy'] ?? 'PreemptLowerPriority'
  if (policy !== 'PreemptLowerPriority')
    throw refuse(
      `the string value of PreemptionPolicy (${String(policy)}) must not be provided in pod spec; ${by} PreemptLowerPriority from the given PriorityClass name`,
    )
  return { ...pod, spec: { ...spec, priority, preemptionPolicy: policy } }
}

/** Five minutes on a node that is lost, unless the Pod says otherwise. */
export function withTolerations(pod: KubeObject): KubeObject {
  const tolerations = listAt(pod, 'spec', 'tolerations')
  const isTolerated = (key: string): boolean =>
    tolerations.some(
      (each) => ['', key].includes(textAt(each, 'key')) && ['', 'NoExecute'].includes(textAt(each, 'effect')),
    )
  const added = taints
    .filter((key) => !isTolerated(key))
    .map((key) => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: seconds }))
  if (added.length === 0) return pod
  return { ...pod, spec: { ...record(at(pod, 'spec')), tolerations: [...tolerations, ...added] } }
}
