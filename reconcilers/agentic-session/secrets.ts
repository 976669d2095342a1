import {
  type Action,
  type Cluster,
  ensure,
  type KubernetesObject,
  keyOf,
  type Live,
  type Ref,
  type Settings,
  type WantedCondition,
} from '#sdk/index.ts'
import { ownerOf, secretKind } from './children.ts'
import { profileOf, profilesOf } from './profiles.ts'
import { type AgenticSession, phaseOf } from './schema.ts'

/** On a copy: the Secret that it is a copy of, as `namespace/name`. A Secret without it is nobody's copy, and is never touched. */
export const COPIED_FROM = 'vteam.ambient-code/copied-from'

/** On a copy: which version of that Secret it has. */
export const COPIED_VERSION = 'ambient-code.io/copied-version'

/** What all copies are found by. */
export const copyLabels = { 'ambient-code.io/copied': 'true' } as const

type SecretObject = Live<NonNullable<typeof secretKind.like>>

/** The Secrets that a session's profile speaks of, as far as they matter now. */
export type Secrets = {
  /** What a runner cannot be without and what is not there, as `namespace/name`. */
  readonly missing: readonly string[]
  /** What is there to be copied, and what there is of it where the session is. */
  readonly copies: readonly { readonly source: SecretObject; readonly copy: SecretObject | undefined }[]
}

/** Of sessions that start, and of running ones where their profile has something copied. Costs a read for each Secret. */
export const observeSecrets = async (
  session: Live<AgenticSession>,
  cluster: Cluster,
  settings: Settings,
): Promise<Secrets | undefined> => {
  const { requiredSecrets = [], copiedSecrets = [] } = profileOf(session, settings) ?? {}
  const isStarting = phaseOf(session) === 'Pending'
  if (!isStarting && !['Creating', 'Running'].includes(phaseOf(session))) return undefined
  if (copiedSecrets.length === 0 && (!isStarting || requiredSecrets.length === 0)) return undefined
  const { namespace } = session.metadata
  const read = (ref: Ref) => cluster.get(secretKind, ref)
  const missing: string[] = []
  const copies: Secrets['copies'][number][] = []
  for (const name of isStarting ? requiredSecrets : []) {
    if (!(await read({ namespace, name }))) missing.push(keyOf({ namespace, name }))
  }
  for (const { from, required } of copiedSecrets) {
    const source = await read(from)
    if (!source && required) missing.push(keyOf(from))
    if (source && from.namespace !== namespace)
      copies.push({ source, copy: await read({ namespace, name: from.name }) })
  }
  return { missing, copies }
}

/** Brings the copies up to their sources, and has this session own them too. Nothing where they are so. Pure. */
export const copying = (session: Live<AgenticSession>, secrets: Secrets | undefined): readonly Action[] =>
  (secrets?.copies ?? []).flatMap(({ source, copy }) => {
    const owner = ownerOf(session)
    const isOwned = copy?.metadata.ownerReferences?.some(({ uid }) => uid === owner.uid)
    const copiedFrom = copy?.metadata.annotations?.[COPIED_FROM]
    const version = versionOf(source)
    if (isOwned && copiedFrom === keyOf(source.metadata) && copy?.metadata.annotations?.[COPIED_VERSION] === version)
      return []
    const gone = Object.keys(copy?.data ?? {}).filter((key) => source.data?.[key] === undefined)
    const secret = {
      apiVersion: secretKind.apiVersion,
      kind: secretKind.kind,
      metadata: {
        name: source.metadata.name,
        namespace: session.metadata.namespace,
        labels: copyLabels,
        annotations: { [COPIED_FROM]: keyOf(source.metadata), [COPIED_VERSION]: version },
        ownerReferences: [owner],
      },
      ...(source.type !== undefined && { type: source.type }),
      // A merge patch takes a key off that is null; a copy that is made has none of those.
      data: { ...source.data, ...Object.fromEntries(gone.map((key) => [key, null])) },
    }
    return [ensure<KubernetesObject>(secretKind, secret, { sharedBy: COPIED_FROM, keep: ['type'] })]
  })

/** The uid tells a Secret that was deleted and made again. */
export const versionOf = ({ metadata: { uid, resourceVersion } }: Live): string => `${uid}/${resourceVersion}`

export const MISSING = 'RunnerSecretMissing'

/** What is missing, and what to do about it. */
export const missingMessage = (missing: readonly string[]): string =>
  `${missing.length === 1 ? 'Secret' : 'Secrets'} ${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} not there, and the runner needs ${missing.length === 1 ? 'it' : 'them'}: create ${missing.length === 1 ? 'it' : 'them'}; the next sweep starts the session`

/** Whether what a runner needs is there: of sessions whose profile asks for any. */
export const secretsReady = (secrets: Secrets | undefined): readonly WantedCondition[] => {
  if (secrets === undefined) return []
  const type = 'SecretsReady'
  return secrets.missing.length > 0
    ? [{ type, status: 'False', reason: MISSING, message: missingMessage(secrets.missing) }]
    : [{ type, status: 'True', reason: 'AllRequiredSecretsFound', message: '' }]
}

/** The sources of what any profile has copied. */
export const sourcesOf = (settings: Settings): readonly Ref[] => {
  const sources = profilesOf(settings).flatMap(({ copiedSecrets = [] }) => copiedSecrets.map(({ from }) => from))
  return [...new Map(sources.map((from) => [keyOf(from), from])).values()]
}
