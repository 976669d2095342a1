import type { CloudEvent } from 'cloudevents'
import type { ObjectMeta } from 'kubernetes-types/meta/v1.js'
import { PermanentError } from './errors.ts'
import type { Kind, KubernetesObject, Live } from './object.ts'

/** A change as ApiServerSource reports it in Resource mode. The object is how things were then: good for ignoring, not for acting. */
export type ObjectEvent<T extends KubernetesObject = KubernetesObject> = {
  readonly change: 'add' | 'update' | 'delete'
  readonly object: Live<T>
}

const changes = {
  'dev.knative.apiserver.resource.add': 'add',
  'dev.knative.apiserver.resource.update': 'update',
  'dev.knative.apiserver.resource.delete': 'delete',
} as const

const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''

/**
 * Decodes an event about one of the given kinds. Throws `PermanentError` with reason `UnknownEvent` for another type or kind, and
 * `MalformedEvent` for data that is no Kubernetes object. `spec` and `status` are not looked at: whoever reads them must
 * bear any JSON there.
 */
export const objectEventOf = <T extends KubernetesObject>(
  kind: Kind<T>,
  event: CloudEvent<unknown>,
): ObjectEvent<T> => {
  const change = Object.hasOwn(changes, event.type) ? changes[event.type as keyof typeof changes] : undefined
  if (!change) throw new PermanentError('UnknownEvent', `event type is not one of ${Object.keys(changes).join(', ')}`)
  const object = event.data as
    | { kind?: unknown; apiVersion?: unknown; metadata?: Record<string, unknown> | null }
    | null
    | undefined
  if (
    typeof object !== 'object' ||
    object === null ||
    typeof object.metadata !== 'object' ||
    object.metadata === null
  ) {
    throw new PermanentError('MalformedEvent', 'event data is not a Kubernetes object: it has no metadata')
  }
  if (object.kind !== kind.kind || object.apiVersion !== kind.apiVersion) {
    throw new PermanentError('UnknownEvent', `event is not about a ${kind.kind} of ${kind.apiVersion}`)
  }
  const { name, namespace, uid, resourceVersion } = object.metadata as { [key in keyof ObjectMeta]: unknown }
  const hasPlace = kind.scope === 'Cluster' ? namespace === undefined : isText(namespace)
  if (!isText(name) || !hasPlace || !isText(uid) || !isText(resourceVersion)) {
    throw new PermanentError(
      'MalformedEvent',
      'metadata.name, uid, resourceVersion and, of what has one, namespace must be texts',
    )
  }
  // Checked above: everything that Live promises. The rest is promised by nobody.
  return { change, object: event.data as Live<T> }
}
