import { at, isObject, listAt, textAt, timestamp } from '../json.ts'
import type { Json, KubeObject, ResourceType } from '../types.ts'
import { admissionBinding, admissionPolicy } from './admission-policy.ts'
import { pod } from './pod.ts'
import { qosOf } from './qos.ts'
import { checkService, prepared, service } from './service.ts'
import { binding, claim, deployment, job, jobLabels, limitRange, networkPolicy, protectedClaim } from './workloads.ts'

type Hooks = Pick<ResourceType, 'setDefaults' | 'prepareForCreate' | 'prepareForUpdate'>

const record = (value: unknown): Json => (isObject(value) ? value : {})
const withStatus =
  (status: unknown) =>
  (object: KubeObject): KubeObject => ({ ...object, status })

const secret = (object: KubeObject): KubeObject => {
  const { stringData, ...rest } = object
  const encoded = Object.entries(record(stringData)).map(([key, text]) => [
    key,
    Buffer.from(String(text)).toString('base64'),
  ])
  const added = encoded.length === 0 ? {} : { data: { ...record(rest['data']), ...Object.fromEntries(encoded) } }
  return { ...rest, ...added, type: textAt(rest, 'type') || 'Opaque' } as KubeObject
}

/** podIP goes before podIPs where they differ; of older kubelets there is but one of them. */
const withAddress = (object: KubeObject): KubeObject => {
  const status = record(object['status'])
  const podIP = textAt(status, 'podIP')
  const first = textAt(listAt(status, 'podIPs')[0], 'ip')
  if (podIP === first) return object
  const podIPs = podIP === '' ? status['podIPs'] : [{ ip: podIP }]
  return { ...object, status: { ...status, podIP: podIP || first, podIPs } }
}

const namespaceLabel = (object: KubeObject): KubeObject =>
  object.metadata.name === undefined
    ? object
    : {
        ...object,
        metadata: {
          ...object.metadata,
          labels: { ...object.metadata.labels, 'kubernetes.io/metadata.name': object.metadata.name },
        },
      }

const namespace = (object: KubeObject): KubeObject => {
  const finalizers = at(object, 'spec', 'finalizers')
  const given = Array.isArray(finalizers) ? finalizers.map(String) : []
  const all = given.includes('kubernetes') ? given : [...given, 'kubernetes']
  return { ...namespaceLabel(object), spec: { finalizers: all }, status: { phase: 'Active' } }
}

const keepsKept = (object: KubeObject, old: KubeObject): KubeObject => ({
  ...object,
  spec: old['spec'],
  status: old['status'],
})

const event = (object: KubeObject): KubeObject => ({
  source: {},
  firstTimestamp: null,
  lastTimestamp: null,
  eventTime: null,
  reportingComponent: '',
  reportingInstance: '',
  ...object,
})

const hooks: Readonly<Record<string, Hooks>> = {
  Pod: {
    setDefaults: (object) => withAddress(pod(object)),
    prepareForCreate: (object, world) => {
      const spec = record(object['spec'])
      const isNegative = Number(spec['terminationGracePeriodSeconds'] ?? 0) < 0
      const made = isNegative ? { ...object, spec: { ...spec, terminationGracePeriodSeconds: 1 } } : object
      return withStatus(initialPodStatus(made, timestamp(world.now())))(made)
    },
  },
  Job: { setDefaults: job, prepareForCreate: (object) => withStatus({})(jobLabels(object)) },
  Deployment: { setDefaults: deployment, prepareForCreate: withStatus({}) },
  Secret: {
    setDefaults: secret,
    prepareForUpdate: (object, old) =>
      object['type'] === 'Opaque' && old['type'] !== undefined && textAt(object, 'type') === ''
        ? { ...object, type: old['type'] }
        : object,
  },
  PersistentVolumeClaim: { setDefaults: claim, prepareForCreate: protectedClaim },
  Service: {
    setDefaults: (object) => {
      const made = service(object)
      checkService(made)
      return made
    },
    prepareForCreate: (object) => withStatus({ loadBalancer: {} })(prepared(object)),
    prepareForUpdate: (object, old) => prepared(object, old),
  },
  Namespace: { prepareForCreate: namespace, setDefaults: namespaceLabel, prepareForUpdate: keepsKept },
  NetworkPolicy: { setDefaults: networkPolicy },
  Ingress: {
    setDefaults: (object) => ({ ...object, spec: object['spec'] ?? {} }),
    prepareForCreate: withStatus({ loadBalancer: {} }),
  },
  ResourceQuota: {
    setDefaults: (object) => ({ ...object, spec: object['spec'] ?? {} }),
    prepareForCreate: withStatus({}),
  },
  LimitRange: { setDefaults: limitRange },
  Lease: { setDefaults: (object) => ({ ...object, spec: object['spec'] ?? {} }) },
  Event: { setDefaults: event },
  Role: { setDefaults: (object) => ({ ...object, rules: object['rules'] ?? null }) },
  ClusterRole: { setDefaults: (object) => ({ ...object, rules: object['rules'] ?? null }) },
  RoleBinding: { setDefaults: binding },
  ClusterRoleBinding: { setDefaults: binding },
  ValidatingAdmissionPolicy: { setDefaults: admissionPolicy, prepareForCreate: withStatus({}) },
  ValidatingAdmissionPolicyBinding: { setDefaults: admissionBinding },
}

const initialPodStatus = (object: KubeObject, now: string): Json => {
  const gated = {
    type: 'PodScheduled',
    status: 'False',
    lastProbeTime: null,
    lastTransitionTime: now,
    reason: 'SchedulingGated',
    message: 'Scheduling is blocked due to non-empty scheduling gates',
  }
  const gates = at(object, 'spec', 'schedulingGates')
  const isGated = Array.isArray(gates) && gates.length > 0
  return { phase: 'Pending', ...(isGated && { conditions: [gated] }), qosClass: qosOf(object) }
}

/** Of a built-in kind: what decoding fills in, and what a create or an update does before validation. */
export const defaultsFor = (kind: string): Hooks => hooks[kind] ?? {}
