import { at, isObject, listAt, textAt } from '../api-server/json.ts'
import type { Client } from '../client.ts'
import type { Journal } from '../journal.ts'
import type { Network } from '../network.ts'
import type { World } from '../world.ts'
import { binary, withAttributes } from './cloud-event.ts'
import type { Faults } from './faults.ts'
import { eventOf, isOwnedBy, type Mode } from './object-event.ts'
import { type Change, type Reflector, reflect } from './reflector.ts'
import { guessedPlural } from './resources.ts'
import { createScope } from './scope.ts'
import { selectorText } from './selector-text.ts'

/** What the controller writes into the adapter's environment: any change of it makes a new adapter. */
export type AdapterConfig = {
  readonly name: string
  readonly namespace: string
  readonly namespaces: readonly string[]
  readonly isClusterWide: boolean
  readonly sinkUri: string
  readonly spec: unknown
}

export type Adapter = {
  /** Ends it at once. What it has seen and not sent is lost. */
  readonly stop: () => void
  readonly interrupt: () => void
}

export type AdapterParts = {
  readonly world: World
  readonly network: Network
  readonly journal: Journal
  readonly faults: () => Faults
  /** As the source's ServiceAccount; `undefined` while the API server refuses connections. */
  readonly clientFor: () => Client | undefined
  /** The URL of the API server in its kubeconfig, which becomes the `source` of events. */
  readonly apiServerUrl: string
}

// What cloudevents/sdk-go takes for worth a retry.
const RETRIED = [404, 413, 425, 429, 502, 503, 504]
const RETRIES = 5

/** Starts what runs in the pod of an ApiServerSource. `undefined` where the real one ends at once: a missing API group, or no API server. */
export function startAdapter(config: AdapterConfig, parts: AdapterParts): Adapter | undefined {
  const { world, network, journal, faults, clientFor, apiServerUrl } = parts
  const { spec, namespace, name, sinkUri } = config
  const paths = pathsOf(config, clientFor())
  if (!paths) return undefined
  const scope = createScope(world)
  const mode: Mode = textAt(spec, 'mode') === 'Resource' ? 'Resource' : 'Reference'
  const owner = at(spec, 'owner')
  const extensions = at(spec, 'ceOverrides', 'extensions')
  const overrides = isObject(extensions) ? (extensions as Readonly<Record<string, string>>) : {}

  const eventFor = (change: Change) =>
    withAttributes(eventOf(change, { source: apiServerUrl, mode, id: world.uuid(), now: world.now() }), overrides)
  const lost = (change: Change, why: string): void => {
    const { type = '', subject = '' } = eventFor(change).attributes
    journal({ what: 'lost event', source: `${namespace}/${name}`, type, subject, why })
  }

  const send = async (change: Change): Promise<void> => {
    if (owner !== undefined && !isOwnedBy(change.object, owner)) return
    const { lose, delayMs } = faults()
    if (lose > 0 && world.random() < lose) return lost(change, 'a fault: the adapter loses events')
    if (delayMs > 0) await scope.sleep(delayMs)
    const { headers, body } = binary(eventFor(change))
    const request = { method: 'POST', headers: { ...headers, 'kn-namespace': namespace }, body }
    for (let attempt = 0; ; attempt += 1) {
      const outcome = await scope.within(post(sinkUri, request))
      if (outcome === 'sent') return
      if (!outcome.isRetried || attempt === RETRIES) return lost(change, outcome.why)
      await scope.sleep(100 * 2 ** attempt)
    }
  }
  const post = async (
    url: string,
    request: Parameters<Network['send']>[1],
  ): Promise<'sent' | { readonly why: string; readonly isRetried: boolean }> => {
    try {
      if (faults().isSinkDown) throw new Error('connect: connection refused')
      const { status } = await network.send(url, request)
      if (status >= 200 && status < 300) return 'sent'
      return { why: `${url} answered ${status}`, isRetried: RETRIED.includes(status) }
    } catch (error) {
      return { why: `${url}: ${error instanceof Error ? error.message : String(error)}`, isRetried: true }
    }
  }

  const reflectors: readonly Reflector[] = paths.map((path) => reflect({ world, scope, clientFor, path, handle: send }))
  const interrupt = (): void => {
    for (const each of reflectors) each.interrupt()
  }
  return {
    interrupt,
    stop: () => {
      if (scope.isOver()) return
      scope.end()
      interrupt()
      for (const each of reflectors) for (const change of each.waiting()) lost(change, 'the adapter ended')
    },
  }
}

/** A path for each watch; a resource that its group does not have is left out, as the real one does with a line in its log. */
function pathsOf(config: AdapterConfig, client: Client | undefined): readonly string[] | undefined {
  const paths: string[] = []
  for (const each of listAt(config.spec, 'resources')) {
    const apiVersion = textAt(each, 'apiVersion')
    const plural = guessedPlural(textAt(each, 'kind'))
    const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
    const response = client?.send({ method: 'GET', path: root })
    if (!response || 'watch' in response || response.status !== 200) return undefined
    const found = listAt(response.body, 'resources').find((one) => textAt(one, 'name') === plural)
    if (!found) continue
    const isPerNamespace = at(found, 'namespaced') === true && !config.isClusterWide
    const homes = isPerNamespace ? config.namespaces.map((home) => `/namespaces/${home}`) : ['']
    const query = new URLSearchParams({ labelSelector: selectorText(at(each, 'selector')) })
    paths.push(...homes.map((home) => `${root}${home}/${plural}?${query}`))
  }
  return paths
}
