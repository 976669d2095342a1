import { faultsIn, type Schema, type Settings } from '#sdk/index.ts'
import { podFaultsOf } from './pod-faults.ts'
import { securityFaultsOf } from './pod-security.ts'
import { type Profile, profilesSchema } from './profile-schema.ts'
import { profilesOf } from './profiles.ts'
import { runnerJobFor } from './runner-job.ts'
import { sourcesOf } from './secrets.ts'
import { RUNNER } from './started-with.ts'

/**
 * All that is wrong with the runner profiles of an installation, each with its path: `profiles[1].port is "x", must be integer`. Empty where
 * none are configured. Pure.
 */
export const mistakesIn = (settings: Settings): readonly string[] => {
  if (settings.runnerProfiles === undefined) return []
  const mistakes = inDocument(settings.runnerProfiles)
  if (mistakes.length > 0) return mistakes
  const profiles = profilesOf(settings)
  return profiles.flatMap((profile, i) => [
    ...(profiles.findIndex(({ id }) => id === profile.id) < i
      ? [`profiles[${i}].id is ${JSON.stringify(profile.id)}, as another's before it`]
      : []),
    ...inProfile(profile, `profiles[${i}]`, settings),
  ])
}

const inDocument = (document: unknown): readonly string[] =>
  [...faultsIn(profilesSchema, document, ''), ...strictFaultsIn(profilesSchema, document, '')].map((mistake) =>
    mistake.startsWith(' ') ? `the document${mistake}` : mistake.replace(/^\./, ''),
  )

type Strict = Schema & {
  readonly pattern?: string
  readonly minItems?: number
}

/** What `faultsIn` leaves to the API server, which never sees this document. */
const strictFaultsIn = (schema: Strict, value: unknown, path: string): readonly string[] => {
  if (typeof value === 'string') {
    if (!schema.pattern || new RegExp(schema.pattern).test(value)) return []
    return [`${path} is ${JSON.stringify(value.slice(0, 100))}, must match ${schema.pattern}`]
  }
  if (Array.isArray(value)) {
    const { items, minItems = 0 } = schema
    if (value.length < minItems) return [`${path} is empty`]
    return items ? value.flatMap((item, i) => strictFaultsIn(items, item, `${path}[${i}]`)) : []
  }
  if (typeof value !== 'object' || value === null) return []
  const { properties, additionalProperties } = schema
  return Object.entries(value).flatMap(([key, item]) => {
    const inner = properties && Object.hasOwn(properties, key) ? properties[key] : additionalProperties
    if (inner === false) {
      return [`${path}.${key} is not known, there are ${Object.keys(properties ?? {}).join(', ')}`]
    }
    return inner ? strictFaultsIn(inner, item, `${path}.${key}`) : []
  })
}

/** A session like any: what is wrong with the Pod of one is wrong with all. */
const aSession = {
  apiVersion: 'vteam.ambient-code/v1alpha1',
  kind: 'AgenticSession',
  metadata: { name: 'any', namespace: 'any', uid: '00000000-0000-4000-8000-000000000000', resourceVersion: '1' },
}

const inProfile = (profile: Profile, path: string, settings: Settings): readonly string[] => {
  const told = (field: string, wrong: boolean, why: string) => (wrong ? [`${path}.${field} ${why}`] : [])
  const shape = [
    ...told('healthPath', profile.healthPath !== undefined && profile.port === undefined, 'is without a port'),
    ...(profile.copiedSecrets ?? []).flatMap(({ mountPath, env }, i) =>
      told(`copiedSecrets[${i}]`, !mountPath && !env, 'has neither a mountPath nor env: true, and reaches no runner'),
    ),
    ...(profile.requiredSecrets ?? []).flatMap((name, i) =>
      told(
        `requiredSecrets[${i}]`,
        profile.copiedSecrets?.some(({ from }) => from.name === name) ?? false,
        `is ${JSON.stringify(name)}, which is copied: required: true there is enough, and nothing is copied while this one is missing`,
      ),
    ),
    ...(profile.copiedSecrets ?? []).flatMap(({ from }, i) =>
      told(
        `copiedSecrets[${i}].from`,
        sourcesOf(settings).some(({ name, namespace }) => name === from.name && namespace !== from.namespace),
        `is ${from.namespace}/${from.name}, and another of that name is copied, too: their copies would have one name`,
      ),
    ),
  ]
  try {
    const alone = { ...settings, runnerProfiles: { profiles: [profile] } }
    const pod = runnerJobFor(aSession, 1, alone).spec?.template.spec
    if (!pod?.containers?.some(({ name }) => name === RUNNER)) return [...shape, `${path}.pod leaves no ${RUNNER}`]
    const names = podFaultsOf(pod).map((fault) => `${path}: ${fault}`)
    if (profile.podSecurity === 'privileged') return [...shape, ...names]
    const why =
      'which a namespace with the restricted Pod Security Standard refuses; podSecurity: privileged lets it be'
    return [...shape, ...names, ...securityFaultsOf(pod).map((fault) => `${path}: ${fault}, ${why}`)]
  } catch {
    return [
      ...shape,
      `${path}.pod and ${path}.container do not make a Pod: a list or an object is something else there`,
    ]
  }
}
