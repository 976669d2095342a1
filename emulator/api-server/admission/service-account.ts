import type { Core } from '../context.ts'
import { eachIn } from '../defaults/pod.ts'
import { generatedName } from '../generated-name.ts'
import { at, isObject, listAt, textAt } from '../json.ts'
import { forbidden } from '../status.ts'
import type { Json, KubeObject } from '../types.ts'

const mountPath = '/var/run/secrets/kubernetes.io/serviceaccount'
const prefix = 'kube-api-access-'
const record = (value: unknown): Json => (isObject(value) ? value : {})

/** A new Pod with its ServiceAccount's pull secrets and the volume with its token. 403 where there is no such account. */
export function withServiceAccount(core: Core, pod: KubeObject): KubeObject {
  const { namespace = '', name: podName = '' } = pod.metadata
  const spec = record(pod['spec'])
  if (pod.metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined) return pod
  const name = textAt(spec, 'serviceAccountName') || 'default'
  const account = core.store.get('serviceaccounts', `${namespace}/${name}`)
  if (!account)
    throw forbidden(
      { group: '', plural: 'pods' },
      podName,
      `error looking up service account ${namespace}/${name}: serviceaccount "${name}" not found`,
    )
  const isMounted =
    (at(spec, 'automountServiceAccountToken') ?? account['automountServiceAccountToken'] ?? true) === true
  const secrets = listAt(account, 'imagePullSecrets')
  const named: Json = {
    ...spec,
    serviceAccountName: name,
    serviceAccount: name,
    ...(listAt(spec, 'imagePullSecrets').length === 0 && secrets.length > 0 && { imagePullSecrets: secrets }),
  }
  return { ...pod, spec: isMounted ? withToken(core, named) : named }
}

function withToken(core: Core, spec: Json): Json {
  const lacks = (container: unknown): boolean =>
    !listAt(container, 'volumeMounts').some((mount) => at(mount, 'mountPath') === mountPath)
  const isNeeded = [...listAt(spec, 'containers'), ...listAt(spec, 'initContainers')].some(lacks)
  if (!isNeeded) return spec
  const known = listAt(spec, 'volumes').find((volume) => textAt(volume, 'name').startsWith(prefix))
  const name = known === undefined ? generatedName(prefix, core.world.random) : textAt(known, 'name')
  const mount = { name, readOnly: true, mountPath }
  const mounted = (container: Json): Json =>
    lacks(container) ? { ...container, volumeMounts: [...listAt(container, 'volumeMounts'), mount] } : container
  return {
    ...spec,
    volumes: known === undefined ? [...listAt(spec, 'volumes'), tokenVolume(name)] : listAt(spec, 'volumes'),
    ...eachIn(spec, 'initContainers', mounted),
    ...eachIn(spec, 'containers', mounted),
  }
}

const tokenVolume = (name: string): Json => ({
  name,
  projected: {
    sources: [
      { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
      { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
      {
        downwardAPI: {
          items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
        },
      },
    ],
    defaultMode: 420,
  },
})
