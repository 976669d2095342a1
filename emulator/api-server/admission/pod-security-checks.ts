import { at, listAt, textAt } from '../json.ts'

// The Pod Security Standards of Kubernetes 1.36, as far as Pods here can have what they are about.

const containersOf = (spec: unknown): readonly unknown[] => [
  ...listAt(spec, 'initContainers'),
  ...listAt(spec, 'containers'),
]
const security = (container: unknown): unknown => at(container, 'securityContext')
const quoted = (names: readonly unknown[]): string => names.map((each) => JSON.stringify(each)).join(', ')
const unique = (values: readonly unknown[]): readonly string[] => [...new Set(values.map(String))].sort()

/** `container "a"`, `containers "a", "b"` */
const named = (containers: readonly unknown[], prefix = ''): string =>
  `${prefix}${containers.length === 1 ? 'container' : 'containers'} ${quoted(containers.map((each) => textAt(each, 'name')))}`

const where = (spec: unknown, is: (context: unknown) => boolean): readonly unknown[] =>
  containersOf(spec).filter((each) => is(security(each)))

const fault = (head: string, containers: readonly unknown[], words: string): readonly string[] =>
  containers.length === 0 ? [] : [`${head} (${named(containers)} ${words})`]

const usual = [
  ...['AUDIT_WRITE', 'CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID', 'KILL', 'MKNOD', 'NET_BIND_SERVICE', 'SETFCAP'],
  ...['SETGID', 'SETPCAP', 'SETUID', 'SYS_CHROOT'],
]
const addedBeyond = (spec: unknown, allowed: readonly string[]): { containers: readonly unknown[]; names: string } => {
  const beyond = (container: unknown): readonly unknown[] =>
    listAt(container, 'securityContext', 'capabilities', 'add').filter((each) => !allowed.includes(String(each)))
  const containers = containersOf(spec).filter((each) => beyond(each).length > 0)
  return { containers, names: quoted(unique(containers.flatMap(beyond))) }
}

const capabilities = (spec: unknown): readonly string[] => {
  const { containers, names } = addedBeyond(spec, usual)
  return fault('non-default capabilities', containers, `must not include ${names} in securityContext.capabilities.add`)
}

const hostNamespaces = (spec: unknown): readonly string[] => {
  const set = ['hostNetwork', 'hostPID', 'hostIPC'].filter((key) => at(spec, key) === true)
  return set.length === 0 ? [] : [`host namespaces (${set.map((key) => `${key}=true`).join(', ')})`]
}

const volumesWith = (spec: unknown, key: string): readonly string[] =>
  listAt(spec, 'volumes')
    .filter((each) => at(each, key) !== undefined)
    .map((each) => textAt(each, 'name'))

const hostPaths = (spec: unknown): readonly string[] => {
  const names = volumesWith(spec, 'hostPath')
  return names.length === 0 ? [] : [`hostPath volumes (${names.length === 1 ? 'volume' : 'volumes'} ${quoted(names)})`]
}

const hostPorts = (spec: unknown): readonly string[] => {
  const portsOf = (container: unknown): readonly unknown[] =>
    listAt(container, 'ports').flatMap((port) => (at(port, 'hostPort') ? [at(port, 'hostPort')] : []))
  const containers = containersOf(spec).filter((each) => portsOf(each).length > 0)
  const ports = unique(containers.flatMap(portsOf))
  const words = `${containers.length === 1 ? 'uses' : 'use'} ${ports.length === 1 ? 'hostPort' : 'hostPorts'} ${ports.join(', ')}`
  return fault('hostPort', containers, words)
}

const privileged = (spec: unknown): readonly string[] =>
  fault(
    'privileged',
    where(spec, (context) => at(context, 'privileged') === true),
    'must not set securityContext.privileged=true',
  )

const procMount = (spec: unknown): readonly string[] =>
  fault(
    'procMount',
    where(spec, (context) => !['', 'Default'].includes(textAt(context, 'procMount'))),
    'must not set securityContext.procMount to "Unmasked"',
  )

const seccomp = (given: unknown): string => textAt(given, 'seccompProfile', 'type')
const unconfined = (spec: unknown): readonly string[] => {
  const isPod = seccomp(at(spec, 'securityContext')) === 'Unconfined'
  const containers = where(spec, (context) => seccomp(context) === 'Unconfined')
  const who = [...(isPod ? ['pod'] : []), ...(containers.length > 0 ? [named(containers)] : [])].join(' and ')
  return who === '' ? [] : [`seccompProfile (${who} must not set securityContext.seccompProfile.type to "Unconfined")`]
}

/** What of the `baseline` level a Pod's spec breaks, in the real server's words. Pure. */
export const baseline = (spec: unknown): readonly string[] =>
  [capabilities, hostNamespaces, hostPaths, hostPorts, privileged, procMount, unconfined].flatMap((check) =>
    check(spec),
  )

const escalation = (spec: unknown): readonly string[] =>
  fault(
    'allowPrivilegeEscalation != false',
    where(spec, (context) => at(context, 'allowPrivilegeEscalation') !== false),
    'must set securityContext.allowPrivilegeEscalation=false',
  )

const droppedCapabilities = (spec: unknown): readonly string[] => {
  const keeping = where(spec, (context) => !listAt(context, 'capabilities', 'drop').includes('ALL'))
  const { containers, names } = addedBeyond(spec, ['NET_BIND_SERVICE'])
  const words = [
    ...(keeping.length > 0 ? [`${named(keeping)} must set securityContext.capabilities.drop=["ALL"]`] : []),
    ...(containers.length > 0
      ? [`${named(containers)} must not include ${names} in securityContext.capabilities.add`]
      : []),
  ]
  return words.length === 0 ? [] : [`unrestricted capabilities (${words.join('; ')})`]
}

const volumeTypes = (spec: unknown): readonly string[] => {
  const names = volumesWith(spec, 'hostPath')
  const words = `${names.length === 1 ? 'volume' : 'volumes'} ${quoted(names)} ${names.length === 1 ? 'uses' : 'use'}`
  return names.length === 0 ? [] : [`restricted volume types (${words} restricted volume type "hostPath")`]
}

const runAsNonRoot = (spec: unknown): readonly string[] => {
  const inPod = at(spec, 'securityContext', 'runAsNonRoot')
  const explicit = where(spec, (context) => at(context, 'runAsNonRoot') === false)
  const silent = where(spec, (context) => at(context, 'runAsNonRoot') === undefined)
  const bad = [...(inPod === false ? ['pod'] : []), ...(explicit.length > 0 ? [named(explicit)] : [])]
  if (bad.length > 0)
    return [`runAsNonRoot != true (${bad.join(' and ')} must not set securityContext.runAsNonRoot=false)`]
  if (inPod === true || silent.length === 0) return []
  return [`runAsNonRoot != true (pod or ${named(silent)} must set securityContext.runAsNonRoot=true)`]
}

const runAsUser = (spec: unknown): readonly string[] => {
  const isPod = at(spec, 'securityContext', 'runAsUser') === 0
  const containers = where(spec, (context) => at(context, 'runAsUser') === 0)
  const who = [...(isPod ? ['pod'] : []), ...(containers.length > 0 ? [named(containers)] : [])].join(' and ')
  return who === '' ? [] : [`runAsUser=0 (${who} must not set runAsUser=0)`]
}

const confined = (spec: unknown): readonly string[] => {
  const bad = unconfined(spec)
  if (bad.length > 0) return bad
  const silent = where(spec, (context) => seccomp(context) === '')
  if (seccomp(at(spec, 'securityContext')) !== '' || silent.length === 0) return []
  return [
    `seccompProfile (pod or ${named(silent)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")`,
  ]
}

/** What of the `restricted` level a Pod's spec breaks. Pure. */
export const restricted = (spec: unknown): readonly string[] =>
  [
    ...[hostNamespaces, hostPorts, privileged, procMount],
    ...[escalation, droppedCapabilities, volumeTypes, runAsNonRoot, runAsUser, confined],
  ].flatMap((check) => check(spec))
