import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import { ROOT } from './installation.ts'
import type { WatchedResource } from './receive-adapter.ts'

type Source = {
  readonly kind: string
  readonly metadata: { readonly namespace: string }
  readonly spec: {
    readonly serviceAccountName: string
    readonly resources: readonly {
      readonly apiVersion: string
      readonly kind: string
      readonly selector?: { readonly matchLabels: Readonly<Record<string, string>> }
    }[]
  }
}
type Trigger = {
  readonly spec: {
    readonly filters: readonly { readonly exact?: { readonly apiversion: string; readonly kind: string } }[]
    readonly subscriber: { readonly ref: { readonly name: string } }
  }
}

const read = <T>(path: string): readonly T[] =>
  parseAllDocuments(readFileSync(join(ROOT, path), 'utf8')).map((document) => document.toJS() as T)

/**
 * What Knative's controllers would make of our rendered ApiServerSource and Triggers: whom the adapter is, and which resources it watches
 * for which function.
 */
export const renderedSource = () => {
  const source = read<Source>('eventing/source.yaml').find(({ kind }) => kind === 'ApiServerSource')
  if (!source) throw new Error('eventing/source.yaml has no ApiServerSource')
  const triggers = read<Trigger>('eventing/triggers.yaml')
  return {
    namespace: source.metadata.namespace,
    serviceAccount: source.spec.serviceAccountName,
    resourcesFor: (subscriber: string): readonly WatchedResource[] => {
      const wanted = triggers
        .filter(({ spec }) => spec.subscriber.ref.name === subscriber)
        .flatMap(({ spec }) => spec.filters.flatMap(({ exact }) => exact ?? []))
      return source.spec.resources
        .filter(({ apiVersion, kind }) =>
          wanted.some((one) => one.apiversion === apiVersion && [kind, `${kind}s`].includes(one.kind)),
        )
        .map(({ apiVersion, kind, selector }) => {
          const [version = '', group = ''] = apiVersion.split('/').reverse()
          const labels = Object.entries(selector?.matchLabels ?? {}).map((pair) => pair.join('='))
          // A kind that is its own plural goes by its singular. The plural as the source guesses it; `npm run render` refuses other kinds.
          const resource = `${kind.toLowerCase()}s`
          return { group, version, resource, ...(labels.length > 0 && { selector: labels.join(',') }) }
        })
    },
  }
}
