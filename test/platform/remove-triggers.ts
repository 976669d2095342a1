import { eventually } from './eventually.ts'
import type { Platform } from './platform.ts'

const HOME = 'dormouse'

type Channel = { readonly spec: { readonly subscribers?: readonly { readonly name: string }[] } }

/**
 * One by one: of several that are deleted at once, some stay among the channel's subscribers for ever, and have every event of the broker
 * fail (https://github.com/knative/eventing/issues/8542).
 */
export const removeTriggers = async ({ api, kubectl }: Platform, names: readonly string[]): Promise<void> => {
  const channel = `/apis/messaging.knative.dev/v1/namespaces/${HOME}/inmemorychannels/dormouse-kne-trigger`
  const subscribers = async (): Promise<number> => (await api.get<Channel>(channel)).spec.subscribers?.length ?? 0
  for (const name of names) {
    const before = await subscribers()
    await kubectl('delete', 'trigger', '-n', HOME, name)
    await eventually(`the channel has forgotten ${name}`, async () =>
      (await subscribers()) < before ? true : undefined,
    )
  }
}
