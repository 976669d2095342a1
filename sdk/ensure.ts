import type { Cluster } from './cluster.ts'
import { ConflictError, RefusedError, TransientError } from './errors.ts'
import { correction } from './merge-patch.ts'
import { type KubernetesObject, keyOf, type Live, refOf } from './object.ts'
import type { Ensure } from './plan.ts'

type Owned = KubernetesObject & { readonly data?: Readonly<Record<string, string>> }

/**
 * Carries an `ensure` out: one request where the object is not there yet, two where it is as it should be, three where it is not. What is shared is
 * tried again where others write it meanwhile.
 */
export const ensureObject = async (action: Ensure, cluster: Cluster, random: () => string): Promise<void> => {
  const { kind, object } = action
  try {
    await cluster.create(kind, withChance(object, action.random ?? [], random))
    return
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error
  }
  for (let tries = 1; ; tries++) {
    try {
      return await setRight(action, cluster, random)
    } catch (error) {
      // Others who share it put themselves to its owners. That is no news for the plan.
      if (!(error instanceof ConflictError) || action.sharedBy === undefined || tries === TRIES) throw error
    }
  }
}

/** As many as reconcile side by side, unless told otherwise. */
const TRIES = 10

const setRight = async (action: Ensure, cluster: Cluster, random: () => string): Promise<void> => {
  const { kind, object } = action
  const found: Live<Owned> | undefined = await cluster.get(kind, refOf(object))
  if (!found) throw new ConflictError(`${what(action)} was there and is gone`)
  const missing = missingOwners(action, found)
  if (isBehind(action, found)) return
  const { metadata, ...fields } = object as Owned
  const { annotations, labels } = metadata
  const isStale = correction(found.metadata.annotations ?? {}, annotations ?? {}) !== undefined
  const redrawn = (action.random ?? []).filter((key) => isStale || found.data?.[key] === undefined)
  const kept = Object.fromEntries(Object.entries(fields).filter(([key]) => !action.keep?.includes(key)))
  const patch = correction(found, {
    ...withChance({ ...kept, ...identityOf(object) }, redrawn, random),
    metadata: { annotations, labels },
  })
  if (!patch && missing.length === 0) return
  const { uid, resourceVersion, ownerReferences = [] } = found.metadata
  await cluster.patch(kind, refOf(object), {
    ...patch,
    metadata: {
      ...(patch?.['metadata'] as object | undefined),
      ...(missing.length > 0 && { ownerReferences: [...ownerReferences, ...missing] }),
      uid,
      resourceVersion,
    },
  })
}

const identityOf = ({ apiVersion, kind, metadata }: KubernetesObject): KubernetesObject => ({
  apiVersion,
  kind,
  metadata,
})

const what = ({ object }: Ensure): string => `${object.kind} ${keyOf(refOf(object))}`

const isBehind = ({ object, countedBy }: Ensure, found: Live): boolean =>
  countedBy !== undefined &&
  Number(found.metadata.annotations?.[countedBy]) > Number(object.metadata.annotations?.[countedBy])

type Owner = NonNullable<KubernetesObject['metadata']['ownerReferences']>[number]

/** Which of our owner references it lacks. Throws where it belongs to others, or is about to go. */
const missingOwners = (action: Ensure, { metadata }: Live): readonly Owner[] => {
  const { object, sharedBy } = action
  const wanted = object.metadata.ownerReferences ?? []
  const has = metadata.ownerReferences ?? []
  const missing = wanted.filter(({ uid }) => !has.some((owner) => owner.uid === uid))
  if (metadata.deletionTimestamp !== undefined) throw new TransientError(`${what(action)} is still being deleted`)
  const isShared =
    sharedBy !== undefined && metadata.annotations?.[sharedBy] === object.metadata.annotations?.[sharedBy]
  if (missing.length === 0 && (isShared || sharedBy === undefined)) return []
  // A shared object has one controller at most.
  if (isShared) return missing.map(({ controller: _, ...owner }) => owner)
  const isOfNamesake = (owner: Owner) =>
    wanted.some(({ kind, name, uid }) => owner.kind === kind && owner.name === name && owner.uid !== uid)
  if (has.some(isOfNamesake)) {
    throw new TransientError(`${what(action)} is of an owner of the same name that is gone, and goes with it`)
  }
  throw new RefusedError(
    'NameTaken',
    `${object.kind} ${object.metadata.name} exists and does not belong to ${wanted.map(({ kind, name }) => `${kind} ${name}`).join(', ')}`,
  )
}

const withChance = <T extends KubernetesObject>(object: T, keys: readonly string[], random: () => string): T => {
  if (keys.length === 0) return object
  const { data } = object as Owned
  return { ...object, data: { ...data, ...Object.fromEntries(keys.map((key) => [key, btoa(random())])) } }
}
