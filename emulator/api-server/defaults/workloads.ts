import { at, isObject, listAt, textAt } from '../json.ts'
import type { Json, KubeObject } from '../types.ts'
import { eachIn, podTemplate } from './pod.ts'

const record = (value: unknown): Json => (isObject(value) ? value : {})

/** A Job without labels takes its template's. */
export const withTemplateLabels = (object: KubeObject): KubeObject => {
  const labels = record(at(object, 'spec', 'template', 'metadata', 'labels'))
  const isLabelled = Object.keys(object.metadata.labels ?? {}).length > 0
  if (isLabelled || Object.keys(labels).length === 0) return object
  return { ...object, metadata: { ...object.metadata, labels: labels as Record<string, string> } } // validated with it
}

export const job = (object: KubeObject, old?: KubeObject): KubeObject => {
  const spec = record(object['spec'])
  if (spec === old?.['spec']) return withTemplateLabels(object)
  const isSingle = spec['completions'] === undefined && spec['parallelism'] === undefined
  const policy = spec['podFailurePolicy']
  const most = spec['backoffLimitPerIndex'] === undefined ? 6 : 2_147_483_647
  return withTemplateLabels({
    ...object,
    spec: {
      ...spec,
      parallelism: spec['parallelism'] ?? 1,
      ...(isSingle && { completions: 1 }),
      backoffLimit: spec['backoffLimit'] ?? most,
      manualSelector: spec['manualSelector'] ?? false,
      completionMode: spec['completionMode'] ?? 'NonIndexed',
      suspend: spec['suspend'] ?? false,
      podReplacementPolicy: spec['podReplacementPolicy'] ?? (isObject(policy) ? 'Failed' : 'TerminatingOrFailed'),
      ...(isObject(policy) && {
        podFailurePolicy: {
          rules: null,
          ...policy,
          ...eachIn(policy, 'rules', (rule) => ({
            action: '',
            ...rule,
            ...eachIn(rule, 'onPodConditions', (item) => ({ ...item, status: textAt(item, 'status') || 'True' })),
          })),
        },
      }),
      template: podTemplate(spec['template']),
    },
  })
}

/** The Job's uid becomes its selector and the labels of its Pods. */
export const jobLabels = (object: KubeObject): KubeObject => {
  const spec = record(object['spec'])
  if (spec['manualSelector'] === true) return object
  const { uid = '', name = '' } = object.metadata
  const made = record(spec['template'])
  const meta = record(made['metadata'])
  const own = {
    'batch.kubernetes.io/controller-uid': uid,
    'batch.kubernetes.io/job-name': name,
    'controller-uid': uid,
    'job-name': name,
  }
  const selector = record(spec['selector'])
  return {
    ...object,
    spec: {
      ...spec,
      selector: {
        ...selector,
        matchLabels: { ...record(selector['matchLabels']), 'batch.kubernetes.io/controller-uid': uid },
      },
      template: { ...made, metadata: { ...meta, labels: { ...own, ...record(meta['labels']) } } },
    },
  }
}

export const deployment = (object: KubeObject): KubeObject => {
  const spec = record(object['spec'])
  const strategy = record(spec['strategy'])
  const type = textAt(strategy, 'type') || 'RollingUpdate'
  const rollingUpdate = { maxUnavailable: '25%', maxSurge: '25%', ...record(strategy['rollingUpdate']) }
  return {
    ...object,
    spec: {
      ...spec,
      replicas: spec['replicas'] ?? 1,
      template: podTemplate(spec['template']),
      strategy: { ...strategy, type, ...(type === 'RollingUpdate' && { rollingUpdate }) },
      revisionHistoryLimit: spec['revisionHistoryLimit'] ?? 10,
      progressDeadlineSeconds: spec['progressDeadlineSeconds'] ?? 600,
    },
  }
}

export const claim = (object: KubeObject): KubeObject => ({
  ...object,
  spec: { resources: {}, ...record(object['spec']), volumeMode: at(object, 'spec', 'volumeMode') ?? 'Filesystem' },
})

/** As the admission that protects claims in use adds it. */
export const protectedClaim = (object: KubeObject): KubeObject => {
  const { finalizers = [] } = object.metadata
  const protection = 'kubernetes.io/pvc-protection'
  return {
    ...object,
    metadata: {
      ...object.metadata,
      finalizers: finalizers.includes(protection) ? finalizers : [...finalizers, protection],
    },
    status: { phase: 'Pending' },
  }
}

const bounds = (item: Json): Json => {
  if (item['type'] !== 'Container') return item
  const limit = { ...record(item['max']), ...record(item['default']) }
  const request = { ...limit, ...record(item['min']), ...record(item['default']), ...record(item['defaultRequest']) }
  const minOnly = record(item['min'])
  const asked = Object.fromEntries(
    Object.keys(request).map((key) => [key, at(item, 'defaultRequest', key) ?? limit[key] ?? minOnly[key]]),
  )
  return {
    ...item,
    ...(Object.keys(limit).length > 0 && { default: limit }),
    ...(Object.keys(asked).length > 0 && { defaultRequest: asked }),
  }
}

export const limitRange = (object: KubeObject): KubeObject => {
  const spec = record(object['spec'])
  return { ...object, spec: { limits: null, ...spec, ...eachIn(spec, 'limits', bounds) } }
}

export const networkPolicy = (object: KubeObject): KubeObject => {
  const spec = record(object['spec'])
  const rules = (rule: Json): Json => ({
    ...rule,
    ...eachIn(rule, 'ports', (port) => ({ ...port, protocol: port['protocol'] ?? 'TCP' })),
  })
  const types = ['Ingress', ...(listAt(spec, 'egress').length > 0 ? ['Egress'] : [])]
  return {
    ...object,
    spec: {
      podSelector: {},
      ...spec,
      ...eachIn(spec, 'ingress', rules),
      ...eachIn(spec, 'egress', rules),
      policyTypes: listAt(spec, 'policyTypes').length > 0 ? spec['policyTypes'] : types,
    },
  }
}

const rbacGroup = 'rbac.authorization.k8s.io'

export const binding = (object: KubeObject): KubeObject => {
  const ref = record(object['roleRef'])
  return {
    ...object,
    roleRef: { kind: '', name: '', ...ref, apiGroup: textAt(ref, 'apiGroup') || rbacGroup },
    ...eachIn(object, 'subjects', (subject) =>
      subject['kind'] === 'User' || subject['kind'] === 'Group'
        ? { ...subject, apiGroup: textAt(subject, 'apiGroup') || rbacGroup }
        : subject,
    ),
  }
}
