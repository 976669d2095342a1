import { invalid, notSupported, required } from '../../schema/field-error.ts'
import { at, isObject, listAt } from '../json.ts'
import { among, type Errors, has, text, userId } from './checks.ts'

const seccompTypes = ['Localhost', 'RuntimeDefault', 'Unconfined']

function seccompErrors(given: unknown, path: string): Errors {
  if (!isObject(given)) return []
  const type = text(given, 'type')
  const profile = at(given, 'localhostProfile')
  if (type === '') return [required(`${path}.type`, 'type is required when seccompProfile is set')]
  if (!seccompTypes.includes(type)) return [notSupported(`${path}.type`, type, seccompTypes)]
  if (type === 'Localhost') {
    if (profile === undefined)
      return [required(`${path}.localhostProfile`, 'must be set when seccomp type is Localhost')]
    const name = String(profile)
    if (name.startsWith('/')) return [invalid(`${path}.localhostProfile`, name, 'must be a relative path')]
    return name.split('/').includes('..') ? [invalid(`${path}.localhostProfile`, name, "must not contain '..'")] : []
  }
  if (profile === undefined) return []
  const value = new Map([
    ['Type', type],
    ['LocalhostProfile', profile],
  ])
  return [invalid(`${path}.localhostProfile`, value, 'can only be set when seccomp type is Localhost')]
}

export function podSecurityErrors(given: unknown, path: string): Errors {
  return [
    ...userId(at(given, 'fsGroup'), `${path}.fsGroup`),
    ...userId(at(given, 'runAsUser'), `${path}.runAsUser`),
    ...userId(at(given, 'runAsGroup'), `${path}.runAsGroup`),
    ...listAt(given, 'supplementalGroups').flatMap((id, index) => userId(id, `${path}.supplementalGroups[${index}]`)),
    ...among(at(given, 'fsGroupChangePolicy'), `${path}.fsGroupChangePolicy`, ['Always', 'OnRootMismatch']),
    ...seccompErrors(at(given, 'seccompProfile'), `${path}.seccompProfile`),
  ]
}

/** The Go struct, whose fields have no JSON names. */
const goValue = (given: unknown): ReadonlyMap<string, unknown> => {
  const pick = (key: string): unknown => at(given, key) ?? null
  const capabilities = at(given, 'capabilities')
  const seccomp = at(given, 'seccompProfile')
  return new Map<string, unknown>([
    [
      'Capabilities',
      isObject(capabilities)
        ? new Map([
            ['Add', capabilities['add'] ?? null],
            ['Drop', capabilities['drop'] ?? null],
          ])
        : null,
    ],
    ['Privileged', pick('privileged')],
    ['SELinuxOptions', null],
    ['WindowsOptions', null],
    ['RunAsUser', pick('runAsUser')],
    ['RunAsGroup', pick('runAsGroup')],
    ['RunAsNonRoot', pick('runAsNonRoot')],
    ['ReadOnlyRootFilesystem', pick('readOnlyRootFilesystem')],
    ['AllowPrivilegeEscalation', pick('allowPrivilegeEscalation')],
    ['ProcMount', pick('procMount')],
    [
      'SeccompProfile',
      isObject(seccomp)
        ? new Map([
            ['Type', seccomp['type'] ?? ''],
            ['LocalhostProfile', seccomp['localhostProfile'] ?? null],
          ])
        : null,
    ],
    ['AppArmorProfile', null],
  ])
}

export function containerSecurityErrors(given: unknown, path: string): Errors {
  if (!isObject(given)) return []
  const mayNotEscalate = given['allowPrivilegeEscalation'] === false
  const refuse = (what: string): Errors => [
    invalid(path, goValue(given), `cannot set \`allowPrivilegeEscalation\` to false and ${what}`),
  ]
  return [
    ...userId(given['runAsUser'], `${path}.runAsUser`),
    ...userId(given['runAsGroup'], `${path}.runAsGroup`),
    ...(has(given, 'procMount') ? among(given['procMount'], `${path}.procMount`, ['Default', 'Unmasked']) : []),
    ...seccompErrors(given['seccompProfile'], `${path}.seccompProfile`),
    ...(mayNotEscalate && given['privileged'] === true ? refuse('`privileged` to true') : []),
    ...(mayNotEscalate && listAt(given, 'capabilities', 'add').includes('CAP_SYS_ADMIN')
      ? refuse('`capabilities.Add` CAP_SYS_ADMIN')
      : []),
  ]
}
