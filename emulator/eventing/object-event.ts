import { textAt } from '../api-server/json.ts'
import type { KubeObject } from '../api-server/types.ts'
import type { CloudEvent } from './cloud-event.ts'
import { goTime } from './cloud-event.ts'
import type { Change } from './reflector.ts'
import { guessedPlural } from './resources.ts'

export type Mode = 'Reference' | 'Resource'

const verbs = { ADDED: 'add', MODIFIED: 'update', DELETED: 'delete' } as const

export const eventTypes = (mode: Mode): readonly string[] =>
  Object.values(verbs).map((verb) => `dev.knative.apiserver.${mode === 'Reference' ? 'ref' : 'resource'}.${verb}`)

/** The event that an ApiServerSource makes of a change, with an `id` and a time that are the sender's. Pure. */
export function eventOf(
  { type, object }: Change,
  {
    source,
    mode,
    id,
    now,
  }: { readonly source: string; readonly mode: Mode; readonly id: string; readonly now: number },
): CloudEvent {
  const { apiVersion, kind, metadata } = object
  const { name = '', namespace = '' } = metadata
  // A version without a group that looks like a group is marked so; core objects have no `/api`.
  const version = apiVersion.includes('.') && !apiVersion.includes('/') ? `${apiVersion}/versionUnknown` : apiVersion
  return {
    attributes: {
      specversion: '1.0',
      id,
      type: `dev.knative.apiserver.${mode === 'Reference' ? 'ref' : 'resource'}.${verbs[type]}`,
      source,
      subject: `/apis/${version}/namespaces/${namespace}/${guessedPlural(kind)}/${name}`,
      time: goTime(now),
      datacontenttype: 'application/json',
      apiversion: apiVersion,
      kind,
      name,
      namespace,
    },
    data: JSON.stringify(mode === 'Reference' ? referenceTo(object) : object),
  }
}

const referenceTo = (object: KubeObject): object => {
  const { apiVersion, kind, metadata } = object
  const { name, namespace } = metadata
  return { kind, ...(namespace && { namespace }), name, apiVersion }
}

/** Whether the object's controller is of the kind that the source asks for. */
export const isOwnedBy = (object: KubeObject, owner: unknown): boolean => {
  const controller = object.metadata.ownerReferences?.find((each) => each.controller === true)
  return (
    controller !== undefined &&
    controller.apiVersion === textAt(owner, 'apiVersion') &&
    controller.kind === textAt(owner, 'kind')
  )
}
