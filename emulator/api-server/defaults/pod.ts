import { at, isObject, listAt, textAt } from '../json.ts'
import type { Json, KubeObject } from '../types.ts'

const record = (value: unknown): Json => (isObject(value) ? value : {})

/** The list under `key` with each item changed; without the key where there is no list. */
export const eachIn = (object: Json, key: string, change: (item: Json) => Json): Json =>
  Array.isArray(object[key]) ? { [key]: listAt(object, key).map((item) => change(record(item))) } : {}
const inside = (object: Json, key: string, change: (item: Json) => Json): Json =>
  isObject(object[key]) ? { [key]: change(object[key]) } : {}

const fieldRef = (ref: Json): Json => ({ apiVersion: 'v1', ...ref })
const resourceRef = (ref: Json): Json => ({ divisor: '0', ...ref })
const references = (item: Json): Json => ({
  ...item,
  ...inside(item, 'fieldRef', fieldRef),
  ...inside(item, 'resourceFieldRef', resourceRef),
})
const httpGet = (action: Json): Json => ({
  ...action,
  path: textAt(action, 'path') || '/',
  scheme: textAt(action, 'scheme') || 'HTTP',
})
const handler = (given: Json): Json => ({ ...given, ...inside(given, 'httpGet', httpGet) })
const positive = (given: Json, key: string, fallback: number): Json => ({ [key]: given[key] || fallback })
const probe = (given: Json): Json => ({
  ...handler(given),
  ...inside(given, 'grpc', (action) => ({ service: '', ...action })),
  ...positive(given, 'timeoutSeconds', 1),
  ...positive(given, 'periodSeconds', 10),
  ...positive(given, 'successThreshold', 1),
  ...positive(given, 'failureThreshold', 3),
})

const container = (given: Json, isHostNetwork: boolean): Json => {
  const image = textAt(given, 'image')
  const isLatest = image !== '' && (!/[:@]/.test(image.split('/').at(-1) ?? '') || image.endsWith(':latest'))
  return {
    ...given,
    ...eachIn(given, 'ports', (port) => ({
      ...port,
      protocol: textAt(port, 'protocol') || 'TCP',
      ...(isHostNetwork && !port['hostPort'] && { hostPort: port['containerPort'] }),
    })),
    ...eachIn(given, 'env', (item) => ({ ...item, ...inside(item, 'valueFrom', references) })),
    ...inside(given, 'lifecycle', (hooks) => ({
      ...hooks,
      ...inside(hooks, 'postStart', handler),
      ...inside(hooks, 'preStop', handler),
    })),
    ...inside(given, 'livenessProbe', probe),
    ...inside(given, 'readinessProbe', probe),
    ...inside(given, 'startupProbe', probe),
    resources: given['resources'] ?? {},
    terminationMessagePath: textAt(given, 'terminationMessagePath') || '/dev/termination-log',
    terminationMessagePolicy: textAt(given, 'terminationMessagePolicy') || 'File',
    imagePullPolicy: textAt(given, 'imagePullPolicy') || (isLatest ? 'Always' : 'IfNotPresent'),
  }
}

const withMode = (source: Json): Json => ({ defaultMode: 420, ...source })

const volume = (given: Json): Json => {
  const isEmpty = Object.keys(given).every((key) => key === 'name')
  if (isEmpty) return { ...given, emptyDir: {} }
  return {
    ...given,
    ...inside(given, 'secret', withMode),
    ...inside(given, 'configMap', withMode),
    ...inside(given, 'hostPath', (path) => ({ type: '', ...path })),
    ...inside(given, 'downwardAPI', (source) => ({ ...withMode(source), ...eachIn(source, 'items', references) })),
    ...inside(given, 'projected', (source) => ({
      ...withMode(source),
      ...eachIn(source, 'sources', (part) => ({
        ...part,
        ...inside(part, 'serviceAccountToken', (token) => ({ expirationSeconds: 3600, ...token })),
        ...inside(part, 'downwardAPI', (api) => ({ ...api, ...eachIn(api, 'items', references) })),
      })),
    })),
  }
}

export const podSpec = (value: unknown): Json => {
  const spec = record(value)
  const account = textAt(spec, 'serviceAccountName') || textAt(spec, 'serviceAccount')
  const isHostNetwork = spec['hostNetwork'] === true
  const made = (item: Json): Json => container(item, isHostNetwork)
  return {
    ...spec,
    ...eachIn(spec, 'volumes', volume),
    ...eachIn(spec, 'initContainers', made),
    ...eachIn(spec, 'containers', made),
    restartPolicy: textAt(spec, 'restartPolicy') || 'Always',
    terminationGracePeriodSeconds: spec['terminationGracePeriodSeconds'] ?? 30,
    dnsPolicy: textAt(spec, 'dnsPolicy') || 'ClusterFirst',
    ...(account !== '' && { serviceAccountName: account, serviceAccount: account }),
    securityContext: spec['securityContext'] ?? {},
    schedulerName: textAt(spec, 'schedulerName') || 'default-scheduler',
  }
}

export const podTemplate = (value: unknown): Json => ({
  ...record(value),
  metadata: at(value, 'metadata') ?? {},
  spec: podSpec(at(value, 'spec')),
})

/** What a limit says is also what is asked for. */
const withRequests = (item: Json): Json => {
  const limits = at(item, 'resources', 'limits')
  if (!isObject(limits)) return item
  const requests = { ...limits, ...record(at(item, 'resources', 'requests')) }
  return { ...item, resources: { ...record(item['resources']), ...(Object.keys(requests).length > 0 && { requests }) } }
}

export const pod = (object: KubeObject, old?: KubeObject): KubeObject => {
  if (isObject(object['spec']) && object['spec'] === old?.['spec']) return object
  const spec = podSpec(object['spec'])
  return {
    ...object,
    spec: {
      ...spec,
      ...eachIn(spec, 'containers', withRequests),
      ...eachIn(spec, 'initContainers', withRequests),
      enableServiceLinks: spec['enableServiceLinks'] ?? true,
    },
  }
}
