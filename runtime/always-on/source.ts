import { randomUUID } from 'node:crypto'
import { CloudEvent } from 'cloudevents'
import {
  type FunctionDefinition,
  type Kind,
  keyOf,
  type Live,
  labelSelectorOf,
  managedNamespace,
  refOf,
} from '#sdk/index.ts'
import type { Change } from './follow.ts'

type Labels = Readonly<Record<string, string>>

/** Whom changes of a kind wake. */
export type Subscription = { readonly fn: FunctionDefinition; readonly kind: Kind; readonly labels: Labels | undefined }

export const namespaceKind: Kind = { apiVersion: 'v1', kind: 'Namespace', plural: 'namespaces', scope: 'Cluster' }

/** Those that the always-on host runs. Commands are not its business, and there are no dead letters: here nobody gives up. Pure. */
export const wokenHere = (functions: readonly FunctionDefinition[]): readonly FunctionDefinition[] =>
  functions.filter(({ on }) => on.some((trigger) => 'changes' in trigger || 'everyMinutes' in trigger))

/** What the functions subscribe to. Pure. */
export const subscriptionsOf = (functions: readonly FunctionDefinition[]): readonly Subscription[] =>
  functions.flatMap((fn) =>
    fn.on.flatMap((trigger) => ('changes' in trigger ? [{ fn, kind: trigger.changes, labels: trigger.labels }] : [])),
  )

/** One watch for each kind, of the objects with these labels: those that all who subscribe agree on. Pure. */
export type Watched = { readonly kind: Kind; readonly labelSelector: string | undefined }

/** The kinds to watch, namespaces first, since what happens elsewhere than in managed ones is nobody's business. Pure. */
export const watchedBy = (subscriptions: readonly Pick<Subscription, 'kind' | 'labels'>[]): readonly Watched[] => {
  const all = [{ kind: namespaceKind, labels: managedNamespace }, ...subscriptions]
  return [...Map.groupBy(all, ({ kind }) => `${kind.apiVersion} ${kind.kind}`).values()].flatMap((same) => {
    const [first] = same
    if (!first) return []
    const selectors = new Set(same.map(({ labels }) => selectorOf(labels)))
    return [{ kind: first.kind, labelSelector: selectors.size === 1 ? selectorOf(first.labels) : undefined }]
  })
}

export const selectorOf = (labels: Labels | undefined): string | undefined => labels && labelSelectorOf(labels)

/** What a change is to somebody who subscribes to objects with these labels only: one that gets or loses them comes or goes. Pure. */
export const changeFor = (labels: Labels | undefined, { type, object, before }: Change): Change['type'] | undefined => {
  const has = ({ metadata }: Live): boolean =>
    Object.entries(labels ?? {}).every(([key, value]) => metadata.labels?.[key] === value)
  const is = type !== 'delete' && has(object)
  const was = type === 'delete' ? has(before ?? object) : before !== undefined && has(before)
  if (is) return was ? 'update' : 'add'
  return was ? 'delete' : undefined
}

/** The event that ApiServerSource makes of a change in Resource mode, plurals guessed as it guesses. `source` is the API server's address. */
export const eventOf = (
  change: Change['type'],
  object: Live,
  { source, time }: { readonly source: string; readonly time: Date },
): CloudEvent<unknown> => {
  const { name, namespace = '' } = refOf(object)
  const { apiVersion, kind } = object
  return new CloudEvent({
    id: randomUUID(),
    type: `dev.knative.apiserver.resource.${change}`,
    source,
    subject: `/apis/${apiVersion}/namespaces/${namespace}/${guessedPlural(kind)}/${name}`,
    time: time.toISOString(),
    datacontenttype: 'application/json',
    apiversion: apiVersion,
    kind,
    name,
    namespace,
    data: object,
  })
}

/** As knative.dev/pkg guesses it (apis.KindToResource). */
export const guessedPlural = (kind: string): string => {
  const word = kind.toLowerCase()
  if (word.endsWith('s')) return `${word}es`
  return word.endsWith('y') ? `${word.slice(0, -1)}ies` : `${word}s`
}

/** How a turn of this object is called, whoever reconciles it. */
export const turnKeyOf = (object: Live): string => `${object.kind} ${keyOf(refOf(object))}`
