import { type Kind, type KubernetesObject, type Live, refOf } from './object.ts'

/** What a plan has to tell whoever describes its object. */
export type Telling = {
  readonly type: 'Normal' | 'Warning'
  /** A PascalCase word of a closed set, at most 128 characters. */
  readonly reason: string
  readonly message: string
}

type Occurrence = Telling & {
  /** Tells this occurrence from all others about the object; of letters, digits, '-' and '.'. */
  readonly mark: string
  readonly component: string
  /** When it began, and when it was so last: RFC 3339. */
  readonly first: string
  readonly last?: string
  readonly count?: number
}

/** The longest message that events.k8s.io/v1 takes. */
const MESSAGE = 1024

/** The core/v1 Event about an object. Its name follows from the object's uid and the mark: who tells it again finds it there. Pure. */
export const eventAbout = (
  object: Live,
  { type, reason, message, mark, component, first, last = first, count = 1 }: Occurrence,
) => {
  const { namespace, name } = refOf(object)
  const { uid, resourceVersion } = object.metadata
  const end = `.${uid.slice(0, 8)}.${mark}`
  const start = name.slice(0, 253 - end.length).replace(/[-.]+$/, '')
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: start + end, namespace },
    involvedObject: { apiVersion: object.apiVersion, kind: object.kind, namespace, name, uid, resourceVersion },
    type,
    reason,
    message: message.length > MESSAGE ? `${message.slice(0, MESSAGE - 1).toWellFormed()}…` : message,
    count,
    firstTimestamp: first,
    lastTimestamp: last,
    source: { component },
    reportingComponent: component,
    reportingInstance: '',
  }
}

export const eventKind: Kind<KubernetesObject & ReturnType<typeof eventAbout>> = {
  apiVersion: 'v1',
  kind: 'Event',
  plural: 'events',
  scope: 'Namespaced',
}
