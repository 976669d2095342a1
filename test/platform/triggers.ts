import type { Manifest } from './manifests.ts'
import type { Platform } from './platform.ts'
import { removeTriggers } from './remove-triggers.ts'

export const NAMES = ['on-session-event', 'on-job-event'] as const
export type Name = (typeof NAMES)[number]

type Trigger = Manifest & {
  readonly metadata: { readonly labels: { readonly 'app.kubernetes.io/name': Name } }
  readonly spec: { readonly filters: readonly object[] } & Readonly<Record<string, unknown>>
}

const NAMESPACE = 'dormouse'
const PATH = `/apis/eventing.knative.dev/v1/namespaces/${NAMESPACE}/triggers`

/** Which namespaces a function hears nothing from at the moment. One change at a time: a Trigger has one list of filters. */
const deafTo: Record<Name, Set<string>> = { 'on-session-event': new Set(), 'on-job-event': new Set() }
let last: Promise<unknown> = Promise.resolve()

const originals = async ({ api }: Platform): Promise<readonly Trigger[]> => {
  const { items } = await api.get<{ items: readonly Trigger[] }>(
    `${PATH}?labelSelector=app.kubernetes.io/part-of=dormouse`,
  )
  // Projects hear of everything.
  return items.filter(({ metadata }) => NAMES.includes(metadata.labels['app.kubernetes.io/name']))
}

const isOfNamespace = (namespace: string) => ({ exact: { namespace } })

/** Lets events from this namespace pass to these functions alone. What was filtered out is gone. */
export const deliverTo = (platform: Platform, namespace: string, names: readonly Name[]): Promise<void> => {
  const change = last.then(async () => {
    const before = JSON.stringify(NAMES.map((name) => [...deafTo[name]]))
    for (const name of NAMES) {
      if (names.includes(name)) deafTo[name].delete(namespace)
      else deafTo[name].add(namespace)
    }
    if (JSON.stringify(NAMES.map((name) => [...deafTo[name]])) === before) return
    for (const { metadata, spec } of await originals(platform)) {
      const deaf = [...deafTo[metadata.labels['app.kubernetes.io/name']]]
      const ours = spec.filters.filter((filter) => !('not' in filter))
      const filters = [...ours, ...deaf.map((name) => ({ not: isOfNamespace(name) }))]
      await platform.api.patch(`${PATH}/${metadata.name}`, 'merge', { spec: { filters } })
    }
    await settle()
  })
  last = change.catch(() => undefined)
  return change
}

/** Every event from this namespace comes a second time, by Triggers beside ours. */
export const twice = async (platform: Platform, namespace: string, isWanted: boolean): Promise<void> => {
  const { api, kubectl } = platform
  const label = `example.com/twice=${namespace}`
  if (!isWanted) {
    const { items } = await api.get<{ items: readonly Trigger[] }>(`${PATH}?labelSelector=${encodeURIComponent(label)}`)
    await removeTriggers(
      platform,
      items.map(({ metadata }) => metadata.name),
    )
    return
  }
  for (const { metadata, spec, apiVersion, kind } of await originals(platform)) {
    await api.post(PATH, {
      apiVersion,
      kind,
      metadata: {
        name: `${metadata.name}-again-${namespace}`,
        namespace: NAMESPACE,
        labels: { 'example.com/twice': namespace },
      },
      spec: { ...spec, filters: [...spec.filters, isOfNamespace(namespace)] },
    })
  }
  await kubectl('wait', '-n', NAMESPACE, '--for=condition=Ready', 'trigger', '-l', label, '--timeout=60s')
  await settle()
}

/** The broker's filter follows Triggers through a watch of its own, and says nowhere how far it is. */
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 3000))
