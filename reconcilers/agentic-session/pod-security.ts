import type { Container, PodSpec, SecurityContext } from 'kubernetes-types/core/v1.js'

/** The kinds of volume that the restricted Pod Security Standard lets be. */
const volumeKinds = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'image',
  'persistentVolumeClaim',
  'projected',
  'secret',
]

/**
 * What keeps a Pod from a namespace that enforces the restricted Pod Security Standard, as `hostNetwork is true`, each with its path in the
 * Pod. The API server has the last word; this is to say it before the first session. Pure.
 * https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
 */
export const securityFaultsOf = (pod: PodSpec): readonly string[] => [
  ...(['hostNetwork', 'hostPID', 'hostIPC'] as const).flatMap((key) => (pod[key] ? [`${key} is true`] : [])),
  ...(pod.volumes ?? []).flatMap(({ name, ...source }) =>
    Object.keys(source).flatMap((kind) => (volumeKinds.includes(kind) ? [] : [`volume ${name} is a ${kind}`])),
  ),
  ...ofContext('securityContext', pod.securityContext ?? {}),
  ...(pod.securityContext?.sysctls?.length ? ['securityContext.sysctls is set'] : []),
  ...[...pod.containers, ...(pod.initContainers ?? [])].flatMap((container) => ofContainer(container, pod)),
]

const ofContainer = ({ name, ports, securityContext: own = {} }: Container, pod: PodSpec): readonly string[] => {
  const path = `container ${name}: securityContext`
  const { capabilities, runAsNonRoot = pod.securityContext?.runAsNonRoot, privileged, procMount } = own
  const seccomp = own.seccompProfile ?? pod.securityContext?.seccompProfile
  const added = (capabilities?.add ?? []).filter((capability) => capability !== 'NET_BIND_SERVICE')
  return [
    ...(ports ?? []).flatMap(({ hostPort }) => (hostPort ? [`container ${name}: hostPort is ${hostPort}`] : [])),
    ...(privileged ? [`${path}.privileged is true`] : []),
    ...(own.allowPrivilegeEscalation === false ? [] : [`${path}.allowPrivilegeEscalation is not false`]),
    ...(capabilities?.drop?.includes('ALL') ? [] : [`${path}.capabilities.drop is without ALL`]),
    ...added.map((capability) => `${path}.capabilities.add has ${capability}`),
    ...(runAsNonRoot === true ? [] : [`${path}.runAsNonRoot is not true`]),
    ...(seccomp === undefined ? [`${path}.seccompProfile is not set`] : []),
    ...(procMount !== undefined && procMount !== 'Default' ? [`${path}.procMount is ${procMount}`] : []),
    ...ofContext(path, own),
  ]
}

type Context = Pick<SecurityContext, 'runAsUser' | 'seccompProfile' | 'windowsOptions'>

const ofContext = (path: string, { runAsUser, seccompProfile, windowsOptions }: Context): readonly string[] => [
  ...(runAsUser === 0 ? [`${path}.runAsUser is 0`] : []),
  ...(seccompProfile && !['RuntimeDefault', 'Localhost'].includes(seccompProfile.type)
    ? [`${path}.seccompProfile.type is ${seccompProfile.type}`]
    : []),
  ...(windowsOptions?.hostProcess ? [`${path}.windowsOptions.hostProcess is true`] : []),
]
