import { guessedPlural } from '#runtime/always-on/source.ts'
import { type FunctionDefinition, groupOf, type Kind, managedNamespace } from '#sdk/index.ts'
import { BROKER, labelsOf, NAMESPACE } from './names.ts'
import { identity } from './rbac.ts'

type Watched = { readonly kind: Kind; readonly labels: Readonly<Record<string, string>> | undefined }

const serviceRef = (name: string) => ({ ref: { apiVersion: 'serving.knative.dev/v1', kind: 'Service', name } })

/** Written out in full: a Trigger's delivery replaces the Broker's as a whole. Eight retries take about two minutes. */
const deliveryTo = (deadLetters: string) => ({
  retry: 8,
  backoffPolicy: 'exponential',
  backoffDelay: 'PT0.5S',
  // Covers a cold start on a node that has to pull the image.
  timeout: 'PT60S',
  deadLetterSink: serviceRef(deadLetters),
})

/** The Triggers of a function: one for each kind that wakes it. */
export const triggersOf = ({ name, on }: FunctionDefinition, deadLetters: string): object[] =>
  on.flatMap((trigger) =>
    'changes' in trigger
      ? {
          apiVersion: 'eventing.knative.dev/v1',
          kind: 'Trigger',
          metadata: { name: `${name}-${trigger.changes.plural}`, namespace: NAMESPACE, labels: labelsOf(name) },
          spec: {
            broker: BROKER,
            filters: [
              { exact: { apiversion: trigger.changes.apiVersion, kind: trigger.changes.kind } },
              { prefix: { type: 'dev.knative.apiserver.resource.' } },
            ],
            subscriber: serviceRef(name),
            delivery: deliveryTo(deadLetters),
          },
        }
      : [],
  )

/**
 * Asynchronous: with the default, one slow function would stall the source, which then loses events. A dispatcher that dies loses what
 * it held; the sweep repairs that.
 */
export const brokerFor = (deadLetters: string): object => {
  const { timeout: _, ...delivery } = deliveryTo(deadLetters)
  return {
    apiVersion: 'eventing.knative.dev/v1',
    kind: 'Broker',
    metadata: {
      name: BROKER,
      namespace: NAMESPACE,
      labels: labelsOf('broker'),
      annotations: {
        'eventing.knative.dev/broker.class': 'MTChannelBasedBroker',
        'messaging.knative.dev/async-handler': 'true',
      },
    },
    spec: { delivery },
  }
}

/**
 * What a source calls a kind: a word whose guessed plural is right. Of a kind that is a plural itself that is its singular; the objects that come,
 * and with them the events, say the kind's own name.
 */
const wordFor = ({ kind, plural }: Kind): string => {
  const word = [kind, kind.replace(/s$/, '')].find((each) => guessedPlural(each) === plural)
  if (word !== undefined) return word
  throw new Error(
    `${kind}: its plural is "${plural}", must be "${guessedPlural(kind)}": ApiServerSource guesses it, and silently watches nothing else`,
  )
}

/** The ApiServerSource, with an identity that may watch what the functions are woken by, in managed namespaces; of a kind without a namespace, all. */
export const sourceFor = (functions: readonly FunctionDefinition[]): object[] => {
  const watched = new Map<string, Watched>()
  for (const trigger of functions.flatMap(({ on }) => on)) {
    if (!('changes' in trigger)) continue
    const { changes: kind, labels } = trigger
    watched.set(`${kind.apiVersion} ${kind.kind} ${JSON.stringify(labels)}`, { kind, labels })
  }
  const name = 'source'
  const all = [...watched.values()]
  const rules = all.map(({ kind }) => ({
    apiGroups: [groupOf(kind)],
    resources: [kind.plural],
    verbs: ['get', 'list', 'watch'],
  }))
  return [
    ...identity(name, rules),
    {
      apiVersion: 'sources.knative.dev/v1',
      kind: 'ApiServerSource',
      metadata: { name, namespace: NAMESPACE, labels: labelsOf(name) },
      spec: {
        mode: 'Resource',
        serviceAccountName: name,
        namespaceSelector: { matchLabels: managedNamespace },
        resources: all.map(({ kind, labels }) => ({
          apiVersion: kind.apiVersion,
          kind: wordFor(kind),
          ...(labels && { selector: { matchLabels: labels } }),
        })),
        sink: { ref: { apiVersion: 'eventing.knative.dev/v1', kind: 'Broker', name: BROKER } },
      },
    },
  ]
}
