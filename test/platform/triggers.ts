import type { Manifest } from './manifests.ts'
import type { Platform } from './platform.ts'

type Trigger = Manifest & { readonly spec: { readonly filters: readonly object[] } & Readonly<Record<string, unknown>> }

const NAMESPACE = 'dormouse'
const PATH = `/apis/eventing.knative.dev/v1/namespaces/${NAMESPACE}/triggers`

/** Who hears nothing at the moment. One change at a time: a Trigger has one list of filters. */
const deaf = new Set<string>()
let last: Promise<unknown> = Promise.resolve()

const originals = async ({ api }: Platform): Promise<readonly Trigger[]> => {
  const { items } = await api.get<{ items: readonly Trigger[] }>(
    `${PATH}?labelSelector=app.kubernetes.io/part-of=dormouse`,
  )
  return items
}

const isOfNamespace = (namespace: string) => ({ exact: { namespace } })

/** From here on no event from this namespace passes our Triggers, or all do again. What was filtered out is gone. */
export const withoutNamespace = (platform: Platform, namespace: string, isDeaf: boolean): Promise<void> => {
  const change = last.then(async () => {
    if (deaf.has(namespace) === isDeaf) return
    if (isDeaf) deaf.add(namespace)
    else deaf.delete(namespace)
    for (const { metadata, spec } of await originals(platform)) {
      const ours = spec.filters.filter((filter) => !('not' in filter))
      const filters = [...ours, ...[...deaf].map((name) => ({ not: isOfNamespace(name) }))]
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
    await kubectl('delete', 'trigger', '-n', NAMESPACE, '-l', label)
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
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1000))
