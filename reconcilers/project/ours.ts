import { type Action, correct, type Kind, type KubernetesObject, type Live, mergePatch } from '#sdk/index.ts'
import { type Child, childLabels } from './children.ts'
import { type Binding, limitRangeKind } from './kinds.ts'
import { projectSettingsKind } from './schema.ts'

type Owners = NonNullable<KubernetesObject['metadata']['ownerReferences']>

/** Of whatever uid: when ProjectSettings are made again, what the earlier ones had is taken over before it is collected. */
const isProject = ({ kind, apiVersion }: Owners[number]): boolean =>
  kind === projectSettingsKind.kind && apiVersion === projectSettingsKind.apiVersion

const ownersOf = ({ metadata }: KubernetesObject): Owners => metadata.ownerReferences ?? []

const isLabelled = ({ metadata }: KubernetesObject): boolean =>
  Object.entries(childLabels).every(([key, value]) => metadata.labels?.[key] === value)

/** Whether an object was made for a project: its owner says so. */
export const isOwned = (object: KubernetesObject): boolean => ownersOf(object).some(isProject)

/** Whether an object may be taken away again: marked and owned. */
export const isRemovable = (object: KubernetesObject): boolean => isOwned(object) && isLabelled(object)

/** An older installation made bindings of groups with the mark and without an owner; one that is still wanted is taken over. */
const isOfOlder = (object: KubernetesObject): boolean => isLabelled(object) && ownersOf(object).length === 0

export const isOurs = ({ part }: Child, found: KubernetesObject): boolean =>
  isOwned(found) || (part === 'groups' && isOfOlder(found))

/** What cannot be corrected in place: where a binding points. */
export const isOtherwiseBound = ({ object }: Child, found: KubernetesObject): boolean => {
  const to = (binding: KubernetesObject) => (binding as Partial<Binding>).roleRef
  const [is, wanted] = [to(found), to(object)]
  return is !== undefined && wanted !== undefined && mergePatch(is, wanted) !== undefined
}

/**
 * What sets a child of ours right again; `undefined` where it is. Labels and owners of others stay, and so do the figures of a LimitRange
 * once it is made: they are the administrator's.
 */
export const correctionOf = ({ kind, object }: Child, found: Live): Action | undefined => {
  const { apiVersion: _, kind: _kind, metadata, ...content } = object
  const wanted = {
    ...found,
    ...(kind.kind === limitRangeKind.kind ? {} : content),
    metadata: {
      ...found.metadata,
      labels: { ...found.metadata.labels, ...metadata.labels },
      ownerReferences: [...ownersOf(found).filter((owner) => !isProject(owner)), ...ownersOf(object)],
    },
  }
  return correct(kind as Kind<Live>, found, wanted)
}

/** Whether a LimitRange has other figures than those it is made with. */
export const isChanged = ({ object }: Child, found: KubernetesObject): boolean => {
  const spec = (of: KubernetesObject) => (of as { readonly spec?: object }).spec ?? {}
  return mergePatch(spec(found), spec(object)) !== undefined
}
