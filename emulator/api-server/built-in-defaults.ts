import type { World } from '../world.ts'
import { at, equal, isObject, listAt, textAt, without } from './json.ts'
import type { FieldError, Json, KubeObject, ResourceType } from './types.ts'

type Hooks = Pick<ResourceType, 'whenDecoded' | 'prepareForCreate' | 'prepareForUpdate' | 'validate'>

const record = (value: unknown): Json => (isObject(value) ? value : {})

const container = (value: unknown): Json => {
  const given = record(value)
  const image = textAt(given, 'image')
  const isLatest = !/[:@]/.test(image.split('/').at(-1) ?? '') || image.endsWith(':latest')
  return {
    ...given,
    ...(given['ports'] !== undefined && {
      ports: listAt(given, 'ports').map((port) => ({ ...record(port), protocol: at(port, 'protocol') ?? 'TCP' })),
    }),
    resources: given['resources'] ?? {},
    terminationMessagePath: given['terminationMessagePath'] ?? '/dev/termination-log',
    terminationMessagePolicy: given['terminationMessagePolicy'] ?? 'File',
    imagePullPolicy: given['imagePullPolicy'] ?? (isLatest ? 'Always' : 'IfNotPresent'),
  }
}

const podSpec = (value: unknown): Json => {
  const spec = record(value)
  const account = spec['serviceAccountName'] ?? spec['serviceAccount']
  return {
    ...spec,
    ...(spec['initContainers'] !== undefined && { initContainers: listAt(spec, 'initContainers').map(container) }),
    ...(spec['containers'] !== undefined && { containers: listAt(spec, 'containers').map(container) }),
    restartPolicy: spec['restartPolicy'] ?? 'Always',
    terminationGracePeriodSeconds: spec['terminationGracePeriodSeconds'] ?? 30,
    dnsPolicy: spec['dnsPolicy'] ?? 'ClusterFirst',
    ...(account !== undefined && { serviceAccountName: account, serviceAccount: account }),
    securityContext: spec['securityContext'] ?? {},
    schedulerName: spec['schedulerName'] ?? 'default-scheduler',
  }
}

const template = (value: unknown): Json => ({
  ...record(value),
  metadata: at(value, 'metadata') ?? {},
  spec: podSpec(at(value, 'spec')),
})

const pod = (object: KubeObject): KubeObject => {
  const spec = podSpec(object['spec'])
  const account = spec['serviceAccountName'] ?? 'default'
  return {
    ...object,
    spec: {
      ...spec,
      serviceAccountName: account,
      serviceAccount: account,
      priority: spec['priority'] ?? 0,
      enableServiceLinks: spec['enableServiceLinks'] ?? true,
      preemptionPolicy: spec['preemptionPolicy'] ?? 'PreemptLowerPriority',
    },
  }
}

const jobSpec = (object: KubeObject): KubeObject => {
  const spec = record(object['spec'])
  const single = spec['completions'] === undefined && spec['parallelism'] === undefined
  return {
    ...object,
    spec: {
      ...spec,
      parallelism: spec['parallelism'] ?? 1,
      ...(single && { completions: 1 }),
      backoffLimit: spec['backoffLimit'] ?? 6,
      manualSelector: spec['manualSelector'] ?? false,
      completionMode: spec['completionMode'] ?? 'NonIndexed',
      suspend: spec['suspend'] ?? false,
      podReplacementPolicy:
        spec['podReplacementPolicy'] ?? (spec['podFailurePolicy'] ? 'Failed' : 'TerminatingOrFailed'),
      template: template(spec['template']),
    },
  }
}

/** A Job without labels gets those of its template. */
const withTemplateLabels = (object: KubeObject): KubeObject => {
  const labels = record(at(object, 'spec', 'template', 'metadata', 'labels'))
  if (Object.keys(object.metadata.labels ?? {}).length > 0 || Object.keys(labels).length === 0) return object
  // validated as they were written
  return { ...object, metadata: { ...object.metadata, labels: { ...labels } as Readonly<Record<string, string>> } }
}

/** The Job's uid becomes its selector and the labels of its Pods. */
const jobLabels = (object: KubeObject): KubeObject => {
  if (at(object, 'spec', 'manualSelector') === true) return object
  const { uid = '', name = '' } = object.metadata
  const own = {
    'batch.kubernetes.io/controller-uid': uid,
    'batch.kubernetes.io/job-name': name,
    'controller-uid': uid,
    'job-name': name,
  }
  const spec = record(object['spec'])
  const made = record(spec['template'])
  const meta = record(made['metadata'])
  const labels = { ...record(meta['labels']), ...own }
  // Go's map of the template becomes that of a Job without labels, and so gets what is added to it.
  const isBare = Object.keys(object.metadata.labels ?? {}).length === 0
  return {
    ...object,
    metadata: { ...object.metadata, ...(isBare && { labels: { ...labels } }) },
    spec: {
      ...spec,
      selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': uid } },
      template: { ...made, metadata: { ...meta, labels } },
    },
  }
}

const deployment = (object: KubeObject): KubeObject => {
  const spec = record(object['spec'])
  return {
    ...object,
    spec: {
      ...spec,
      replicas: spec['replicas'] ?? 1,
      template: template(spec['template']),
      strategy: spec['strategy'] ?? {
        type: 'RollingUpdate',
        rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%' },
      },
      revisionHistoryLimit: spec['revisionHistoryLimit'] ?? 10,
      progressDeadlineSeconds: spec['progressDeadlineSeconds'] ?? 600,
    },
  }
}

const status =
  (value: unknown) =>
  (object: KubeObject): KubeObject => ({ ...object, status: value })

const secret = (object: KubeObject): KubeObject => {
  const { stringData, ...rest } = object
  const encoded = Object.entries(record(stringData)).map(([key, text]) => [
    key,
    Buffer.from(String(text)).toString('base64'),
  ])
  const added = stringData === undefined ? {} : { data: { ...record(rest['data']), ...Object.fromEntries(encoded) } }
  return { ...rest, ...added, type: rest['type'] ?? 'Opaque' } as KubeObject
}

const claim = (object: KubeObject): KubeObject => {
  const { finalizers = [] } = object.metadata
  const protection = 'kubernetes.io/pvc-protection'
  return {
    ...object,
    metadata: {
      ...object.metadata,
      finalizers: finalizers.includes(protection) ? finalizers : [...finalizers, protection],
    },
    spec: { ...record(object['spec']), volumeMode: at(object, 'spec', 'volumeMode') ?? 'Filesystem' },
    status: { phase: 'Pending' },
  }
}

const service = (object: KubeObject, world: World): KubeObject => {
  const spec = record(object['spec'])
  const byte = (): number => 1 + Math.floor(world.random() * 253)
  const ip = textAt(spec, 'clusterIP') || `10.96.${byte()}.${byte()}`
  const ports = listAt(spec, 'ports').map((port) => ({
    ...record(port),
    protocol: at(port, 'protocol') ?? 'TCP',
    targetPort: at(port, 'targetPort') ?? at(port, 'port'),
  }))
  const fixed = {
    sessionAffinity: 'None',
    ipFamilies: ['IPv4'],
    ipFamilyPolicy: 'SingleStack',
    internalTrafficPolicy: 'Cluster',
  }
  const spread = { type: 'ClusterIP', ...fixed, clusterIP: ip, clusterIPs: [ip], ...spec }
  return { ...object, spec: { ...spread, ...(ports.length > 0 && { ports }) }, status: { loadBalancer: {} } }
}

const namespace = (object: KubeObject): KubeObject => ({
  ...object,
  metadata: {
    ...object.metadata,
    labels: { ...object.metadata.labels, 'kubernetes.io/metadata.name': object.metadata.name ?? '' },
  },
  spec: { ...record(object['spec']), finalizers: ['kubernetes'] },
  status: { phase: 'Active' },
})

const policy = (object: KubeObject): KubeObject => {
  const types = ['Ingress', ...(at(object, 'spec', 'egress') === undefined ? [] : ['Egress'])]
  return { ...object, spec: { policyTypes: types, ...record(object['spec']) } }
}

const required = (field: string, detail = ''): FieldError => ({ type: 'FieldValueRequired', field, detail })

const containersRequired = (object: unknown, path: string): readonly FieldError[] => {
  const all = listAt(object, 'containers')
  if (all.length === 0) return [required(`${path}.containers`)]
  return all.flatMap((each, index) =>
    (['name', 'image'] as const)
      .filter((key) => textAt(each, key) === '')
      .map((key) => required(`${path}.containers[${index}].${key}`)),
  )
}

const immutable = (object: KubeObject, old: KubeObject | undefined, ...path: string[]): readonly FieldError[] =>
  old === undefined || equal(at(object, ...path), at(old, ...path))
    ? []
    : [
        {
          type: 'FieldValueInvalid',
          field: path.join('.'),
          badValue: at(object, ...path),
          detail: 'field is immutable',
        },
      ]

const mutableInPod = ['activeDeadlineSeconds', 'tolerations', 'terminationGracePeriodSeconds', 'schedulingGates']

/** The real server's message goes on with a diff of its Go structs. */
const podChanges = (object: KubeObject, old: KubeObject | undefined): readonly FieldError[] => {
  if (!old) return []
  const fixed = (pod: KubeObject): unknown => {
    const spec = without(record(pod['spec']), ...mutableInPod)
    const bare = (key: string) => listAt(spec, key).map((each) => without(record(each), 'image', 'imagePullPolicy'))
    return { ...spec, containers: bare('containers'), initContainers: bare('initContainers') }
  }
  if (equal(fixed(object), fixed(old))) return []
  const detail =
    'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)\n'
  return [{ type: 'FieldValueForbidden', field: 'spec', detail }]
}

const validateJob = (object: KubeObject, old?: KubeObject): readonly FieldError[] => {
  const inPod = at(object, 'spec', 'template', 'spec')
  const policy = textAt(inPod, 'restartPolicy')
  const detail = 'valid values: "OnFailure", "Never"'
  const badPolicy: FieldError = { ...required('spec.template.spec.restartPolicy', detail) }
  return [
    ...containersRequired(inPod, 'spec.template.spec'),
    ...(policy === 'Always' ? [badPolicy] : []),
    ...(at(object, 'spec', 'completionMode') === 'Indexed' ? [] : immutable(object, old, 'spec', 'completions')),
    ...(at(old, 'spec', 'suspend') === true ? [] : immutable(object, old, 'spec', 'template')),
    ...immutable(object, old, 'spec', 'selector'),
  ]
}

const hooks: Readonly<Record<string, Hooks>> = {
  Pod: {
    prepareForCreate: (object) => status({ phase: 'Pending', qosClass: 'BestEffort' })(pod(object)),
    prepareForUpdate: pod,
    validate: (object, old) => [...containersRequired(object['spec'], 'spec'), ...podChanges(object, old)],
  },
  Job: {
    whenDecoded: withTemplateLabels,
    prepareForCreate: (object) => status({})(jobLabels(jobSpec(object))),
    prepareForUpdate: jobSpec,
    validate: validateJob,
  },
  Deployment: {
    prepareForCreate: (object) => status({})(deployment(object)),
    prepareForUpdate: deployment,
    validate: (object, old) => [
      ...containersRequired(at(object, 'spec', 'template', 'spec'), 'spec.template.spec'),
      ...immutable(object, old, 'spec', 'selector'),
    ],
  },
  Secret: {
    prepareForCreate: secret,
    prepareForUpdate: secret,
    validate: (object, old) => immutable(object, old, 'type'),
  },
  PersistentVolumeClaim: { prepareForCreate: claim },
  Service: { prepareForCreate: service },
  Namespace: { prepareForCreate: namespace },
  NetworkPolicy: { prepareForCreate: policy, prepareForUpdate: policy },
  Ingress: { prepareForCreate: status({ loadBalancer: {} }) },
  ResourceQuota: { prepareForCreate: (object) => ({ ...object, spec: object['spec'] ?? {}, status: {} }) },
  LimitRange: { prepareForCreate: (object) => ({ ...object, spec: object['spec'] ?? { limits: null } }) },
  Lease: { prepareForCreate: (object) => ({ ...object, spec: object['spec'] ?? {} }) },
  Event: {
    prepareForCreate: (object) => ({
      source: {},
      firstTimestamp: null,
      lastTimestamp: null,
      eventTime: null,
      reportingComponent: '',
      reportingInstance: '',
      ...object,
    }),
  },
}

/** Of a built-in kind: what the server fills in, and the part of its validation that is done here. */
export const defaultsFor = (kind: string): Hooks => hooks[kind] ?? {}
